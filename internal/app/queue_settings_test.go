package app_test

import (
	"context"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/observe"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/internal/testtemporal"
	"github.com/beian/beian/worker"
	"github.com/beian/beian/workflows"
)

// queueSecrets are all that a worker of a queue reads, besides those of every process.
var queueSecrets = map[string][]string{
	workflows.QueueFiling: {},
	workflows.QueueMessage: {"BEIAN_SMS_ACCESS_KEY_ID", "BEIAN_SMS_ACCESS_KEY_SECRET", "BEIAN_MAIL_PASSWORD",
		"BEIAN_STAFF_WEBHOOK_SECRET"},
	workflows.QueueBureau:  {"BEIAN_BUREAU_PASSWORD", "BEIAN_BUREAU_KEY", "BEIAN_BUREAU_IV"},
	workflows.QueueWebsite: {},
}

// secretsOf are the names and values of the secrets in settings.
func secretsOf(set app.Settings) map[string]string {
	all := map[string]string{}
	for _, group := range []any{set.Base, set.Provider, set.Panel, set.SMS, set.Mail, set.Staff, set.Bureau, set.Website,
		set.Worker, set.Status} {
		v := reflect.ValueOf(group)
		for i := range v.NumField() {
			if tag := v.Type().Field(i).Tag; tag.Get("secret") != "" {
				all[tag.Get("env")] = v.Field(i).String()
			}
		}
	}
	return all
}

// A worker reads the secrets of its own queues: those of others may be missing or unreadable.
func TestWorkersReadOnlyTheirQueuesSecrets(t *testing.T) {
	require.ElementsMatch(t, workflows.Queues, slices.Collect(maps.Keys(queueSecrets)))
	own := []string{"BEIAN_DATABASE", "BEIAN_TEMPORAL_API_KEY"}
	for queue, secrets := range queueSecrets {
		t.Run(queue, func(t *testing.T) {
			reads := slices.Concat(own, secrets)
			for name := range secretsOf(app.Settings{}) {
				if slices.Contains(reads, name) {
					t.Setenv(name, "value of "+name)
				} else {
					t.Setenv(name+"_FILE", "/nowhere/"+name)
				}
			}
			set := app.Settings{Worker: config.Worker{Queues: []string{queue}}, Base: config.Base{KeyFile: "keys.json"}}
			require.NoError(t, set.LoadWorkerSecrets())
			for name, value := range secretsOf(set) {
				if slices.Contains(reads, name) {
					require.Equal(t, "value of "+name, value)
				} else {
					require.Empty(t, value, name)
				}
			}
			set.Worker.Queues = nil
			require.ErrorContains(t, set.LoadWorkerSecrets(), "/nowhere/", "a worker of all queues needs them all")
		})
	}
	set := app.Settings{Worker: config.Worker{Queues: []string{"mesage"}}}
	require.ErrorContains(t, set.LoadWorkerSecrets(), "BEIAN_QUEUES: unknown queue")
}

// A worker starts with nothing but the settings of its queue, and registers no accounts unless it has them.
func TestWorkersStartWithTheirQueuesSettings(t *testing.T) {
	temporal := testtemporal.New(t)
	var templates []string
	for _, name := range message.SMSTemplates {
		templates = append(templates, string(name)+"=SMS_1")
	}
	db := testdb.New(t)
	for queue, set := range map[string]app.Settings{
		workflows.QueueFiling: {}, workflows.QueueWebsite: {},
		workflows.QueueMessage: {SMS: config.SMS{AccessKeyID: "a", AccessKeySecret: "b", Templates: strings.Join(templates, ",")},
			Mail: config.Mail{Language: "zh"}},
	} {
		t.Run(queue, func(t *testing.T) {
			set.Worker = config.Worker{Queues: []string{queue}, StopTimeout: time.Second}
			p := app.Process{Store: db, Temporal: temporal, Observed: observe.New(), Logger: slog.New(slog.DiscardHandler)}
			p.Observed.Lack(worker.LackPollers)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			ended := make(chan error, 1)
			go func() { ended <- app.RunWorker(ctx, set, p) }()
			require.Eventually(t, func() bool {
				select {
				case err := <-ended:
					require.NoError(t, err)
				default:
				}
				return len(p.Observed.Lacks(t.Context())) == 0
			}, 60*time.Second, 20*time.Millisecond)
			stop()
			require.NoError(t, <-ended)
		})
	}
	accounts, err := db.Accounts(t.Context())
	require.NoError(t, err)
	require.Empty(t, accounts)
}
