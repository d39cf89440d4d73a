package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// SavedPostLifetime is how long a form submitted after its session ended is kept: a user who lost the password, or was
// called away on a Friday, still finds it.
const SavedPostLifetime = 3 * 24 * time.Hour

// UserMarkLifetime is how long a browser remembers the account that signed in last.
const UserMarkLifetime = 7 * 24 * time.Hour

// UserMark is stored in a browser to recognise who signed in there last; it reveals nothing except whether two accounts
// differ. It carries its expiry and a keyed hash of both, so that only browsers to which we gave one can save posts.
func (s *Store) UserMark(userID int64) (string, error) {
	user, err := s.userHash(userID)
	if err != nil {
		return "", err
	}
	content := fmt.Sprintf("%x.%d", user, s.now().Add(UserMarkLifetime).Unix())
	mac, err := s.keys.Hash("saved_posts/mark", content)
	return fmt.Sprintf("%s.%x", content, mac), err
}

// markedUser is the keyed hash of the account in a mark; ErrNotFound if the mark isn't ours or has expired.
func (s *Store) markedUser(mark string) ([]byte, error) {
	i := max(strings.LastIndexByte(mark, '.'), 0)
	content, mac := mark[:i], strings.TrimPrefix(mark[i:], ".")
	claimed, err := hex.DecodeString(mac)
	if err != nil {
		return nil, ErrNotFound
	}
	ours, err := s.keys.Same(claimed, "saved_posts/mark", content)
	if err != nil {
		return nil, err
	}
	account, expiry, _ := strings.Cut(content, ".")
	until, expiryErr := strconv.ParseInt(expiry, 10, 64)
	user, err := hex.DecodeString(account)
	if !ours || err != nil || expiryErr != nil || s.now().Unix() > until {
		return nil, ErrNotFound
	}
	return user, nil
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

// KnowsMark reports whether a mark is ours and hasn't expired.
func (s *Store) KnowsMark(mark string) (bool, error) {
	_, err := s.markedUser(mark)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// PostSender is who sent a form that is saved: a browser, the mark of its last account, and its client's network.
type PostSender struct{ Browser, Mark, Network string }

// SavePost stores a form submitted to a path; a newer submission replaces an older one. It returns ErrNotFound if the
// mark isn't ours, and ErrQuota if the network, the account or everybody has too many or too large ones saved.
func (s *Store) SavePost(ctx context.Context, by PostSender, path string, values any) error {
	user, err := s.markedUser(by.Mark)
	if err != nil {
		return fmt.Errorf("saving a form: %w", err)
	}
	browserHash, pathHash, aad, err := s.savedPostKey(by.Browser, path)
	if err != nil {
		return err
	}
	sealed, err := s.keys.SealJSON(aad, values)
	if err != nil {
		return err
	}
	subjects := map[QuotaScope]string{ByNetwork: by.Network}
	nobody, err := s.userHash(0)
	if err != nil {
		return err
	}
	if !bytes.Equal(user, nobody) {
		subjects[ByCustomer] = hex.EncodeToString(user)
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := s.spend(ctx, tx, spending{kind: QuotaSavedPost, subjects: subjects},
			spending{kind: QuotaSavedBytes, amount: int64(len(sealed)), subjects: subjects}); err != nil {
			return err
		}
		return exec(ctx, tx, `
			INSERT INTO saved_posts (browser_hash, path_hash, user_hash, sealed, expires_at) VALUES (?, ?, ?, ?, ?)
			ON DUPLICATE KEY UPDATE user_hash = VALUES(user_hash), sealed = VALUES(sealed), expires_at = VALUES(expires_at)`,
			browserHash, pathHash, user, sealed, s.utcNow().Add(SavedPostLifetime))
	})
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
