#!/bin/sh
# Creates Temporal's own database user, or sets its password: it may do anything to Temporal's two databases and
# nothing to ours. The image runs this once, when it creates its data; docs/operate.md says how to run it later.
case $TEMPORAL_DATABASE_PASSWORD in
'' | *[!A-Za-z0-9]*)
	echo 'TEMPORAL_DATABASE_PASSWORD: want letters and digits only, such as from openssl rand -hex 24' >&2
	exit 1
	;;
esac
# In a grant, an underscore alone would stand for any character.
MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --protocol=socket --user=root <<END
CREATE USER IF NOT EXISTS 'temporal'@'%' IDENTIFIED BY '$TEMPORAL_DATABASE_PASSWORD';
ALTER USER 'temporal'@'%' IDENTIFIED BY '$TEMPORAL_DATABASE_PASSWORD';
GRANT ALL ON \`temporal\`.* TO 'temporal'@'%';
GRANT ALL ON \`temporal\\_visibility\`.* TO 'temporal'@'%';
END
