package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"

	"github.com/go-sql-driver/mysql"
)

// unavailable are the server's errors that say that it can't work now, whatever the statement: by number, from the
// error references of MySQL, MariaDB and TiDB.
var unavailable = map[uint16]bool{
	1021: true, // disk full
	1037: true, // out of memory
	1038: true, // out of sort memory
	1040: true, // too many connections
	1041: true, // out of resources
	1044: true, // access to the database denied: a password or grant is being changed
	1045: true, // access denied
	1049: true, // no such database: it is being restored
	1053: true, // shutdown in progress
	1114: true, // table full
	1129: true, // host blocked after connection errors
	1203: true, // too many connections of this user
	1205: true, // lock wait timeout
	1206: true, // lock table full
	1213: true, // deadlock
	1226: true, // the user's resource limit
	1290: true, // read-only, as a replica during a failover
	1317: true, // query interrupted
	1792: true, // read-only transaction
	1836: true, // read-only mode
	1927: true, // MariaDB: connection killed
	1969: true, // MariaDB: statement took too long
	3024: true, // MySQL: statement took too long
	3168: true, // MySQL: server isn't available
	9001: true, // TiDB: placement driver timeout
	9002: true, // TiDB: storage timeout
	9003: true, // TiDB: storage busy
	9005: true, // TiDB: region unavailable
}

// Unavailable reports whether an error says that the database can't be used now, which passes or is for the operators:
// nothing is wrong with what was asked of it. A missing table (1146) or column (1054) isn't among them: the build and
// its database don't fit, which is our fault and must be reported as such.
func Unavailable(err error) bool {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return unavailable[my.Number]
	}
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.As(err, &network)
}
