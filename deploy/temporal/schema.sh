#!/bin/sh
# Migrates Temporal's two databases to the schema of these tools; idempotent.
set -eu
for part in temporal visibility; do
	db=temporal
	[ "$part" = temporal ] || db="temporal_$part"
	tool() { temporal-sql-tool --plugin mysql8 --endpoint "$MYSQL_SEEDS" --port 3306 --user "$MYSQL_USER" --password "$MYSQL_PWD" --database "$db" "$@"; }
	tool create-database
	# Updating comes first, because setup-schema fails on an existing schema.
	tool update-schema --schema-dir "/etc/temporal/schema/mysql/v8/$part/versioned" || {
		tool setup-schema --version 0.0
		tool update-schema --schema-dir "/etc/temporal/schema/mysql/v8/$part/versioned"
	}
done
