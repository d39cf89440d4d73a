package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

func TestWhoseTurnItIs(t *testing.T) {
	for _, c := range []struct {
		stage     filing.Stage
		attention filing.Attention
		stuck     bool
		want      filing.Turn
		state     filing.OrderState
	}{
		{"", "", false, filing.TurnNobody, filing.OrderNone},
		{filing.Contact, "", false, filing.TurnCustomer, filing.OrderYours},
		{filing.Verifying, filing.AttentionSMSRecipient, false, filing.TurnCustomer, filing.OrderYours},
		{filing.Verifying, "", true, filing.TurnStaff, filing.OrderUnderWay},
		{filing.Vetting, "", false, filing.TurnStaff, filing.OrderUnderWay},
		{filing.Submitting, "", false, filing.TurnSystem, filing.OrderUnderWay},
		{filing.Reviewing, "", false, filing.TurnBureau, filing.OrderUnderWay},
		{filing.Reviewing, filing.AttentionSMSVerification, false, filing.TurnCustomer, filing.OrderYours},
		{filing.Reviewing, filing.AttentionSMSVerificationExpired, false, filing.TurnBureau, filing.OrderUnderWay},
		{filing.Correcting, filing.AttentionRefused, false, filing.TurnCustomer, filing.OrderYours},
		{filing.Correcting, filing.AttentionRefusedOurs, false, filing.TurnStaff, filing.OrderUnderWay},
		{filing.Installing, "", false, filing.TurnSystem, filing.OrderUnderWay},
		{filing.Installing, filing.AttentionFooterMissing, false, filing.TurnCustomer, filing.OrderYours},
		{filing.Installing, filing.AttentionFooterMissing, true, filing.TurnStaff, filing.OrderUnderWay},
		{filing.Filed, "", false, filing.TurnNobody, filing.OrderFiled},
		{filing.Withdrawn, "", true, filing.TurnNobody, filing.OrderNone},
		{filing.Deregistered, "", false, filing.TurnNobody, filing.OrderNone},
	} {
		require.Equal(t, c.want, filing.TurnOf(c.stage, c.attention, c.stuck), c)
		require.Equal(t, c.state, filing.StateOf(c.stage, c.attention, c.stuck), c)
	}
}
