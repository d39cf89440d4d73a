package activities_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/testdb"
)

func TestMailsLinkToTheirPage(t *testing.T) {
	s := testdb.New(t)
	phone, post, a := phones(t, s)
	_, f, _ := filed(t, s)
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivity(a)
	notify := func(key string, name message.Template) string {
		for _, channel := range filing.Channels {
			_, err := env.ExecuteActivity(a.Notify,
				activities.Notice{FilingID: f.ID, Channel: channel, Template: name, Key: key + string(channel)})
			require.NoError(t, err)
		}
		mails := post.Messages()
		return mails[len(mails)-1].Text
	}
	require.NotContains(t, notify("1", message.Refused), "http", "the panel's address isn't known")
	a.PanelURL = "https://beian.example.com"
	require.True(t, strings.HasSuffix(notify("2", message.Refused), "\nhttps://beian.example.com/orders/D1/filing"))
	require.Contains(t, notify("3", message.Approved), "https://beian.example.com/orders/D1/filing/result")
	_, err := env.ExecuteActivity(a.SendCode, activities.CodeRef{FilingID: f.ID, Channel: filing.Mail, Send: 1})
	require.NoError(t, err)
	mails := post.Messages()
	code := mails[len(mails)-1]
	require.Contains(t, code.HTML, `<a href="https://beian.example.com/orders/D1/filing/verify">`)
	require.NotContains(t, code.Text, filingtest.Contact().Mobile)
	for _, sent := range phone.Messages() {
		require.NotContains(t, sent.Params, message.PageParam, "Aliyun takes no link in a variable")
	}
}
