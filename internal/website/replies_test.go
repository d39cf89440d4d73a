package website_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/website"
)

// What servers say, by their sources and manuals, and what customers or staff are told to mend.
func TestRepliesOfFTPServers(t *testing.T) {
	for reason, replies := range map[string][]struct {
		step string
		code int
		text string
	}{
		"busy": {
			{"connect", 421, "There are too many connected users, please try later."},
			{"connect", 421, "There are too many connections from your internet address."},
			{"login", 530, "Sorry, the maximum number of clients (10) for this user are already connected."},
			{"connect", 421, "50 users (the maximum) are already logged in, sorry"},
			{"login", 530, "Sorry, max number of connections exceeded"},
			{"login", 530, "maximum allowed clients reached"},
			{"login", 530, "this account is already connected"},
			{"login", 530, "user already logged in"},
			{"login", 530, "Connection limit reached."},
			{"login", 530, "User limit reached"},
			{"login", 530, "2 connections from this host"},
			{"login", 530, "Please try again later"},
			{"login", 530, "已超过最大连接数"},
			{"login", 530, "连接过多"},
			{"login", 530, "在线人数已满"},
			{"connect", 530, "Too many users logged in, closing control connection"},
			{"upload", 421, "Timeout."},
			{"list", 421, "Service not available"},
		},
		"tls_needed": {
			{"login", 530, "Non-anonymous sessions must use encryption."},
			{"login", 421, "Sorry, cleartext sessions and weak ciphers are not accepted on this server."},
			{"login", 550, "SSL/TLS required on the control channel"},
			{"login", 530, "SSL required"},
			{"login", 530, "Policy requires SSL."},
			{"login", 530, "This server requires TLS"},
			{"login", 530, "The server requires secure connections"},
			{"login", 503, "Use AUTH first."},
			{"login", 530, "please use TLS"},
			{"login", 530, "please use explicit FTP"},
			{"login", 530, "Encryption required"},
			{"login", 530, "user requires encryption"},
			{"login", 534, "no"},
		},
		"tls_data": {
			{"upload", 522, "SSL connection failed; session reuse required: see require_ssl_reuse option in vsftpd.conf man page"},
			{"read", 425, "TLS session of data connection not resumed."},
			{"read", 425, "session resumption is required"},
			{"upload", 425, "you must reuse required"},
			{"upload", 521, "Data connection cannot be opened with this PROT setting."},
			{"upload", 522, "Data connections must be encrypted."},
			{"upload", 522, "SSL/TLS required on the data channel"},
			{"upload", 533, "no"}, {"upload", 536, "no"}, {"login", 521, "no"}, {"login", 522, "no"},
		},
		"quota": {
			{"upload", 552, "no"}, {"upload", 452, "no"},
			{"upload", 451, "Disk full - please upload later"},
			{"upload", 550, "the disk is full"},
			{"upload", 451, "No space left on device"},
			{"upload", 550, "There is not enough space on the disk."},
			{"upload", 451, "space left: 0"},
			{"upload", 451, "Insufficient storage"},
			{"upload", 550, "not enough disk quota"},
			{"upload", 550, "Not enough disk"},
			{"upload", 426, "Transfer aborted. Disc quota exceeded"},
			{"upload", 553, "out of space"},
			{"upload", 553, "Exceeded storage allocation"},
			{"upload", 426, "Failure writing to local file."},
			{"upload", 451, "Error during write to file"},
			{"upload", 550, "空间不足"}, {"upload", 550, "空间已满"}, {"upload", 550, "磁盘已满"},
			{"upload", 550, "磁盘空间"}, {"upload", 550, "超出配额"},
		},
		"account": {
			{"login", 500, "OOPS: cannot change directory:/home/u"},
			{"login", 500, "OOPS: vsftpd: refusing to run with writable root inside chroot()"},
			{"login", 530, "Home directory not available - aborting"},
			{"login", 530, "Account disabled"}, {"login", 530, "Account expired"}, {"login", 530, "Account suspended"},
			{"login", 530, "Account is locked"}, {"login", 530, "You are not allowed to log in"},
			{"login", 530, "You have no permission to log in"}, {"login", 530, "User u access denied"},
			{"login", 530, "账号已停用"}, {"login", 530, "空间已过期"}, {"login", 530, "空间到期"}, {"login", 530, "账号冻结"},
		},
		"login": {
			{"login", 530, "Login incorrect."}, {"login", 430, "no"}, {"login", 331, "no"}, {"login", 332, "no"},
			{"login", 531, "no"}, {"login", 532, "no"}, {"connect", 530, "no"},
		},
		"data_connection": {{"upload", 425, "Can't open data connection."}, {"list", 425, "no"}},
		"directory_missing": {
			{"directory", 550, "Failed to change directory."}, {"directory", 553, "no"}, {"directory", 501, "no"},
			{"directory", 431, "no"},
		},
		"listing": {
			{"list", 450, "no"}, {"list", 500, "no"}, {"list", 502, "no"}, {"list", 504, "no"}, {"list", 530, "no"},
			{"list", 550, "no"}, {"list", 553, "no"},
		},
		"refused": {
			{"directory", 550, "Permission denied."}, {"directory", 550, "Access is denied."},
			{"directory", 550, "Access denied"}, {"directory", 550, "Operation not permitted"},
			{"upload", 530, "no"}, {"upload", 532, "no"}, {"upload", 550, "no"}, {"rename", 553, "no"},
			{"read", 550, "no"}, {"upload", 451, "Permission denied"}, {"upload", 451, "not permitted"},
			{"upload", 451, "Read-only file system"},
			{"upload", 500, "no"}, {"rename", 501, "no"}, {"rename", 502, "no"}, {"upload", 504, "no"},
		},
		"unreachable": {{"upload", 400, "no"}, {"upload", 451, "no"}, {"upload", 426, "no"},
			{"upload", 426, "Permission denied"}, {"login", 499, "no"}},
		"protocol": {{"read", 500, "no"}, {"read", 502, "no"}, {"login", 500, "no"}, {"upload", 399, "no"},
			{"upload", 554, "no"}, {"read", 504, "no"}},
	} {
		for _, r := range replies {
			require.Equal(t, reason, website.ReplyReason(r.step, r.code, r.text), "%s: %d %s", r.step, r.code, r.text)
		}
	}
}

// SFTP's statuses: of version 3, and those of later versions that servers send all the same.
func TestStatusesOfSFTPServers(t *testing.T) {
	for _, c := range []struct {
		step    string
		status  uint32
		writing bool
		reason  string
	}{
		{"upload", 4, true, "quota"}, {"upload", 4, false, "refused"}, {"upload", 14, false, "quota"},
		{"upload", 15, false, "quota"}, {"list", 14, false, "quota"},
		{"directory", 2, false, "directory_missing"}, {"directory", 3, false, "refused"}, {"upload", 2, false, "refused"},
		{"upload", 3, false, "refused"}, {"rename", 4, false, "refused"}, {"rename", 8, false, "refused"},
		{"upload", 12, false, "refused"}, {"upload", 6, false, "unreachable"}, {"list", 7, false, "unreachable"},
		{"list", 3, false, "listing"}, {"list", 4, false, "listing"}, {"upload", 5, false, "protocol"},
		{"upload", 13, false, "protocol"},
	} {
		require.Equal(t, c.reason, website.StatusReason(c.step, c.status, c.writing), c)
	}
}

// Who is asked to mend each trouble, and which are tried again without asking.
func TestTroublesOfWebSpacesAreWhoeversFaultTheyAre(t *testing.T) {
	want := map[string]struct {
		fault     website.Fault
		permanent bool
	}{}
	for fault, reasons := range map[website.Fault]map[string]bool{
		website.FaultCustomer: {"login": true, "account": true, "directory_missing": true, "quota": true, "refused": true,
			"listing": true},
		website.FaultProvider: {"host_key": true, "reserved": true, "tls": false, "tls_old": true, "tls_untrusted": true,
			"tls_refused": true, "tls_needed": true, "tls_data": true, "protocol": false},
		website.FaultWait: {"host_unknown": false, "data_connection": false, "busy": false, "unreachable": false},
	} {
		for reason, permanent := range reasons {
			want[reason] = struct {
				fault     website.Fault
				permanent bool
			}{fault, permanent}
		}
	}
	require.Len(t, website.Reasons, len(want))
	for reason, w := range want {
		require.Equal(t, w.fault, website.Reasons[reason], reason)
		require.Equal(t, w.permanent, (&website.Error{Reason: reason}).Permanent(), reason)
	}
	require.EqualError(t, &website.Error{Step: "upload", Reason: "quota", Code: 552},
		"web space: upload failed: quota (552)")
}

func TestUsualPorts(t *testing.T) {
	for protocol, port := range map[string]int{website.FTP: 21, website.FTPSExplicit: 21, website.FTPSImplicit: 990,
		website.SFTP: 22} {
		require.Contains(t, website.Protocols, protocol)
		require.Equal(t, port, website.DefaultPort(protocol))
	}
	require.Len(t, website.Protocols, 4)
	err := website.Install(t.Context(), website.Space{Protocol: "http"}, website.Policy{}, path, nil)
	require.ErrorIs(t, err, website.ErrProtocol)
}

// Systems that would overwrite what we put on their pages are recognised by a page or by what lies next to it.
func TestSystemsAreRecognised(t *testing.T) {
	for system, marks := range map[string][][2]string{
		website.SystemWordPress: {{`<link href="/wp-content/a.css">`}, {`<script src="/wp-includes/a.js">`},
			{`<meta name="generator" content="WORDPRESS 6.5">`}, {"", "wp-config.php"}, {"", "wp-includes"}},
		website.SystemDiscuz: {{"Powered by Discuz!"}, {"var discuz_uid = '0'"}, {`content="Discuz! X3.4"`}, {"", "uc_server"}},
		website.SystemDede: {{"Powered by DedeCMS"}, {`src="/templets/default/a.js"`}, {`action="/plus/search.php"`},
			{"", "templets"}, {"", "dede"}},
		website.SystemEmpire:  {{"EmpireCMS"}, {`action="/e/search/index.php"`}, {`href="/e/member/login"`}},
		website.SystemPHPCMS:  {{`src="/phpcms/a.js"`}, {"index.php?m=content&c=index"}, {"", "phpcms"}},
		website.SystemZBlog:   {{`src="/zb_users/a.js"`}, {`content="Z-BlogPHP 1.7"`}, {"", "zb_users"}},
		website.SystemTypecho: {{`href="/usr/themes/a.css"`}, {`content="Typecho 1.2"`}},
		"":                    {{"<p>WordPress, Discuz and Z-Blog are systems</p>", "blog"}},
	} {
		if system != "" {
			require.Contains(t, website.Systems, system)
		}
		for _, m := range marks {
			require.Equal(t, system, website.SystemOf([]byte(m[0]), []string{"index.html", m[1]}), m)
		}
	}
	require.Len(t, website.Systems, 7)
}

// Texts in one line may be parts of one number, and those in blocks aren't; what browsers don't show doesn't count.
func TestElementsAreReadAsBrowsersShowThem(t *testing.T) {
	const number, begin, end = "沪ICP备2026000001号-12", "沪ICP备2026000001号-1", "2"
	shows := func(page string) bool {
		shown, _ := website.FindNumber([]byte(page), "text/html; charset=utf-8", number, targets)
		return shown
	}
	for _, block := range []string{"address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd",
		"details", "div", "dl", "dt", "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
		"hr", "html", "li", "main", "marquee", "menu", "nav", "ol", "option", "p", "pre", "section", "select", "summary",
		"table", "tbody", "td", "textarea", "tfoot", "th", "thead", "tr", "ul"} {
		require.False(t, shows(begin+"<"+block+">"+end), "<%s> begins a line", block)
	}
	for _, inline := range []string{"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "span", "strike",
		"strong", "tt", "u", "label", "wbr"} {
		require.True(t, shows(begin+"<"+inline+">"+end), "<%s> is inside a line", inline)
		require.True(t, shows("<div hidden><"+inline+">x</div></"+inline+">"+number), "<%s> ends nothing else", inline)
	}
	for _, unseen := range []string{"iframe", "noembed", "noframes", "noscript", "script", "style", "template",
		"title"} {
		require.False(t, shows("<"+unseen+">"+number+"</"+unseen+">"), "<%s> isn't shown", unseen)
		require.True(t, shows("<"+unseen+">x</"+unseen+">"+number), "<%s> ends", unseen)
	}
	for _, void := range []string{"area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input",
		"link", "meta", "param", "source", "track", "wbr"} {
		require.True(t, shows("<"+void+" hidden>"+number), "<%s> has no end", void)
	}
	for name, c := range map[string]struct {
		page  string
		shown bool
	}{
		"no tag ends the head":          {"<head><title>x</title><meta name=a><link><base><style>x</style><script>x</script><div>" + number, true},
		"text ends the head":            {"<head><title>x</title>" + number, true},
		"the next item":                 {"<ul><li hidden>x<li>" + number + "</ul>", true},
		"the next term":                 {"<dl><dt hidden>x<dd>" + number + "</dl>", true},
		"the next description":          {"<dl><dd hidden>x<dt>" + number + "</dl>", true},
		"the next cell":                 {"<table><tr><td hidden>x<td>" + number, true},
		"the next heading":              {"<table><tr><td hidden>x<th>" + number, true},
		"a cell after a heading":        {"<table><tr><th hidden>x<td>" + number, true},
		"the next row":                  {"<table><tr><td hidden>x<tr><td>" + number, true},
		"a row after a hidden one":      {"<table><tr hidden><td>x<tr><td>" + number, true},
		"the next option":               {"<select><option hidden>x<option>" + number, true},
		"the next paragraph":            {"<p hidden>x<p>" + number, true},
		"a block ends a paragraph":      {"<p hidden>x<div>" + number, true},
		"a line break ends none":        {"<p hidden>x<br>" + number, false},
		"the next link":                 {"<a hidden>x<a>" + number, true},
		"inside a hidden one":           {"<div hidden><b><i>" + number + "</i></b></div>", false},
		"after a hidden one":            {"<div hidden><p>x</div>" + number, true},
		"a visible one in a hidden one": {"<div style='VISIBILITY : hidden'><p style='color:red'>" + number, false},
		"display, none":                 {"<div style='color:red;display: None'>" + number, false},
		"the first style counts":        {"<div style='display:none' style='color:red'>" + number, false},
		"an image's words":              {"<img alt='" + number + "'>", true},
		"a hidden image's words":        {"<img hidden alt='" + number + "'>", false},
		"an image in a hidden one":      {"<p hidden><img alt='" + number + "'>", false},
		"a field's words":               {"<input alt='" + number + "'>", false},
		"an end without a beginning":    {"</div></p>" + number, true},
		"what can't be seen":            {"沪ICP备\u200b2026000001\u00ad号-12", true},
		"other dashes":                  {"沪ICP备2026000001号－12 ", true},
		"a minus sign":                  {"沪ICP备2026000001号−12", true},
		"a drawn line":                  {"沪ICP备2026000001号─12", true},
		"a heavy line":                  {"沪ICP备2026000001号━12", true},
		"a long dash":                   {"沪ICP备2026000001号—12", true},
		"small letters":                 {"沪icp备2026000001号-12", true},
	} {
		require.Equal(t, c.shown, shows(c.page), name)
	}
}

// A number's link is the one that it stands in, wherever that ends.
func TestLinkIsTheOneAroundTheNumber(t *testing.T) {
	href := `<a href="` + targets[0] + `">`
	for page, linked := range map[string]bool{
		href + number:                        true,
		href + "x</a>" + number:              false,
		number + href + "x</a>":              false,
		href + "x<a>" + number:               false,
		"<a>x" + href + number:               true,
		"沪ICP备2026" + href + "000001号</a>-1": true,
		`<a href="https://example.com/" href="` + targets[0] + `">` + number: false,
		`<a href="` + targets[0] + `" href="https://example.com/">` + number: true,
		`<a href=" ` + targets[0] + ` ">` + number:                           true,
		`<a href="http://[">` + number:                                       false,
		`<a href="/beian.miit.gov.cn">` + number:                             false,
		`<a href="HTTPS://WWW.beian.miit.gov.cn:443/x">` + number:            true,
	} {
		shown, got := website.FindNumber([]byte(page), "text/html; charset=utf-8", number, targets)
		require.True(t, shown, page)
		require.Equal(t, linked, got, page)
	}
}

// The owner of a site learns what was seen, where, and what should be there.
func TestFindingsNameWhatWasSeen(t *testing.T) {
	const home = "http://www.example.com/"
	for body, want := range map[string]website.Finding{
		"x":                                 {Kind: website.NumberMissing, Args: map[string]any{"url": home, "number": number}},
		number:                              {Kind: website.LinkMissing, Args: map[string]any{"url": home, "number": number, "target": targets[0]}},
		"<frameset><frame src=a>":           {Kind: website.NumberFramed, Args: map[string]any{"url": home, "number": number}},
		"<iframe>":                          {Kind: website.NumberMissing, Args: map[string]any{"url": home, "number": number}},
		website.Snippet(number, targets[0]): {OK: true, Kind: website.Seen, Args: map[string]any{"url": home}},
	} {
		f := checker(t, func(w http.ResponseWriter, r *http.Request) {
			require.Equal(t, "Beian/1 (+ICP filing check)", r.Header.Get("User-Agent"))
			_, _ = w.Write([]byte(body))
		}).CheckHomePage(t.Context(), home, number, targets)
		require.Equal(t, want, f)
	}
}
