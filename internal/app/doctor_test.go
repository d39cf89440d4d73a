package app_test

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/testdb"
)

// failed are the checks that failed, with their sentences.
func failed(list []app.Finding) map[string]string {
	bad := map[string]string{}
	for _, f := range list {
		if f.Err != nil {
			bad[f.Check] = f.Err.Error()
		}
	}
	return bad
}

func TestDoctorFindsWhatIsIll(t *testing.T) {
	dir := t.TempDir()
	s, err := stack.Start(t.Context(), stack.Options{Dir: filepath.Join(dir, "stack"), Throwaway: true,
		Database: testdb.DSN(t), ExchangeEvery: time.Minute})
	if err != nil {
		require.NoError(t, err)
	}
	defer s.Stop()
	t.Setenv("BEIAN_DATABASE", "")
	well := s.Settings
	require.Eventually(t, func() bool { return len(failed(app.Doctor(t.Context(), &well))) == 0 }, 90*time.Second,
		100*time.Millisecond)
	names := []string{}
	for _, f := range app.Doctor(t.Context(), &well) {
		names = append(names, f.Check)
		require.NotEmpty(t, f.Detail, f.Check)
	}
	require.ElementsMatch(t, []string{"key file", "database", "schema", "keys", "Temporal", "settings", "queues", "clock",
		"SMS", "mail", "DNS", "disk", "bureau default"}, names)

	for name, c := range map[string]struct {
		harm  func(*app.Settings)
		check string
		want  string
	}{
		"key file":  {func(s *app.Settings) { s.Base.KeyFile = dir }, "key file", "BEIAN_KEY_FILE"},
		"database":  {func(s *app.Settings) { s.Base.Database = "root:@tcp(127.0.0.1:1)/x" }, "database", "BEIAN_DATABASE"},
		"schema":    {func(s *app.Settings) { s.Base.Database = testdb.DSN(t) }, "schema", "beian migrate"},
		"Temporal":  {func(s *app.Settings) { s.Base.Namespace = "none" }, "Temporal", "BEIAN_TEMPORAL_NAMESPACE"},
		"SMS key":   {func(s *app.Settings) { s.SMS.AccessKeySecret = "x" }, "SMS", "BEIAN_SMS_ACCESS_KEY_SECRET"},
		"SMS":       {func(s *app.Settings) { s.SMS.Endpoint = "127.0.0.1:1" }, "SMS", "BEIAN_SMS_ENDPOINT"},
		"mail":      {func(s *app.Settings) { s.Mail.Port = 1 }, "mail", "BEIAN_MAIL_PORT"},
		"mail's CA": {func(s *app.Settings) { s.MailRoots, s.Mail.CAFile = nil, "" }, "mail", "BEIAN_MAIL_CA_FILE"},
		"bureau":    {func(s *app.Settings) { s.Bureau.Password = "x" }, "bureau default", "BEIAN_BUREAU_PASSWORD"},
		"bureau's":  {func(s *app.Settings) { s.Bureau.URL = "http://127.0.0.1:1" }, "bureau default", "BEIAN_BUREAU_URL"},
		"DNS":       {func(s *app.Settings) { s.Panel.DNS = "127.0.0.1:1" }, "DNS", "BEIAN_DNS"},
		"settings":  {func(s *app.Settings) { s.Worker.Slots = []string{"x"} }, "settings", "BEIAN_WORKER_SLOTS"},
	} {
		t.Run(name, func(t *testing.T) {
			ill := s.Settings
			c.harm(&ill)
			bad := failed(app.Doctor(t.Context(), &ill))
			require.Contains(t, bad[c.check], c.want, "%v", bad)
			require.LessOrEqual(t, len(bad), 3, "what depends on it is skipped: %v", slices.Sorted(maps.Keys(bad)))
		})
	}

	t.Setenv("TMPDIR", filepath.Join(dir, "none"))
	require.Contains(t, failed(app.Doctor(t.Context(), &well))["disk"], "TMPDIR")
}

func TestDoctorMissesWorkers(t *testing.T) {
	s, err := stack.Start(t.Context(), stack.Options{Dir: filepath.Join(t.TempDir(), "stack"), Throwaway: true,
		Database: testdb.DSN(t), WithoutWorker: true})
	require.NoError(t, err)
	defer s.Stop()
	bad := failed(app.Doctor(context.WithoutCancel(t.Context()), &s.Settings))
	require.Contains(t, bad["queues"], "BEIAN_QUEUES: no worker takes tasks of ")
	require.Len(t, bad, 1, "%v", bad)
}
