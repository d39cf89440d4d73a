package help_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// outdated are statements of the procedure of 2005, or of the years since, that are no longer true, with what is.
// Whatever customers and operators read is searched for them.
var outdated = []struct{ pattern, today string }{
	{`(必须|须|要求|需要)(填写|提供)?备案密码[^，。；]*(必填|才能)|必须提供备案密码|、备案密码(，|、|和)|和备案密码。|用.{0,12}和备案密码办理`,
		"filing passwords are abolished; enter one only where a bureau still asks"},
	{`新增接入\]\([^)]*\)：必须填|忘记了可在管局网站找回。`, "filing passwords are abolished"},
	{`(?i)requires? the .{0,20}filing password|number and (the )?filing password\.|recover it on the bureau's site\.`,
		"filing passwords are abolished; enter one only where a bureau still asks"},
	{`部分省.{0,8}(核验短信|短信核验)|有的省.{0,6}(核验短信|短信核验)`, "the ministry verifies filings of every province by SMS"},
	{`(?i)some (provinces|bureaus) (also )?send .{0,30}SMS`, "the ministry verifies filings of every province by SMS"},
	{`一个网站备案可以有多个域名|可用 \*\.|可以写 .?\*\.|绑定在空间上的域名都要写|漏写的域名|增减域名`, "one site, one domain"},
	{`(?i)several, if they open the same site|write .?\*\.|list every domain|a domain that you leave out`, "one site, one domain"},
	{`行：域名格式不对，应如 www|(?i)line \{\{.line}}: wrong format, should be like www`, "www is a host below the filed domain"},
	{`管局审核时发现网站能打开、内容又与填写不符`, "a site stays closed until it is approved, whatever it shows"},
	{`(?i)if the bureau finds it open with content`, "a site stays closed until it is approved, whatever it shows"},
	{`网站可以打开，内容与备案不符`, "a site stays closed until it is approved, whatever it shows"},
	{`从事新闻、出版、教育、医疗保健`, "education, health care and bulletin boards need no pre-approval any more"},
	{`(?i)news, publishing, education, health care`, "education, health care and bulletin boards need no pre-approval any more"},
	{`现在多数(管局)?(只给备案号，不再发|已不再发放。管局)`, "the ministry's system offers no certificate any more"},
	{`(?i)certificates? (file )?(is|are) (required|mandatory)|must (install|upload) the certificate|必须(安装|上传)证书文件`,
		"a filing without a certificate is complete"},
	{`军队`, "the nature is 国防机构"},
	{`(?i)\barm(y|ies)\b|military unit`, "the nature is a defence body"},
	{`(?i)within (10|15|30) working days`, "bureaus have 20 working days"},
	{`(10|15|30|十|十五|三十)个工作日内(给出结果|审核)`, "bureaus have 20 working days"},
	{`(立即|马上|当天)就?能?在公开查询(里|中)?查到`, "the public query lags one to two days"},
}

func TestNoTextContradictsTodaysProcedure(t *testing.T) {
	texts := map[string]string{}
	read := func(pattern string) {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, name := range files {
			content, err := os.ReadFile(name)
			require.NoError(t, err)
			texts[name] = string(content)
		}
	}
	for _, pattern := range []string{"content/*/*.md", "../locale/*.json", "../message/texts/*.tmpl", "../rules/data/texts.tsv",
		"../filing/data/sendbacks.tsv", "../../docs/*.md", "../../docs/zh-CN/*.md", "../../README*.md"} {
		read(pattern)
	}
	for _, o := range outdated {
		form := regexp.MustCompile(o.pattern)
		for name, text := range texts {
			for i, line := range strings.Split(text, "\n") {
				if found := form.FindString(line); found != "" {
					t.Errorf("%s:%d says %q; today: %s", name, i+1, found, o.today)
				}
			}
		}
	}
}

// The list above finds what the texts used to say.
func TestOutdatedStatementsAreFound(t *testing.T) {
	for _, text := range []string{
		"要填网站备案号（带序号）、备案密码，以及域名", "需要网站备案号和备案密码。", "注销主体必须提供备案密码，我们只把它交给管局核对。",
		"Deregistering a holder requires the filing password", "Choose a new site, with the holder's number and filing password.",
		"部分省会发核验短信，要按时填写。", "Some provinces send an SMS verification that must be answered in time.",
		"Some provinces also send you their own **SMS verification**", "一个网站备案可以有多个域名", "Several, if they open the same site.",
		"一行一个，绑定在空间上的域名都要写，可用 *.example.com。", "for many subdomains write `*.example.com`",
		"从事新闻、出版、教育、医疗保健、药品和医疗器械等互联网信息服务", "现在多数管局只给备案号，不再发电子证书", "管局审核时发现网站能打开、内容又与填写不符，会退回",
	} {
		found := false
		for _, o := range outdated {
			found = found || regexp.MustCompile(o.pattern).MatchString(text)
		}
		require.True(t, found, text)
	}
}

// A page with facts that vary says of when it is, in both languages.
func TestPagesAreDated(t *testing.T) {
	for lang, form := range map[string]string{"zh": `截至 20\d\d 年 \d+ 月`, "en": `As of \w+ 20\d\d`} {
		for _, page := range []string{"10-process", "20-fields", "25-papers", "30-refusals", "35-precheck", "40-passwords",
			"50-kinds", "60-approved", "70-questions", "80-law"} {
			content, err := os.ReadFile(filepath.Join("content", lang, page+".md"))
			require.NoError(t, err)
			head, _, _ := strings.Cut(string(content), "\n## ")
			require.Regexp(t, form, head, "%s %s", lang, page)
		}
	}
}

// An old rule is quoted with its edition.
func TestTheLawNamesItsEditions(t *testing.T) {
	for lang, wanted := range map[string][]string{
		"zh": {"信息产业部令第33号", "工业和信息化部令第68号", "2024年1月18日", "国务院令第292号", "工信管函〔2019〕633号", "互联网政务应用安全管理规定"},
		"en": {"Order 33", "Order 68", "18 January 2024", "Order 292", "工信管函〔2019〕633号", "互联网政务应用安全管理规定"},
	} {
		content, err := os.ReadFile(filepath.Join("content", lang, "80-law.md"))
		require.NoError(t, err)
		for _, text := range wanted {
			require.Contains(t, string(content), text, lang)
		}
	}
}
