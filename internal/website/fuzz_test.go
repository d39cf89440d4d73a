package website_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/beian/beian/internal/simulate/scripted"
	"github.com/beian/beian/internal/website"
)

// Any page is read to its end, and edited only by insertion.
func FuzzPages(f *testing.F) {
	f.Add([]byte(`<html><body><p>© 2026</p></body></html>`), "text/html; charset=gbk")
	f.Add([]byte(`<a href="http://beian.miit.gov.cn/">沪ICP备2026000001号-1</a> 2007-2016<frameset><script>`), "text/html")
	f.Add([]byte("\xff\xfe<\x00h\x00"), "")
	lines := website.FootLines("沪ICP备2026000001号-1", "", []string{"https://beian.miit.gov.cn/"}, "", "")
	f.Fuzz(func(t *testing.T, page []byte, contentType string) {
		website.FindNumber(page, contentType, "沪ICP备2026000001号-1", []string{"https://beian.miit.gov.cn/"})
		website.PageText(page)
		website.Foot(page, 3)
		edited, _, err := website.PutFooter(page, contentType, lines)
		if err == nil && len(edited) <= len(page) {
			t.Fatal("nothing was inserted")
		}
	})
}

func FuzzParseHostKey(f *testing.F) {
	f.Add("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==")
	f.Fuzz(func(_ *testing.T, line string) {
		_, _ = website.ParseHostKey(line)
	})
}

// Whatever a web space answers, an installation ends with a reason that somebody can act on, and quotes nothing.
func FuzzFTPReplies(f *testing.F) {
	ftp := func(replies ...string) { f.Add([]byte(strings.Join(replies, "\x00"))) }
	ftp("220 hello\r\n", "502 no TLS\r\n", "331 password\r\n", "230 in\r\n", "211-Features:\r\n UTF8\r\n211 End\r\n",
		"200 I\r\n", "250 there\r\n", "257 \"/htdocs\"\r\n", "229 Entering (|||1|)\r\n", "227 Entering (127,0,0,1,0,1)\r\n", "550 no\r\n")
	ftp("220-hello\r\n220 again\r\n", "234 go on\r\n", "not TLS")
	ftp("421 too many\r\n")
	ftp("220 x\r\n", "530 secret wrong\r\n")
	ftp("999999999999999999999 \r\n")
	ftp("220-never ends\r\n", "")
	f.Fuzz(func(t *testing.T, replies []byte) {
		s, err := scripted.Listen(replies, true)
		if err != nil {
			t.Skip(err)
		}
		defer s.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err = website.Install(ctx, website.Space{Protocol: website.FTP, Host: "127.0.0.1", Port: s.Port(), User: "mallory",
			Password: "secret", DocumentRoot: "/htdocs"},
			website.Policy{Dialer: net.Dialer{Control: scripted.OnlyLoopback}}, "bazu.cert", []byte("certificate"))
		var e *website.Error
		var u *website.Unfit
		switch {
		case err == nil, errors.As(err, &u), ctx.Err() != nil:
		case !errors.As(err, &e):
			t.Fatalf("no reason: %v", err)
		case website.Reasons[e.Reason] == "":
			t.Fatalf("unknown reason %q", e.Reason)
		}
		if err != nil && (strings.Contains(err.Error(), "mallory") || strings.Contains(err.Error(), "secret")) {
			t.Fatalf("it tells the password: %v", err)
		}
	})
}
