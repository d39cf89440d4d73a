package store

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"
)

// Statement is what a printed form of a filing states at one time, without the facts themselves.
type Statement struct {
	filingID int64
	form     string
	hash     []byte
	// facts are keyed hashes of the facts, by name.
	facts map[string]string
}

// Code is the short fingerprint on the printed form, such as K3QF-7M2A.
func (s Statement) Code() string {
	text := base32.StdEncoding.EncodeToString(s.hash[:5])
	return text[:4] + "-" + text[4:]
}

// Differs lists the names of the facts that both statements have and that differ, sorted. A fact that only one of them
// has is no difference: forms change from edition to edition.
func (s Statement) Differs(other Statement) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(s.facts)) {
		if fact, has := other.facts[name]; has && fact != s.facts[name] {
			names = append(names, name)
		}
	}
	return names
}

// factBytes is what is kept of a fact's keyed hash.
const factBytes = 12

// Statement makes the statement of a filing's printed form from its facts by name, each in a form that doesn't depend
// on how it was typed.
func (s *Store) Statement(filingID int64, form string, facts map[string]string) (Statement, error) {
	st := Statement{filingID: filingID, form: form, facts: map[string]string{}}
	for name, fact := range facts {
		hash, err := s.keys.Hash("printed_statements/fact", fmt.Sprintf("%d/%s/%s", filingID, name, fact))
		if err != nil {
			return st, err
		}
		st.facts[name] = base64.RawStdEncoding.EncodeToString(hash[:factBytes])
	}
	all, err := json.Marshal(st.facts)
	if err != nil {
		return st, err
	}
	st.hash, err = s.keys.Hash("printed_statements", form+string(all))
	return st, err
}

// StatementShown records that a form with a statement was shown to be printed.
func (s *Store) StatementShown(ctx context.Context, st Statement) error {
	facts, err := json.Marshal(st.facts)
	if err != nil {
		return err
	}
	return exec(ctx, s.db, `INSERT INTO printed_statements (filing_id, form, hash, facts, shown_at) VALUES (?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE shown_at = VALUES(shown_at)`, st.filingID, st.form, st.hash, facts, s.utcNow())
}

func saveStatement(ctx context.Context, tx *sqlx.Tx, st Statement) (int64, error) {
	facts, err := json.Marshal(st.facts)
	if err != nil {
		return 0, err
	}
	return insert(ctx, tx, `INSERT INTO printed_statements (filing_id, form, hash, facts) VALUES (?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)`, st.filingID, st.form, st.hash, facts)
}

// statementRow is a row of printed_statements.
type statementRow struct {
	ID       int64  `db:"id"`
	FilingID int64  `db:"filing_id"`
	Form     string `db:"form"`
	Hash     []byte `db:"hash"`
	Facts    []byte `db:"facts"`
}

func (r statementRow) statement() (Statement, error) {
	st := Statement{filingID: r.FilingID, form: r.Form, hash: r.Hash}
	err := json.Unmarshal(r.Facts, &st.facts)
	return st, err
}

// stateOnPaper records what a new paper states: what the form states now or, if that was never shown, what was last
// shown to be printed.
func stateOnPaper(ctx context.Context, tx *sqlx.Tx, paperID int64, now Statement) error {
	shown, err := selectAll[statementRow](ctx, tx, `SELECT id, filing_id, form, hash, facts FROM printed_statements
		WHERE filing_id = ? AND form = ? AND shown_at IS NOT NULL ORDER BY shown_at DESC, id DESC`, now.filingID, now.form)
	if err != nil {
		return err
	}
	var id int64
	for i, row := range shown {
		st, err := row.statement()
		if err != nil {
			return err
		}
		same := len(st.Differs(now)) == 0
		if i == 0 || same {
			id = row.ID
		}
		if same {
			break
		}
	}
	if id == 0 {
		if id, err = saveStatement(ctx, tx, now); err != nil {
			return err
		}
	}
	return exec(ctx, tx, `INSERT INTO paper_statements (paper_id, statement_id) VALUES (?, ?)`, paperID, id)
}

// PaperStatements returns what a filing's papers state, by their IDs; papers that aren't a form of ours state nothing.
func (s *Store) PaperStatements(ctx context.Context, filingID int64) (map[int64]Statement, error) {
	type row struct {
		statementRow
		PaperID int64 `db:"paper_id"`
	}
	rows, err := selectAll[row](ctx, s.db, `SELECT p.paper_id, s.id, s.filing_id, s.form, s.hash, s.facts
		FROM printed_statements s JOIN paper_statements p ON p.statement_id = s.id WHERE s.filing_id = ?`, filingID)
	if err != nil {
		return nil, err
	}
	byPaper := map[int64]Statement{}
	for _, r := range rows {
		if byPaper[r.PaperID], err = r.statement(); err != nil {
			return nil, err
		}
	}
	return byPaper, nil
}
