package app_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/observe"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/internal/testtemporal"
	"github.com/beian/beian/worker"
)

// A worker takes tasks before its schedules are written, and goes on trying to write them.
func TestWorkerPollsBeforeItsSchedulesAreWritten(t *testing.T) {
	var busy atomic.Bool
	var refused atomic.Int32
	busy.Store(true)
	temporal := testtemporal.New(t, func(o *client.Options) error {
		o.ConnectionOptions.DialOptions = append(o.ConnectionOptions.DialOptions, grpc.WithUnaryInterceptor(
			func(ctx context.Context, method string, in, out any, c *grpc.ClientConn, invoke grpc.UnaryInvoker,
				opts ...grpc.CallOption) error {
				if strings.HasSuffix(method, "/CreateSchedule") && busy.Load() {
					refused.Add(1)
					return serviceerror.NewDeadlineExceeded("busy").(*serviceerror.DeadlineExceeded).Status().Err()
				}
				return invoke(ctx, method, in, out, c, opts...)
			}))
		return nil
	})

	var templates []string
	for _, name := range message.SMSTemplates {
		templates = append(templates, string(name)+"=SMS_1")
	}
	set := app.Settings{
		SMS:    config.SMS{AccessKeyID: "a", AccessKeySecret: "b", Templates: strings.Join(templates, ",")},
		Mail:   config.Mail{Host: "localhost", From: "a@example.com", TLS: "none", Language: "zh"},
		Bureau: config.Bureau{Account: "a", Driver: "manual", Every: time.Minute},
		Worker: config.Worker{StopTimeout: time.Second},
	}
	p := app.Process{Store: testdb.New(t), Temporal: temporal, Observed: observe.New(),
		Logger: slog.New(slog.DiscardHandler)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.RunWorker(ctx, set, p) }()
	require.Eventually(t, func() bool { return refused.Load() > 0 }, 60*time.Second, 10*time.Millisecond)
	require.NotContains(t, p.Observed.Lacks(t.Context()), worker.LackPollers, "it polls already")
	busy.Store(false)
	require.Eventually(t, func() bool {
		n := 0
		list, err := temporal.ScheduleClient().List(t.Context(), client.ScheduleListOptions{})
		for err == nil && list.HasNext() {
			if _, err = list.Next(); err == nil {
				n++
			}
		}
		return n == 5 // the account's exchange, tickets, figures, broken code, deliveries
	}, 60*time.Second, 50*time.Millisecond)
	stop()
	require.NoError(t, <-ended)
}
