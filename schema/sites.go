package schema

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/beian/beian/internal/filing"
)

// versionSites is the migration that gives orders of older builds their sites.
const versionSites = 29

// inGo are the parts of migrations that SQL can't do. They are run again if they were interrupted.
var inGo = map[int64]func(context.Context, *sql.DB) error{versionSites: fillSites}

// ordersAtOnce is how many orders get their sites in one transaction.
const ordersAtOnce = 200

// fillSites gives every order without sites its own. One with a number, or with a filing that has gone to the bureau,
// is one site with all its domains, as it was filed; any other has a site for each registrable domain, and a filing
// that has begun is for the first of them.
func fillSites(ctx context.Context, db *sql.DB) error {
	for {
		orders, err := ordersWithoutSites(ctx, db)
		if err != nil || len(orders) == 0 {
			return err
		}
		if err := fillSitesOf(ctx, db, orders); err != nil {
			return err
		}
	}
}

// olderOrder is an order of an older build.
type olderOrder struct {
	id int64
	// asOne: all of its domains are one site.
	asOne bool
	hosts []string
}

func ordersWithoutSites(ctx context.Context, db *sql.DB) (list []olderOrder, err error) {
	rows, err := db.QueryContext(ctx, `SELECT o.id, o.filing_number IS NOT NULL OR EXISTS (SELECT 1 FROM filings f
			JOIN records r ON r.filing_id = f.id WHERE f.order_id = o.id AND f.stage NOT IN ('withdrawn', 'deregistered'))
		FROM orders o LEFT JOIN sites s ON s.order_id = o.id WHERE s.id IS NULL ORDER BY o.id LIMIT ?`, ordersAtOnce)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var o olderOrder
		if err := rows.Scan(&o.id, &o.asOne); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

func fillSitesOf(ctx context.Context, db *sql.DB, orders []olderOrder) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // no-op after Commit
	for _, o := range orders {
		if err := o.fill(ctx, tx); err != nil {
			return fmt.Errorf("the sites of order %d: %w", o.id, err)
		}
	}
	return tx.Commit()
}

func (o olderOrder) fill(ctx context.Context, tx *sql.Tx) error {
	if err := o.readHosts(ctx, tx); err != nil {
		return err
	}
	groups := filing.SitesOf(o.hosts)
	if len(groups) == 0 {
		groups = []filing.SiteHosts{{}}
	}
	for i, g := range groups {
		if i > 0 && o.asOne {
			break
		}
		// Number and state are those of the first site, which the order's filings are for.
		res, err := tx.ExecContext(ctx, `INSERT INTO sites (order_id, domain, filing_number, filing_number_at, filing_state,
				filing_stage, police_number, police_number_at, police_declined, created_at, updated_at)
			SELECT id, ?, IF(?, filing_number, NULL), IF(?, filing_number_at, NULL), IF(?, filing_state, 'none'),
				IF(?, filing_stage, ''), IF(?, police_number, NULL), IF(?, police_number_at, NULL), ? AND police_declined,
				created_at, updated_at FROM orders WHERE id = ?`, g.Domain, i == 0, i == 0, i == 0, i == 0, i == 0, i == 0,
			i == 0, o.id)
		if err != nil {
			return err
		}
		site, err := res.LastInsertId()
		if err != nil {
			return err
		}
		hosts := g.Hosts
		if o.asOne {
			hosts = o.hosts
		}
		for _, host := range hosts {
			if _, err := tx.ExecContext(ctx, `UPDATE order_domains SET site_id = ? WHERE order_id = ? AND domain = ?`, site,
				o.id, host); err != nil {
				return err
			}
		}
		if i > 0 {
			continue
		}
		if _, err := tx.ExecContext(ctx, `UPDATE filings SET site_id = ? WHERE order_id = ? AND site_id IS NULL`, site,
			o.id); err != nil {
			return err
		}
	}
	return nil
}

func (o *olderOrder) readHosts(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `SELECT domain FROM order_domains WHERE order_id = ? ORDER BY position`, o.id)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var host string
		if err := rows.Scan(&host); err != nil {
			return err
		}
		o.hosts = append(o.hosts, host)
	}
	return rows.Err()
}
