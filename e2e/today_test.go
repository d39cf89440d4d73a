package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/stack"
)

// A bureau of today issues a number and no certificate. The approval is complete, nothing is uploaded, and nobody is
// told of a certificate, whether we know the web space (web1) or not.
func TestBureauOfTodayIssuesNoCertificate(t *testing.T) {
	s, _ := start(t, stack.Options{BureauEdition: bureau.EditionToday, ReviewAfter: 300 * time.Millisecond})
	ctx := t.Context()
	_, err := s.Store.DB().ExecContext(ctx, `UPDATE orders SET sealed_web_space = NULL WHERE number = 'D20260002'`)
	require.NoError(t, err)
	for _, c := range []struct {
		order, user, site string
		holder            filing.Holder
	}{
		{"D20260001", "web1", "林测试的读书笔记", filingtest.PersonHolder()},
		{"D20260002", "web2", "样例公司网站", filingtest.CompanyHolder()},
	} {
		w := customer(t, s)
		prepared(t, w, c.order)
		require.NoError(t, w.SubmitDossier(ctx, c.holder, c.site))
		wait(t, w, filing.Installing)
		hub, err := w.Page(ctx, "/orders/"+c.order+"/filing")
		require.NoError(t, err)
		require.Contains(t, hub.Find("main").Text(), "首页放备案号")
		require.NotContains(t, hub.Find("main").Text(), "证书文件")
		result, err := w.Page(ctx, "/orders/"+c.order+"/filing/result")
		require.NoError(t, err)
		require.NotContains(t, result.Find("main").Text(), "证书文件")
		_, err = w.Download(ctx, "/certificate")
		require.Error(t, err, "there is none")
		require.NoError(t, demo.PutFooter(ctx, s, w, c.user))
		require.NoError(t, w.CheckSiteNow(ctx))
		wait(t, w, filing.Filed)
		require.Zero(t, certificates(s, c.user), "nothing is uploaded")
	}
	var notices int
	for _, m := range s.StandIns.Mail.Messages() {
		require.NotContains(t, m.Text, "证书", m.Subject)
		if strings.Contains(m.Subject, "备案已通过") {
			notices++
		}
	}
	require.Equal(t, 2, notices)
}
