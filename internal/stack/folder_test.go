package stack

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/stack/devserver"
)

func TestASecondStackInAFolderIsToldAboutTheFirst(t *testing.T) {
	dir := t.TempDir()
	release, err := lockFolder(dir)
	require.NoError(t, err)
	_, err = prepare(&Options{Dir: dir})
	require.EqualError(t, err, fmt.Sprintf("already running in %s, process %d", dir, os.Getpid()))
	release()
	release, err = prepare(&Options{Dir: dir, Throwaway: true})
	require.NoError(t, err)
	release()
}

// A password that somebody changed stays, and nobody is signed out when the stack starts again.
func TestDemoPasswordsAreSetOnce(t *testing.T) {
	dir := t.TempDir()
	ports, err := devserver.FreePorts(1)
	require.NoError(t, err)
	server, err := devserver.StartMariaDB(t.Context(), dir, ports[0], true)
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	require.NoError(t, server.CreateDatabase(t.Context(), "beian"))
	s := &Stack{Options: Options{Dir: dir, Throwaway: true, Database: server.DSN("beian")}}
	require.NoError(t, s.startDatabase(t.Context()))
	defer func() { require.NoError(t, s.Store.Close()) }()
	require.NoError(t, s.people(t.Context()))
	user, err := s.Store.UserByLogin(t.Context(), DemoCustomer)
	require.NoError(t, err)
	require.NotEmpty(t, user.PasswordHash)
	require.NoError(t, s.people(t.Context()))
	again, err := s.Store.UserByLogin(t.Context(), DemoCustomer)
	require.NoError(t, err)
	require.Equal(t, user, again)
}
