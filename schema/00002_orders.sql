-- +goose Up
-- Customers' orders, which filings are made for.

CREATE TABLE orders (
  id               BIGINT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
  number           VARCHAR(64)     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  customer_id      BIGINT          NOT NULL,
  product          VARCHAR(128)    NOT NULL,
  expires_on       DATE            NULL,
  -- where to upload the certificate: protocol, host, port, user, password, document root
  sealed_web_space VARBINARY(4096) NULL,
  -- the number that the bureau issued
  filing_number    VARCHAR(64)     NULL,
  filing_number_at DATETIME(6)     NULL,
  -- state and stage of the open filing, for listing orders by them
  filing_state     VARCHAR(16)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'none',
  -- empty: no filing is open or done
  filing_stage     VARCHAR(16)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- the public-security filing (公安联网备案): its number, or that none is needed
  police_number    VARCHAR(32)     NULL,
  police_number_at DATETIME(6)     NULL,
  police_declined  BOOLEAN         NOT NULL DEFAULT FALSE,
  created_at       DATETIME(6)     NOT NULL,
  updated_at       DATETIME(6)     NOT NULL,
  UNIQUE KEY orders_number (number),
  KEY orders_customer (customer_id, created_at, id),
  KEY orders_state (customer_id, filing_state, created_at, id),
  KEY orders_stage (customer_id, filing_stage, created_at, id),
  KEY orders_product (customer_id, product, filing_state, created_at, id),
  KEY orders_product_stage (customer_id, product, filing_stage, created_at, id),
  KEY orders_search (customer_id, filing_state, number),
  KEY orders_search_stage (customer_id, filing_stage, number),
  -- for the public query
  KEY orders_filing_number (filing_number),
  CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE order_domains (
  order_id BIGINT       NOT NULL,
  position INT          NOT NULL,
  domain   VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (order_id, position),
  KEY order_domains_domain (domain),
  CONSTRAINT order_domains_order_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE order_ips (
  order_id BIGINT      NOT NULL,
  position INT         NOT NULL,
  ip_range VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (order_id, position),
  CONSTRAINT order_ips_order_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Drafts of forms that customers fill in before a filing exists, such as number registration.
-- Only the customer who typed one can read it.
CREATE TABLE order_drafts (
  order_id   BIGINT      NOT NULL,
  user_id    BIGINT      NOT NULL,
  form       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- incremented by each save; writer is the page that saved last
  version    BIGINT      NOT NULL DEFAULT 1,
  writer     VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  sealed     MEDIUMBLOB  NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  PRIMARY KEY (order_id, user_id, form),
  KEY order_drafts_updated (updated_at),
  CONSTRAINT order_drafts_order_fk FOREIGN KEY (order_id) REFERENCES orders (id),
  CONSTRAINT order_drafts_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE order_drafts, order_ips, order_domains, orders;
