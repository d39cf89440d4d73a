package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// AccountChange is what of an account changed; message texts are named for it.
type AccountChange string

// The changes whose account's owner is notified.
const (
	ChangedPassword     AccountChange = "password"
	ChangedMobile       AccountChange = "mobile"
	ChangedEmail        AccountChange = "email"
	ChangedSecondFactor AccountChange = "second_factor"
)

// keepAccountNotices is how long notices are kept, and tried.
const keepAccountNotices = 14 * 24 * time.Hour

// AccountNotice tells an account's owner of a change, at the address that they had before it.
type AccountNotice struct {
	ID      int64          `db:"id"`
	What    AccountChange  `db:"what"`
	Channel filing.Channel `db:"channel"`
	Login   string         `db:"login"`
	To      string         `db:"-"`
	UserID  int64          `db:"user_id"`
	Sealed  []byte         `db:"sealed_to"`
}

// Key identifies the notice for mail servers and Aliyun.
func (n AccountNotice) Key() string { return fmt.Sprintf("account-notice-%d", n.ID) }

func accountNoticeAAD(userID int64) string { return fmt.Sprintf("account_notices/%d", userID) }

// addAccountNotice queues a notice in the transaction of its change. Whoever made the change may have the present
// address, so it goes to the former one: of the channel that changed if there was one, or else of the other.
func (s *Store) addAccountNotice(ctx context.Context, tx *sqlx.Tx, userID int64, what AccountChange,
	former ContactAddresses, channels ...filing.Channel) error {
	for _, ch := range channels {
		to := former.By(ch)
		if to == "" {
			continue
		}
		sealed, err := s.keys.SealJSON(accountNoticeAAD(userID), to)
		if err != nil {
			return err
		}
		return exec(ctx, tx, `INSERT INTO account_notices (user_id, what, channel, sealed_to, created_at)
			VALUES (?, ?, ?, ?, ?)`, userID, what, ch, sealed, s.utcNow())
	}
	return nil // nobody can be reached
}

// AccountNotices lists notices that haven't been sent, oldest first.
func (s *Store) AccountNotices(ctx context.Context, most int) ([]AccountNotice, error) {
	list, err := selectAll[AccountNotice](ctx, s.db, `SELECT n.id, n.what, n.channel, u.login, n.user_id, n.sealed_to
		FROM account_notices n JOIN users u ON u.id = n.user_id WHERE n.done_at IS NULL AND n.created_at > ?
		ORDER BY n.created_at, n.id LIMIT ?`, s.utcNow().Add(-keepAccountNotices), most)
	for i := range list {
		if err == nil {
			err = s.keys.OpenJSON(accountNoticeAAD(list[i].UserID), list[i].Sealed, &list[i].To)
		}
	}
	return list, err
}

// AccountNoticeDone records that a notice was sent or can't be, and forgets its address.
func (s *Store) AccountNoticeDone(ctx context.Context, n AccountNotice) error {
	return execAll(ctx, s.db,
		fragmentOf(`UPDATE account_notices SET done_at = ?, sealed_to = NULL WHERE id = ? AND done_at IS NULL`, s.utcNow(),
			n.ID),
		fragmentOf(`DELETE FROM message_tries WHERE message_key = ?`, n.Key()))
}
