package bureau_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/simulate/bureau"
)

// verifying is a bureau of today with a clock of the test's.
func verifying(t *testing.T) (p *provider, now *time.Time) {
	t.Helper()
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	return connect(t, bureau.Options{Edition: bureau.EditionToday, SMSVerification: 24 * time.Hour, Seeded: seeded(),
		Clock: func() time.Time { return at }}), &at
}

// documented is a new filing whose managers have a document.
func documented(id int, document, domain string) string {
	return strings.ReplaceAll(newFiling(id, document, domain), "<Fzr_sjhm>",
		"<Fzr_zjhm>310101199003070035</Fzr_zjhm><Fzr_sjhm>")
}

// A record is reviewed once its manager has entered the code, with the right phone and document.
func TestRecordWaitsForItsVerification(t *testing.T) {
	p, _ := verifying(t)
	p.upload("<XZBA>" + documented(1, "310101199003070035", "a.example") + "</XZBA>")
	codes := p.bureau.SentCodes()
	require.Len(t, codes, 1, "one person is both managers")
	c := codes[0]
	require.Len(t, c.Code, 6)
	require.Len(t, c.Last, 6)
	require.NotEmpty(t, p.bureau.SentCodes(), "it still waits")
	require.Zero(t, p.bureau.Truth()[0].Code)
	require.Equal(t, bureau.VerifiedNothing, p.bureau.Verify(c.Code, "13900000000", c.Last), "another phone")
	require.Equal(t, bureau.VerifiedWrong, p.bureau.Verify("000000", c.Mobile, c.Last))
	require.Equal(t, bureau.VerifiedWrong, p.bureau.Verify(c.Code, c.Mobile, "xxxxxx"))
	require.Equal(t, bureau.VerifiedAll, p.bureau.Verify(c.Code, c.Mobile, "3101011990"+c.Last))
	require.Equal(t, bureau.VerifiedNothing, p.bureau.Verify(c.Code, c.Mobile, c.Last), "once is enough")
	require.Contains(t, p.next(), "<Shjg>1</Shjg>")
}

// One person's codes are each for the record that they came for, whichever is entered first.
func TestCodesAreOfTheirRecords(t *testing.T) {
	p, _ := verifying(t)
	p.upload("<XZBA>" + documented(1, "310101199003070035", "a.example") +
		documented(2, "310101199003070043", "b.example") + "</XZBA>")
	codes := p.bureau.SentCodes()
	require.Len(t, codes, 2)
	require.Equal(t, bureau.VerifiedAll, p.bureau.Verify(codes[1].Code, codes[1].Mobile, codes[1].Last))
	require.Equal(t, codes[:1], p.bureau.SentCodes())
}

// A new access is verified with the phone that is filed, which only the other provider can change.
func TestNewAccessIsVerifiedWithTheFiledPhone(t *testing.T) {
	p, _ := verifying(t)
	const number = "沪ICP备2020000009号-1"
	require.Error(t, p.bureau.ChangeMobile("沪ICP备1号-1", "13600009012"))
	require.NoError(t, p.bureau.ChangeMobile(number, "13600009012"))
	p.upload(newAccess(number, "", 5001))
	require.Equal(t, "13600009012", p.bureau.SentCodes()[0].Mobile)
}

// Two managers both verify; the first is told to wait for the other.
func TestTwoManagersVerify(t *testing.T) {
	p, _ := verifying(t)
	entry := documented(1, "310101199003070035", "a.example")
	at := strings.Index(entry, "<Wz_Fzr>")
	mobile := one(t, entry, "Fzr_sjhm")
	entry = entry[:at] + strings.Replace(entry[at:], mobile, "13711112222", 1)
	p.upload("<XZBA>" + entry + "</XZBA>")
	codes := p.bureau.SentCodes()
	require.Len(t, codes, 2)
	require.Equal(t, bureau.VerifiedPart, p.bureau.Verify(codes[0].Code, codes[0].Mobile, codes[0].Last))
	require.NotEmpty(t, p.bureau.SentCodes(), "it still waits")
	require.Zero(t, p.bureau.Truth()[0].Code)
	require.Equal(t, bureau.VerifiedAll, p.bureau.Verify(codes[1].Code, codes[1].Mobile, codes[1].Last))
	require.Contains(t, p.next(), "<Shjg>1</Shjg>")
}

// Nobody verifies in time, or somebody guesses: the record is returned, and can be handed in again.
func TestUnverifiedRecordIsReturned(t *testing.T) {
	p, now := verifying(t)
	p.upload("<XZBA>" + documented(1, "310101199003070035", "a.example") + "</XZBA>")
	*now = now.Add(24*time.Hour - time.Second)
	require.NotEmpty(t, p.bureau.SentCodes(), "it still waits")
	require.Zero(t, p.bureau.Truth()[0].Code)
	*now = now.Add(time.Second)
	content := p.next()
	require.Contains(t, content, "<Shjg>0</Shjg>")
	require.Contains(t, content, "短信核验")
	p.upload("<XZBA>" + documented(2, "310101199003070035", "a.example") + "</XZBA>")
	c := p.bureau.SentCodes()[0]
	for range 5 {
		require.Equal(t, bureau.VerifiedWrong, p.bureau.Verify("x", c.Mobile, c.Last))
	}
	require.Equal(t, bureau.VerifiedTooOften, p.bureau.Verify("x", c.Mobile, c.Last))
	require.Contains(t, p.next(), "短信核验错误次数超过限制")
	p.upload("<XZBA>" + documented(3, "310101199003070035", "a.example") + "</XZBA>")
	require.NoError(t, p.bureau.ExpireVerifications())
	require.Contains(t, p.next(), "未在规定时间内完成短信核验")
}

// Today passwords mean nothing, and a cancelled access is verified by nobody.
func TestBureauOfTodayIgnoresPasswords(t *testing.T) {
	p, _ := verifying(t)
	p.upload(newAccess("沪ICP备2020000009号-1", "wrong", 5001))
	require.Equal(t, 1, p.bureau.VerifyAll())
	content := p.next()
	require.Contains(t, content, "<Shjg>1</Shjg><Czlx>3</Czlx><Jlid>5001</Jlid>")
	p.upload(drop(2, jridOf(t, content), 3, "wrong"))
	require.Empty(t, p.bureau.SentCodes())
	require.Contains(t, p.next(), "<Shjg>1</Shjg><Czlx>5</Czlx>")
}

// jridOf is the Jrid of our access in what the bureau sent.
func jridOf(t *testing.T, content string) string {
	t.Helper()
	_, rest, found := strings.Cut(content, "<IspJrid>5001</IspJrid>")
	require.True(t, found)
	return one(t, rest, "Jrid")
}

func TestVerificationPage(t *testing.T) {
	p, _ := verifying(t)
	site := httptest.NewServer(p.bureau)
	t.Cleanup(site.Close)
	p.upload("<XZBA>" + documented(1, "310101199003070035", "a.example") + "</XZBA>")
	c := p.bureau.SentCodes()[0]
	read := func(r *http.Response, err error) string {
		t.Helper()
		require.NoError(t, err)
		defer r.Body.Close()
		content, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		return string(content)
	}
	require.Contains(t, read(http.Get(site.URL+"/verify")), c.Code)
	require.Contains(t, read(http.Get(site.URL+"/")), "等待短信核验")
	answer := read(http.PostForm(site.URL+"/verify", url.Values{"code": {c.Code}, "mobile": {c.Mobile}, "document": {c.Last}}))
	require.Contains(t, answer, bureau.VerifiedAll)
}
