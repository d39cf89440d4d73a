package store_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// notExported are sealed columns that an export leaves out, with the reason.
var notExported = map[string]string{
	"staff_totp.sealed_secret": "staff's", "staff_totp.sealed_pending": "staff's",
	"audit_entries.sealed_reason": "about staff's actions", "blacklist.sealed_detail": "the bureau's",
	"account_notices.sealed_to": "an address of the account's, kept for minutes", "message_deliveries.sealed_to": "likewise",
	"inquiries.sealed_condition": "kept for minutes", "inquiries.sealed_answer": "kept for minutes",
	"bureau_uploads.sealed": "many customers'", "bureau_downloads.sealed": "many customers'",
	"bureau_holders.sealed": "the bureau's", "staff_tasks.sealed_detail": "the bureau's",
	"staff_tasks.sealed_data": "the bureau's", "staff_records.sealed": "staff's answers to the bureau",
	"staff_records.sealed_opinion": "the bureau's to staff", "address_blocks.sealed_remark": "the provider's",
	"saved_posts.sealed": "only the browser that sent one can open it", "audit_head.sealed": "no data",
	"key_canary.sealed": "no data", "api_answers.sealed_answer": "the provider's, kept for a day", "quota_usage.sealed_subject": "who spent a quota, kept for its window",
}

func columnsOf(t *testing.T, s *store.Store, where string) (list []string) {
	t.Helper()
	rows, err := s.DB().QueryContext(t.Context(), `SELECT CONCAT(table_name, '.', column_name) FROM information_schema.columns
		WHERE table_schema = DATABASE() AND `+where)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		list = append(list, name)
	}
	require.NoError(t, rows.Err())
	return list
}

// Every table has exactly one rule, and every sealed column is exported or has a reason why not.
func TestEveryTableHasARetentionRule(t *testing.T) {
	s := testdb.New(t)
	ruled := map[string]int{}
	for _, r := range store.RetentionRules {
		for _, table := range r.Tables {
			ruled[table]++
		}
		for _, texts := range []map[string]string{r.What, r.Until, r.Why} {
			require.Len(t, texts, 2, r.Tables)
		}
	}
	tables := map[string]int{}
	for _, column := range columnsOf(t, s, `table_name NOT LIKE 'goose%'`) {
		table, _, _ := strings.Cut(column, ".")
		tables[table] = 1
	}
	require.Equal(t, tables, ruled)
	require.ElementsMatch(t, columnsOf(t, s, `column_name LIKE 'sealed%'`),
		append(store.ExportedSealed(), slices.Collect(maps.Keys(notExported))...))
}

// manualAccount is an account whose dossiers people submit.
func manualAccount(t *testing.T, s *store.Store) int64 {
	t.Helper()
	account, err := s.EnsureAccount(t.Context(), "by hand")
	require.NoError(t, err)
	require.NoError(t, s.SetDriver(t.Context(), account, store.DriverManual))
	return account
}

// personal is a filing with everything that is kept about people; what it holds contains the marker.
func personal(t *testing.T, s *store.Store, account int64, login, marker string) store.Filing {
	t.Helper()
	ctx, number := t.Context(), "D-"+login
	mail, phone := login+"@example.com", "138"+fmt.Sprintf("%08d", len(marker)*1000003+int(marker[0]))
	_, err := s.ImportOrder(ctx, store.OrderImport{Number: number, Customer: login, Product: "p",
		Domains: []string{login + ".example.com"}, IPs: []string{"192.0.2.1"}, Email: &mail, Mobile: &phone,
		WebSpace: &store.WebSpace{Protocol: "ftp", Host: "h", Port: 21, User: "space-" + login, Password: "ftp-secret"}})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, login)
	require.NoError(t, err)
	order, err := s.OrderOf(ctx, user.ID, number)
	require.NoError(t, err)
	require.NoError(t, s.SaveDraftAt(ctx, store.OrderDraft(order.ID, user.ID, "register"), marker))
	f, err := s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	require.NoError(t, s.GiveConsent(ctx, f.ID, "2026-12-01", "zh", store.ConsentTopics...))
	contact := filingtest.Contact()
	contact.UserName, contact.Remark = login+"_user", marker
	_, err = s.RegisterContact(ctx, user.ID, f.ID, contact, "hash")
	require.NoError(t, err)
	verify(t, s, f)
	advanceTo(t, s, f.ID, 1, filing.Preparing)
	require.NoError(t, s.SaveDraft(ctx, f.ID, "holder", map[string]string{"name": marker}))
	paper, err := s.AddPaper(ctx, picture(f, "letter", "\xff\xd8\xff"+marker))
	require.NoError(t, err)
	_, err = s.ViewPaper(ctx, f.ID, paper, false, "support:a", "staff")
	require.NoError(t, err)
	for _, statement := range []string{
		`INSERT INTO printed_statements (filing_id, form, hash, facts) SELECT filing_id, 'letter', REPEAT('x', 32), '{}'
			FROM papers WHERE id = ?`,
		`INSERT INTO paper_statements (paper_id, statement_id) SELECT ?, MAX(id) FROM printed_statements`,
	} {
		_, err = s.DB().ExecContext(ctx, statement, paper)
		require.NoError(t, err)
	}
	require.NoError(t, s.SaveSendBack(ctx, f.ID, store.SendBack{Revision: 1, Text: marker, Actor: "support:a"}))
	decide(t, s, account, f, paper, marker, store.ManualDecision{Actor: "support:a", Opinion: marker})
	require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 2, Revision: 1, Stage: filing.Correcting,
		EventKind: "x", Actor: "customer:" + login}))
	decide(t, s, account, f, paper, marker, store.ManualDecision{Actor: "support:a", Approved: true,
		Issued: filing.Issued{HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪ICP备2026000001号-1", Password: marker,
			Certificate: []byte("\xffcertificate")}})
	advanceTo(t, s, f.ID, 3, filing.Submitting)
	require.NoError(t, s.NoteMessage(ctx, store.Message{Key: "m-" + login, FilingID: f.ID, Channel: filing.SMS,
		Template: "filed", ProviderID: marker}))
	_, err = s.CorrectByStaff(ctx, store.NewCorrection{Token: fmt.Sprintf("%032s", login), FilingID: f.ID,
		Channel: filing.SMS, To: "13800000009", Proof: "video_call", Picture: []byte("\xff\xd8\xff" + marker), By: "support:a"})
	require.NoError(t, err)
	place(t, s, f.ID, "index.html", "\xff"+marker, "\xff"+marker+"b")
	ticket, err := s.OpenTicket(ctx, store.Ticket{Token: fmt.Sprintf("%032s", login), Kind: store.TicketAsk, Lang: "zh",
		CustomerID: sql.NullInt64{Int64: user.ID, Valid: true}, TicketBody: store.TicketBody{Text: marker},
		Pictures: [][]byte{[]byte("\xff\xd8\xff" + marker)}})
	require.NoError(t, err)
	_, err = s.AnswerTicket(ctx, ticket, fmt.Sprintf("%032s", login), marker, "support:a")
	require.NoError(t, err)
	return f
}

// decide submits the filing's next revision by hand and records a decision on it.
func decide(t *testing.T, s *store.Store, account int64, f store.Filing, paper int64, marker string,
	decision store.ManualDecision) {
	t.Helper()
	ctx, d := t.Context(), filingtest.Dossier()
	d.Site.Remark = marker
	revision, err := s.SaveDossier(ctx, f.ID, d, store.SubmittedPaper{PaperID: paper, Purpose: 1})
	require.NoError(t, err)
	require.NoError(t, s.QueueRecord(ctx,
		store.NewRecord{AccountID: account, FilingID: f.ID, Revision: revision, Operation: 1}))
	var record int64
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT MAX(id) FROM records WHERE filing_id = ?`, f.ID).Scan(&record))
	require.NoError(t, s.SubmitByHand(ctx, record, "support:a"))
	require.NoError(t, s.DecideByHand(ctx, record, decision))
}

// exported is an export with its files, as one text.
func exported(t *testing.T, s *store.Store, id int64) (tables []store.ExportedTable, text string) {
	t.Helper()
	var b strings.Builder
	tables, err := s.ExportCustomer(t.Context(), id, func(table string, n int, column string, content []byte) (string, error) {
		b.Write(content)
		return fmt.Sprint(table, n, column), nil
	})
	require.NoError(t, err)
	raw, err := json.Marshal(tables)
	require.NoError(t, err)
	return tables, b.String() + string(raw)
}

// An export has everything of its customer, no secret, and nothing of anybody else, also when orders changed hands.
func TestAnExportHasTheCustomersDataAndNobodyElses(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account := manualAccount(t, s)
	lin, wang := personal(t, s, account, "lin", "LinMarker"), personal(t, s, account, "wang", "WangMarker")
	advanceTo(t, s, lin.ID, 4, filing.Filed)
	tables, text := exported(t, s, lin.CustomerID)
	require.NotContains(t, text, "Wang")
	for _, secret := range []string{"ftp-secret", "password_hash", "token", "nonce"} {
		require.NotContains(t, text, secret)
	}
	opened := map[string]bool{}
	for _, table := range tables {
		for _, row := range table.Rows {
			for column := range row {
				opened[table.Name+"."+column] = true
			}
		}
	}
	for _, column := range store.ExportedSealed() {
		if !slices.Contains([]string{"account_codes.sealed_address", "users.sealed_email", "users.sealed_mobile"}, column) {
			require.True(t, opened[store.ExportedName(column)], column)
		}
	}
	require.GreaterOrEqual(t, strings.Count(text, "LinMarker"), 13)

	require.NoError(t, s.TransferOrder(ctx, "D-lin", "wang"))
	_, text = exported(t, s, lin.CustomerID)
	require.Contains(t, text, "LinMarker", "filings stay with who made them")
	require.NotContains(t, text, "D-lin")
	_, text = exported(t, s, wang.CustomerID)
	require.NotContains(t, text, "LinMarker")
	require.Contains(t, text, "D-lin", "the order is wang's now")
	require.NotContains(t, text, "ftp-secret")
	_, err := s.EnsureUser(ctx, store.RoleSupport, "support", "")
	require.NoError(t, err)
	_, err = s.CustomerNamed(ctx, "support")
	require.ErrorIs(t, err, store.ErrNotCustomer)
}

// Each kind of data goes when its time has come, and not before.
func TestDataGoWhenTheirTimeHasCome(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, now := manualAccount(t, s), time.Now().UTC().Truncate(time.Second)
	start := now
	s.SetClock(func() time.Time { return now })
	f := personal(t, s, account, "lin", "LinMarker")
	open := personal(t, s, account, "wang", "WangMarker")
	_, err := s.Audit(ctx, testEntry(1))
	require.NoError(t, err)
	advanceTo(t, s, f.ID, 4, filing.Withdrawn)
	_, err = s.DB().ExecContext(ctx, `UPDATE tickets SET status = 'closed', closed_at = ?`, now)
	require.NoError(t, err)
	const day = 24 * time.Hour
	keep := store.Retention{Drafts: 10 * day, Papers: 20 * day, Tickets: 30 * day, Filings: 40 * day, Audit: 50 * day}
	count := func(rows string, id any) (n int) {
		require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT COUNT(*) FROM `+rows, id).Scan(&n))
		return n
	}
	for _, c := range []struct {
		after time.Duration
		of    int64
		rows  []string
	}{
		{10 * day, f.ID, []string{`drafts WHERE filing_id = ?`,
			`footer_edits WHERE sealed_original IS NOT NULL AND filing_id = ?`}},
		{20 * day, f.ID, []string{`papers WHERE sealed IS NOT NULL AND filing_id = ?`,
			`contact_corrections WHERE sealed_picture IS NOT NULL AND filing_id = ?`}},
		{30 * day, f.CustomerID, []string{`tickets WHERE customer_id = ?`}},
		{40 * day, f.ID, []string{`contacts WHERE filing_id = ?`, `dossiers WHERE filing_id = ?`,
			`papers WHERE filing_id = ?`, `send_backs WHERE filing_id = ?`, `consents WHERE filing_id = ?`,
			`decisions d JOIN records r ON r.id = d.record_id WHERE sealed_password IS NOT NULL AND filing_id = ?`,
			`filings WHERE name_hash IS NOT NULL AND id = ?`}},
		{50 * day, 1, []string{`audit_entries WHERE seq = ?`}},
	} {
		now = start.Add(c.after - time.Second)
		require.NoError(t, s.Purge(ctx, keep))
		for _, rows := range c.rows {
			require.Positive(t, count(rows, c.of), "%s went too early", rows)
		}
		now = start.Add(c.after + time.Second)
		require.NoError(t, s.Purge(ctx, keep))
		for _, rows := range c.rows {
			require.Zero(t, count(rows, c.of), rows)
		}
	}
	_, erased, err := s.ErasedAt(ctx, f.ID)
	require.NoError(t, err)
	require.True(t, erased)
	_, err = s.Contact(ctx, open.ID)
	require.NoError(t, err, "it is still under way")
	require.Positive(t, count(`drafts WHERE filing_id = ?`, open.ID))
	require.Positive(t, count(`filing_events WHERE filing_id = ?`, f.ID), "its history stays")
	_, err = s.VerifyAudit(ctx, store.AuditMark{})
	require.NoError(t, err)
}

// A filing that a change replaced is over once the change is filed; one whose order went to somebody else, at once.
func TestReplacedFilingsAreOver(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	base := filed(t, s, account, "D1", store.Verdict{HolderNumber: "n", SiteNumber: "n-1", HolderID: 1, SiteID: 2})
	other := filed(t, s, account, "D2", store.Verdict{HolderNumber: "m", SiteNumber: "m-1", HolderID: 3, SiteID: 4})
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	kept := func(f store.Filing) bool {
		require.NoError(t, s.Purge(ctx, store.Retention{Filings: time.Hour})) // notes what is over since
		now = now.Add(2 * time.Hour)
		require.NoError(t, s.Purge(ctx, store.Retention{Filings: time.Hour}))
		_, err := s.Contact(ctx, f.ID)
		return err == nil
	}
	change, err := s.OpenFollowUp(ctx, base.ID, filing.KindChange)
	require.NoError(t, err)
	require.True(t, kept(base) && kept(other), "both are in force")
	advanceTo(t, s, change.ID, 2, filing.Filed)
	require.False(t, kept(base))
	require.True(t, kept(change) && kept(other))
	newCustomer(t, s, "buyer")
	require.NoError(t, s.TransferOrder(ctx, "D2", "buyer"))
	require.False(t, kept(other))
}

// Old entries go from the log's beginning; what is left is still proof, and nobody else can shorten it.
func TestAuditLogStaysProofWhenItsBeginningIsGone(t *testing.T) {
	s := testdb.New(t)
	ctx, now := t.Context(), time.Now()
	s.SetClock(func() time.Time { return now })
	var marks []store.AuditMark
	for n := range 5 {
		_, err := s.Audit(ctx, testEntry(n))
		require.NoError(t, err)
		mark, err := s.VerifyAudit(ctx, store.AuditMark{})
		require.NoError(t, err)
		marks = append(marks, mark)
		now = now.Add(time.Hour)
	}
	require.NoError(t, s.Purge(ctx, store.Retention{Audit: 2*time.Hour + time.Minute}))
	rows, err := s.AuditRows(ctx, store.AuditFilter{}, 0, 10)
	require.NoError(t, err)
	require.Len(t, rows, 2)
	for _, mark := range marks {
		end, err := s.VerifyAudit(ctx, mark)
		require.NoError(t, err)
		require.EqualValues(t, 5, end.Seq)
	}
	_, err = s.VerifyAudit(ctx, store.AuditMark{Seq: 3, Hash: []byte("another")})
	require.ErrorContains(t, err, store.FaultMark, "the last that was deleted is still known")
	_, err = s.Audit(ctx, testEntry(6))
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `DELETE FROM audit_entries WHERE seq = 4`)
	require.NoError(t, err)
	_, err = s.VerifyAudit(ctx, store.AuditMark{})
	require.Equal(t, store.AuditFault{Seq: 4, What: store.FaultMissing}, err)
	_, err = s.DB().ExecContext(ctx, `DELETE FROM audit_head WHERE id = 2`)
	require.NoError(t, err)
	_, err = s.VerifyAudit(ctx, store.AuditMark{})
	require.Equal(t, store.AuditFault{Seq: 1, What: store.FaultMissing}, err)
}

// What was never kept for ever isn't deleted when a setting is 0.
func TestNothingGoesWithoutASetting(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := personal(t, s, manualAccount(t, s), "lin", "LinMarker")
	advanceTo(t, s, f.ID, 4, filing.Withdrawn)
	s.SetClock(func() time.Time { return time.Now().AddDate(30, 0, 0) })
	require.NoError(t, s.Purge(ctx, store.Retention{}))
	_, err := s.Contact(ctx, f.ID)
	require.NoError(t, err)
}

// Erasing deletes at once what no rule keeps, the rest with its reason, and never touches others.
func TestErasingKeepsOnlyWhatARuleNeeds(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account := manualAccount(t, s)
	lin, wang := personal(t, s, account, "lin", "LinMarker"), personal(t, s, account, "wang", "WangMarker")
	_, err := s.EraseCustomer(ctx, lin.CustomerID)
	require.ErrorIs(t, err, store.ErrFilingOpen)
	_, err = s.Contact(ctx, lin.ID)
	require.NoError(t, err, "nothing was deleted")

	advanceTo(t, s, lin.ID, 4, filing.Filed)
	entry := store.AuditEntry{By: store.Actor{Login: "a"}, Action: "customer.erase", Kind: "customer", Object: "1"}
	done, err := s.EraseCustomer(store.WithAudit(ctx, &entry), lin.CustomerID)
	require.NoError(t, err)
	require.True(t, entry.Written())
	require.Contains(t, done.Kept, store.ErasedPart{Key: store.KeptFilings, N: 1})
	_, err = s.Dossier(ctx, lin.ID, 1)
	require.NoError(t, err, "the provider records it while the site is connected")
	_, err = s.UserByLogin(ctx, "lin")
	require.NoError(t, err, "who has a filing in force can still sign in")
	own, err := s.OwnContactAddresses(ctx, lin.CustomerID)
	require.NoError(t, err)
	require.Zero(t, own)
	_, text := exported(t, s, lin.CustomerID)
	require.NotContains(t, text, "LinMarkerb", "the home page")

	// When the filing is over, the rest goes without anybody asking again.
	advanceTo(t, s, lin.ID, 5, filing.Deregistered)
	for range 2 {
		require.NoError(t, s.Purge(ctx, store.Retention{}))
	}
	_, err = s.Dossier(ctx, lin.ID, 1)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.UserByLogin(ctx, "lin")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, text = exported(t, s, lin.CustomerID)
	for _, left := range []string{"LinMarker", "space-lin", "lin@example.com", `"lin"`, "customer:lin"} {
		require.NotContains(t, text, left)
	}
	done, err = s.EraseCustomer(ctx, lin.CustomerID)
	require.NoError(t, err, "it can be repeated")
	require.Empty(t, done.Deleted)
	require.Contains(t, done.Kept, store.ErasedPart{Key: store.KeptHistory, N: 1})
	for _, part := range done.Kept {
		require.Positive(t, part.N, "what there is none of isn't listed: %s", part.Key)
	}

	_, text = exported(t, s, wang.CustomerID)
	require.GreaterOrEqual(t, strings.Count(text, "WangMarker"), 12)
}

// Erasing a former customer leaves the order's new one alone, and the other way round.
func TestErasingDoesNotFollowAnOrder(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account := manualAccount(t, s)
	lin := personal(t, s, account, "lin", "LinMarker")
	advanceTo(t, s, lin.ID, 4, filing.Filed)
	buyer := newCustomer(t, s, "buyer")
	require.NoError(t, s.TransferOrder(ctx, "D-lin", "buyer"))
	_, err := s.EraseCustomer(ctx, buyer)
	require.NoError(t, err)
	_, err = s.Contact(ctx, lin.ID)
	require.NoError(t, err)
	done, err := s.EraseCustomer(ctx, lin.CustomerID)
	require.NoError(t, err)
	require.Contains(t, done.Deleted, store.ErasedPart{Key: store.ErasedFilings, N: 1}, "it doesn't represent the order")
	_, err = s.Contact(ctx, lin.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
}

// A consent counts for the text that was read, until it is withdrawn.
func TestConsentIsForOneVersion(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, f := opened(t, s, "D1", "demo")
	lacking := func(version string) []store.ConsentTopic {
		list, err := s.Consents(ctx, f.ID)
		require.NoError(t, err)
		return store.LackingConsents(list, version)
	}
	require.Equal(t, store.ConsentTopics, lacking("1"))
	for range 2 {
		require.NoError(t, s.GiveConsent(ctx, f.ID, "1", "en", store.ConsentPrivacy))
	}
	require.Equal(t, []store.ConsentTopic{store.ConsentPapers}, lacking("1"))
	require.NoError(t, s.GiveConsent(ctx, f.ID, "1", "zh", store.ConsentTopics...))
	require.Empty(t, lacking("1"))
	require.Equal(t, store.ConsentTopics, lacking("2"))
	require.NoError(t, s.WithdrawConsent(ctx, f.ID))
	require.Equal(t, store.ConsentTopics, lacking("1"))
	require.NoError(t, s.GiveConsent(ctx, f.ID, "1", "zh", store.ConsentPrivacy))
	list, err := s.Consents(ctx, f.ID)
	require.NoError(t, err)
	require.Len(t, list, 3, "each consent leaves its trace")
	require.Equal(t, "en", list[0].Lang)
	require.True(t, list[0].WithdrawnAt.Valid)
}
