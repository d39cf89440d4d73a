package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
)

func TestEverySMSNeedsItsTemplate(t *testing.T) {
	_, err := app.SMSSender(config.SMS{Templates: "contact_code=SMS_1"})
	require.ErrorContains(t, err, "approved=SMS_")
}

func TestWorkerSettingsNameWhatIsWrong(t *testing.T) {
	cfg, err := app.WorkerConfig(config.Worker{Slots: []string{"bureau=2"}, QueueRates: []string{"website=20"},
		Versioning: true, Deployment: "beian", BuildID: "b7"}, 5)
	require.NoError(t, err)
	require.EqualValues(t, 2, cfg.Slots["bureau"])
	require.EqualValues(t, 5, cfg.FleetRates["message"], "the SMS quota")
	require.Equal(t, "b7", cfg.Version.BuildID)
	cfg, err = app.WorkerConfig(config.Worker{}, 0)
	require.NoError(t, err)
	require.Nil(t, cfg.Version, "off unless asked for")
	require.Zero(t, cfg.FleetRates["message"])
	for want, w := range map[string]config.Worker{
		"BEIAN_QUEUES: unknown queue":           {Queues: []string{"x"}},
		`BEIAN_WORKER_SLOTS: "message"`:         {Slots: []string{"message"}},
		`BEIAN_WORKER_POLLERS: "workflows=1"`:   {Pollers: []string{"workflows=1"}},
		`BEIAN_WORKER_RATES: "workflows=9"`:     {Rates: []string{"workflows=9"}},
		`BEIAN_QUEUE_RATES: "message=3": unkno`: {QueueRates: []string{"message=3"}},
	} {
		_, err := app.WorkerConfig(w, 0)
		require.ErrorContains(t, err, want)
	}
}
