-- +goose Up
-- An order's sites, one for each registrable domain: each has a filing and a number of its own.
CREATE TABLE sites (
  id               BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  order_id         BIGINT       NOT NULL,
  -- the registrable domain; of an older filing with several, the first; empty while the order lists none
  domain           VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- the number that the bureau issued
  filing_number    VARCHAR(64)  NULL,
  filing_number_at DATETIME(6)  NULL,
  -- state and stage of the open filing, as in orders
  filing_state     VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'none',
  filing_stage     VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- the public-security filing (公安联网备案), as in orders
  police_number    VARCHAR(32)  NULL,
  police_number_at DATETIME(6)  NULL,
  police_declined  BOOLEAN      NOT NULL DEFAULT FALSE,
  -- since when the order no longer lists a host name of the site, whose filing goes on
  removed_at       DATETIME(6)  NULL,
  created_at       DATETIME(6)  NOT NULL,
  updated_at       DATETIME(6)  NOT NULL,
  UNIQUE KEY sites_domain (order_id, domain),
  -- for the public query
  KEY sites_number (filing_number),
  CONSTRAINT sites_order_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The site that a host name belongs to; null: listed by an older build.
ALTER TABLE order_domains ADD COLUMN site_id BIGINT NULL;

ALTER TABLE order_domains ADD KEY order_domains_site (site_id);

-- The site that a filing is for; null: opened by an older build, for the order's first site.
ALTER TABLE filings ADD COLUMN site_id BIGINT NULL;

ALTER TABLE filings ADD COLUMN open_site_id BIGINT AS (IF(stage IN ('withdrawn', 'deregistered') OR superseded, NULL, site_id)) VIRTUAL;

-- At most one open filing per site, instead of per order.
ALTER TABLE filings ADD UNIQUE KEY filings_open_site (open_site_id);

ALTER TABLE filings ADD KEY filings_open_orders (open_order_id);

ALTER TABLE filings DROP KEY filings_open_order;

ALTER TABLE filings ADD KEY filings_site (site_id);

-- +goose Down
ALTER TABLE filings DROP KEY filings_site;

ALTER TABLE filings ADD UNIQUE KEY filings_open_order (open_order_id);

ALTER TABLE filings DROP KEY filings_open_orders;

ALTER TABLE filings DROP KEY filings_open_site;

ALTER TABLE filings DROP COLUMN open_site_id;

ALTER TABLE filings DROP COLUMN site_id;

ALTER TABLE order_domains DROP KEY order_domains_site;

ALTER TABLE order_domains DROP COLUMN site_id;

DROP TABLE sites;
