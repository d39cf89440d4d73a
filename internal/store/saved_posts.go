package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"time"
)

// SavedPostLifetime is how long a form submitted after its session ended is kept: a user who lost the password, or was
// called away on a Friday, still finds it.
const SavedPostLifetime = 3 * 24 * time.Hour

// UserMark is stored in a browser to recognise who signed in there last; it reveals nothing except whether two accounts
// differ.
func (s *Store) UserMark(userID int64) (string, error) {
	hash, err := s.userHash(userID)
	return hex.EncodeToString(hash), err
}

func (s *Store) userHash(userID int64) ([]byte, error) {
	return s.keys.Hash("saved_posts/user", fmt.Sprint(userID))
}

// QueryMark is stored in a session to recognise a repeated public query without revealing it.
func (s *Store) QueryMark(asked string) (string, error) {
	hash, err := s.keys.Hash("sessions/query", asked)
	return hex.EncodeToString(hash), err
}

func (s *Store) savedPostKey(browser, path string) (browserHash, pathHash []byte, aad string, err error) {
	if browserHash, err = s.keys.Hash("saved_posts/browser", browser); err != nil {
		return nil, nil, "", err
	}
	pathHash, err = s.keys.Hash("saved_posts/path", path)
	return browserHash, pathHash, fmt.Sprintf("saved_posts/%x/%x", browserHash, pathHash), err
}

// SavePost stores a form submitted to a path by a browser whose last account had this mark; a newer submission replaces
// an older one.
func (s *Store) SavePost(ctx context.Context, browser, mark, path string, values any) error {
	browserHash, pathHash, aad, err := s.savedPostKey(browser, path)
	if err != nil {
		return err
	}
	user, err := hex.DecodeString(mark)
	if err != nil || len(user) != 32 {
		return fmt.Errorf("saving a form: %w", ErrNotFound)
	}
	sealed, err := s.keys.SealJSON(aad, values)
	if err != nil {
		return err
	}
	return exec(ctx, s.db, `
		INSERT INTO saved_posts (browser_hash, path_hash, user_hash, sealed, expires_at) VALUES (?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE user_hash = VALUES(user_hash), sealed = VALUES(sealed), expires_at = VALUES(expires_at)`,
		browserHash, pathHash, user, sealed, s.utcNow().Add(SavedPostLifetime))
}

// SavedPost returns the form saved for a path if it is the account's own; otherwise ErrNotFound, and another account's
// form is deleted.
func (s *Store) SavedPost(ctx context.Context, browser string, userID int64, path string, values any) error {
	browserHash, pathHash, aad, err := s.savedPostKey(browser, path)
	if err != nil {
		return err
	}
	var user, sealed []byte
	if err := scan(ctx, s.db, "saved form", fragmentOf(`SELECT user_hash, sealed FROM saved_posts WHERE browser_hash = ?
		AND path_hash = ? AND expires_at > ?`, browserHash, pathHash, s.utcNow()), &user, &sealed); err != nil {
		return err
	}
	own, err := s.userHash(userID)
	if err != nil {
		return err
	}
	if !bytes.Equal(own, user) {
		return fmt.Errorf("saved form: %w", cmp.Or(s.DropSavedPost(ctx, browser, path), ErrNotFound))
	}
	return s.keys.OpenJSON(aad, sealed, values)
}

// DropSavedPost deletes the form saved for a path.
func (s *Store) DropSavedPost(ctx context.Context, browser, path string) error {
	browserHash, pathHash, _, err := s.savedPostKey(browser, path)
	if err != nil {
		return err
	}
	return exec(ctx, s.db, `DELETE FROM saved_posts WHERE browser_hash = ? AND path_hash = ?`, browserHash, pathHash)
}

// DropOthersSavedPosts deletes the forms that a browser's other accounts left, after somebody else has signed in.
func (s *Store) DropOthersSavedPosts(ctx context.Context, browser string, userID int64) error {
	browserHash, _, _, err := s.savedPostKey(browser, "")
	if err != nil {
		return err
	}
	own, err := s.userHash(userID)
	if err != nil {
		return err
	}
	return exec(ctx, s.db, `DELETE FROM saved_posts WHERE browser_hash = ? AND user_hash <> ?`, browserHash, own)
}
