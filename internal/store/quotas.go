package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// QuotaKind is something that can be spent or abused.
type QuotaKind string

// What is counted.
const (
	// QuotaSMS and QuotaMail are messages with a code.
	QuotaSMS  QuotaKind = "sms"
	QuotaMail QuotaKind = "mail"
	// QuotaSMSNotice and QuotaMailNotice are messages without a code about a filing.
	QuotaSMSNotice  QuotaKind = "sms_notice"
	QuotaMailNotice QuotaKind = "mail_notice"
	// QuotaSMSRecipients and QuotaMailRecipients are the different recipients of such messages.
	QuotaSMSRecipients  QuotaKind = "sms_recipients"
	QuotaMailRecipients QuotaKind = "mail_recipients"
	// QuotaRecovery is a request to reset a password.
	QuotaRecovery QuotaKind = "recovery"
	// QuotaRecoveryTry is a guess at a code that resets a password.
	QuotaRecoveryTry QuotaKind = "recovery_try"
	// QuotaSignIn is a password that is compared at sign-in, QuotaSignInFailure a wrong one.
	QuotaSignIn        QuotaKind = "sign_in"
	QuotaSignInFailure QuotaKind = "sign_in_failure"
	// QuotaCaptcha is a captcha that is drawn.
	QuotaCaptcha QuotaKind = "captcha"
	// QuotaQuery is a public query.
	QuotaQuery QuotaKind = "query"
	// QuotaTicket is a question or complaint, QuotaReply what its customer adds.
	QuotaTicket QuotaKind = "ticket"
	QuotaReply  QuotaKind = "reply"
	// QuotaUpload is a picture that is attached to a ticket, QuotaUploadBytes its size. Papers have limits of their own.
	QuotaUpload      QuotaKind = "upload"
	QuotaUploadBytes QuotaKind = "upload_bytes"
	// QuotaSavedPost is a form that is saved for somebody who isn't signed in; QuotaSavedBytes its size.
	QuotaSavedPost  QuotaKind = "saved_post"
	QuotaSavedBytes QuotaKind = "saved_bytes"
	// QuotaAPI is a request to the API.
	QuotaAPI QuotaKind = "api"
	// QuotaLaunch is a launch that is made, QuotaLaunchUse a try at using one.
	QuotaLaunch    QuotaKind = "launch"
	QuotaLaunchUse QuotaKind = "launch_use"
)

// QuotaScope says whose spending is counted together.
type QuotaScope string

// The scopes, narrowest first.
const (
	ByRecipient QuotaScope = "recipient"
	ByBrowser   QuotaScope = "browser"
	ByKey       QuotaScope = "key"
	ByCustomer  QuotaScope = "customer"
	ByNetwork   QuotaScope = "network"
	Overall     QuotaScope = "overall"
)

// Quota is a limit: so many of a kind in a window that begins with the first one.
type Quota struct {
	Kind   QuotaKind
	Scope  QuotaScope
	Limit  int64
	Window time.Duration
}

const (
	hour = time.Hour
	day  = 24 * time.Hour
	// DefaultAPIPerMinute limits the requests to the API with a key: 100,000 orders are reconciled in 17 minutes.
	DefaultAPIPerMinute = 6000
	// DefaultSMSPerDay limits the codes by SMS of all customers together.
	DefaultSMSPerDay = 5000
)

// Quotas are all limits. Spending takes their rows in this order, the most contended last, so that transactions don't
// deadlock.
var Quotas = []Quota{
	// Aliyun itself allows five codes an hour and ten a day for a number (isv.BUSINESS_LIMIT_CONTROL).
	{QuotaSMS, ByRecipient, 5, hour},
	{QuotaSMS, ByRecipient, 10, day},
	{QuotaMail, ByRecipient, 10, hour},
	{QuotaMail, ByRecipient, 20, day},
	// Recipients whom somebody else names get one unwanted message each: an agent files for a few customers a day.
	{QuotaSMSRecipients, ByCustomer, 5, hour},
	{QuotaSMSRecipients, ByCustomer, 10, day},
	{QuotaMailRecipients, ByCustomer, 5, hour},
	{QuotaMailRecipients, ByCustomer, 10, day},
	{QuotaSMS, ByCustomer, 20, hour},
	{QuotaSMS, ByCustomer, 40, day},
	{QuotaMail, ByCustomer, 20, hour},
	{QuotaMail, ByCustomer, 40, day},
	// An agent's many filings may be approved on one day; Aliyun itself allows a number fifty notices a day. What is over
	// goes out later.
	{QuotaSMSNotice, ByRecipient, 40, day},
	{QuotaMailNotice, ByRecipient, 100, day},
	// A stranger asks for their own password, perhaps with a typo or two. A network may be a company's.
	{QuotaRecovery, ByBrowser, 10, day},
	{QuotaRecovery, ByNetwork, 30, hour},
	// 100 guesses a day find a code of six digits in thirty years (NIST SP 800-63B-4, 3.2.2, allows 100 in a row).
	{QuotaRecoveryTry, ByCustomer, 100, day},
	// Most clients share an address with a few others; a company's with hundreds, who mistype.
	{QuotaSignIn, ByNetwork, 120, 10 * time.Minute},
	// Beyond these a captcha is required.
	{QuotaSignInFailure, ByNetwork, 10, 10 * time.Minute},
	{QuotaQuery, ByNetwork, 20, hour},
	// A customer with many orders has a few questions a day, each with some explaining; a network may be a company's.
	{QuotaTicket, ByCustomer, 10, day},
	{QuotaTicket, ByNetwork, 30, day},
	{QuotaReply, ByCustomer, 60, day},
	{QuotaUpload, ByCustomer, 60, day},
	{QuotaUploadBytes, ByCustomer, 40 << 20, day},
	// Pictures load again with every page that shows a captcha.
	{QuotaCaptcha, ByNetwork, 300, 10 * time.Minute},
	// What a stranger's browser may leave in the database: a language switched in the middle of a long form.
	{QuotaSavedPost, ByNetwork, 60, hour},
	{QuotaSavedBytes, ByNetwork, 2 << 20, hour},
	{QuotaSavedPost, ByCustomer, 60, day},
	{QuotaSavedBytes, ByCustomer, 4 << 20, day},
	{QuotaSavedPost, Overall, 50_000, day},
	{QuotaSavedBytes, Overall, 512 << 20, day},
	{QuotaAPI, ByKey, DefaultAPIPerMinute, time.Minute},
	// A click makes a launch. A network may be a company's, or an operator's with thousands of phones.
	{QuotaLaunch, ByCustomer, 120, hour},
	{QuotaLaunchUse, ByNetwork, 600, 10 * time.Minute},
	// The circuit breakers: an attack that every other limit lets through ends here (BEIAN_SMS_PER_DAY).
	{QuotaMail, Overall, 50_000, day},
	{QuotaSMS, Overall, DefaultSMSPerDay, day},
}

// Name identifies a quota in the database and in metrics.
func (q Quota) Name() string { return fmt.Sprintf("%s/%s/%s", q.Kind, q.Scope, short(q.Window)) }

// short writes a window as 1h or 10m.
func short(d time.Duration) string {
	return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
}

// ErrQuota: a quota is used up. The error is a QuotaError.
var ErrQuota = errors.New("the quota is used up")

// QuotaError says which quota is used up, and until when.
type QuotaError struct {
	Quota Quota
	Until time.Time
	// Wait is the time until then.
	Wait time.Duration
}

// Error names the quota.
func (e *QuotaError) Error() string { return fmt.Sprintf("%s: %v", e.Quota.Name(), ErrQuota) }

// Is matches ErrQuota.
func (e *QuotaError) Is(target error) bool { return target == ErrQuota }

// LimitQuota changes the limits of a kind and scope; 0: no limit.
func (s *Store) LimitQuota(kind QuotaKind, scope QuotaScope, limit int64) {
	quotas := slices.Clone(s.allQuotas())
	for i := range quotas {
		if quotas[i].Kind == kind && quotas[i].Scope == scope {
			quotas[i].Limit = limit
		}
	}
	s.quotas.Store(&quotas)
}

// LiftQuotas removes all limits, for tests in which one customer does what thousands do.
func (s *Store) LiftQuotas() { s.quotas.Store(&[]Quota{}) }

func (s *Store) allQuotas() []Quota {
	if quotas := s.quotas.Load(); quotas != nil {
		return *quotas
	}
	return Quotas
}

// spending is an amount of a kind, and whose it is in each scope. Scopes without a subject aren't counted.
type spending struct {
	kind     QuotaKind
	amount   int64
	subjects map[QuotaScope]string
}

// quotaUse is a row of quota_usage.
type quotaUse struct {
	Quota  string    `db:"quota"`
	Hash   []byte    `db:"subject_hash"`
	Used   int64     `db:"used"`
	EndsAt time.Time `db:"ends_at"`
}

func (s *Store) quotaSubject(scope QuotaScope, subject string) ([]byte, error) {
	return s.keys.Hash("quota_usage", string(scope)+"/"+subject)
}

// maxQuotaSubject is how much of a subject staff see, in characters; sealed, it fits its column.
const maxQuotaSubject = 100

// quotaRow is a quota's row that a spending adds to.
type quotaRow struct {
	Quota
	subject string
	hash    []byte
	amount  int64
}

// quotaRows are the rows that spendings add to, in the order of the table.
func (s *Store) quotaRows(spendings []spending) (rows []quotaRow, err error) {
	for _, q := range s.allQuotas() {
		for _, sp := range spendings {
			subject, counted := sp.subjects[q.Scope]
			if sp.kind != q.Kind || !counted && q.Scope != Overall || q.Limit == 0 {
				continue
			}
			hash, err := s.quotaSubject(q.Scope, subject)
			if err != nil {
				return nil, err
			}
			rows = append(rows, quotaRow{q, subject, hash, max(sp.amount, 1)})
		}
	}
	return rows, nil
}

// spend takes spendings from their quotas, in the transaction that has their effect, which must end if one is used up
// (a QuotaError).
func (s *Store) spend(ctx context.Context, tx *sqlx.Tx, spendings ...spending) error {
	rows, err := s.quotaRows(spendings)
	if err != nil || len(rows) == 0 {
		return err
	}
	now := s.utcNow()
	take, err := s.quotaTake(rows, now)
	if err == nil {
		err = exec(ctx, tx, take.sql, take.args...)
	}
	if err != nil {
		return err
	}
	used, err := quotaUses(ctx, tx, fragment{}, rows)
	if err != nil {
		return err
	}
	return overdrawn(rows, used, now)
}

// spendWith is spend along with the effect of a statement, in two round trips.
func (s *Store) spendWith(ctx context.Context, effect fragment, spendings ...spending) error {
	rows, err := s.quotaRows(spendings)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return exec(ctx, s.db, effect.sql, effect.args...)
	}
	now := s.utcNow()
	take, err := s.quotaTake(rows, now)
	if err != nil {
		return err
	}
	return s.batch(ctx, effect, func(conn *sqlx.Conn, begin fragment) error {
		used, err := quotaUses(ctx, conn, fragmentOf(begin.sql+take.sql+`; `, begin.with(take.args...)...), rows)
		if err = cmp.Or(err, overdrawn(rows, used, now)); err != nil {
			return err
		}
		return exec(ctx, conn, `COMMIT`)
	})
}

// quotaTake takes from quotas.
func (s *Store) quotaTake(rows []quotaRow, now time.Time) (take fragment, err error) {
	var values fragment
	for _, r := range rows {
		var sealed []byte
		if r.Scope != Overall {
			sealed, err = s.keys.Seal(quotaSubjectAAD(r.Name(), r.hash), []byte(clip(r.subject, maxQuotaSubject)))
		}
		if err != nil {
			return take, err
		}
		values.sql += `, (?, ?, ?, ?, ?)`
		values.args = append(values.args, r.Name(), r.hash, r.amount, now.Add(r.Window), sealed)
	}
	return fragmentOf(`INSERT INTO quota_usage (quota, subject_hash, used, ends_at, sealed_subject)
		VALUES `+values.sql[2:]+`
		ON DUPLICATE KEY UPDATE used = IF(ends_at <= ?, VALUES(used), used + VALUES(used)),
			ends_at = IF(ends_at <= ?, VALUES(ends_at), ends_at),
			sealed_subject = COALESCE(sealed_subject, VALUES(sealed_subject))`, values.with(now, now)...), nil
}

// overdrawn is a QuotaError if one is used up.
func overdrawn(rows []quotaRow, used map[string]quotaUse, now time.Time) error {
	var over *QuotaError
	for _, r := range rows { // the one that lasts longest
		use := used[r.Name()+string(r.hash)]
		if use.Used > r.Limit && (over == nil || use.EndsAt.After(over.Until)) {
			over = &QuotaError{r.Quota, use.EndsAt, use.EndsAt.Sub(now)}
		}
	}
	if over != nil {
		return over
	}
	return nil
}

// quotaUses reads how much of quotas is used, after other statements.
func quotaUses(ctx context.Context, db sqlx.QueryerContext, after fragment,
	rows []quotaRow) (map[string]quotaUse, error) {
	var names []string
	var hashes [][]byte
	for _, r := range rows {
		names, hashes = append(names, r.Name()), append(hashes, r.hash)
	}
	list, err := selectAll[quotaUse](ctx, db, after.sql+`SELECT quota, subject_hash, used, ends_at FROM quota_usage
		WHERE quota IN (?) AND subject_hash IN (?)`, after.with(names, hashes)...)
	byRow := map[string]quotaUse{}
	for _, use := range list {
		byRow[use.Quota+string(use.Hash)] = use
	}
	return byRow, err
}

// try runs a spending in a transaction that goes on when a quota is used up: then nothing is taken.
func (s *Store) try(ctx context.Context, tx *sqlx.Tx, spend func(*sqlx.Tx) error) error {
	if err := exec(ctx, tx, `SAVEPOINT spending`); err != nil {
		return err
	}
	err := spend(tx)
	if errors.Is(err, ErrQuota) {
		err = cmp.Or(exec(ctx, tx, `ROLLBACK TO SAVEPOINT spending`), err)
	}
	return err
}

// Spend takes one of a kind from its quotas; the subjects are whose it is, by scope. A QuotaError: one is used up, and
// nothing was taken.
func (s *Store) Spend(ctx context.Context, kind QuotaKind, subjects map[QuotaScope]string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		return s.spend(ctx, tx, spending{kind: kind, subjects: subjects})
	})
}

// QuotaUsed reports whether a kind's quota in a scope is used up, without taking from it.
func (s *Store) QuotaUsed(ctx context.Context, kind QuotaKind, scope QuotaScope, subject string) (bool, error) {
	rows, err := s.quotaRows([]spending{{kind: kind, subjects: map[QuotaScope]string{scope: subject}}})
	rows = slices.DeleteFunc(rows, func(r quotaRow) bool { return r.Scope != scope })
	if err != nil || len(rows) == 0 {
		return false, err
	}
	used, err := quotaUses(ctx, s.db, fragment{}, rows)
	now := s.utcNow()
	return slices.ContainsFunc(rows, func(r quotaRow) bool {
		use := used[r.Name()+string(r.hash)]
		return use.Used >= r.Limit && use.EndsAt.After(now)
	}), err
}

// codeSpendings are what sending a code takes: a message, and perhaps a new recipient.
func codeSpendings(ch filing.Channel, customerID int64, to string) (message spending, recipient string,
	recipients spending) {
	kind, recipientsKind := QuotaMail, QuotaMailRecipients
	if ch == filing.SMS {
		kind, recipientsKind = QuotaSMS, QuotaSMSRecipients
	}
	customer := fmt.Sprint(customerID)
	recipient = recipientSubject(ch, to)
	return spending{kind: kind, subjects: map[QuotaScope]string{ByCustomer: customer, ByRecipient: recipient}},
		customer + "/" + recipient,
		spending{kind: recipientsKind, subjects: map[QuotaScope]string{ByCustomer: customer}}
}

func recipientSubject(ch filing.Channel, to string) string {
	return string(ch) + "/" + strings.ToLower(to)
}

// knownRecipient is the name under which a customer's recipients are remembered for the longest window of their quota.
const knownRecipient = "known_recipient"

// spendCode takes what sending a code to an address takes, for the customer on whose behalf it is sent.
func (s *Store) spendCode(ctx context.Context, tx *sqlx.Tx, ch filing.Channel, customerID int64, to string) error {
	message, pair, recipients := codeSpendings(ch, customerID, to)
	hash, err := s.quotaSubject(ByRecipient, pair)
	if err != nil {
		return err
	}
	now := s.utcNow()
	fresh, err := affected(ctx, tx, `INSERT INTO quota_usage (quota, subject_hash, used, ends_at) VALUES (?, ?, 1, ?)
		ON DUPLICATE KEY UPDATE ends_at = IF(ends_at <= ?, VALUES(ends_at), ends_at)`,
		knownRecipient, hash, now.Add(day), now)
	switch {
	case err != nil:
		return err
	case fresh > 0:
		return s.spend(ctx, tx, recipients, message)
	}
	return s.spend(ctx, tx, message)
}

// spendCodes is spendCode for channels of a contact.
func (s *Store) spendCodes(ctx context.Context, tx *sqlx.Tx, customerID int64, d filing.ContactDetails,
	channels ...filing.Channel) error {
	for _, ch := range channels {
		if err := s.spendCode(ctx, tx, ch, customerID, addressesOf(d).By(ch)); err != nil {
			return err
		}
	}
	return nil
}

// spendFilingCodes is spendCodes for the customer of a filing.
func (s *Store) spendFilingCodes(ctx context.Context, tx *sqlx.Tx, filingID int64, d filing.ContactDetails,
	channels ...filing.Channel) error {
	f, err := find[Filing](ctx, tx, "filing", filingSelect+`WHERE f.id = ?`, filingID)
	if err != nil {
		return err
	}
	return s.spendCodes(ctx, tx, f.CustomerID, d, channels...)
}
