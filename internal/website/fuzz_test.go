package website_test

import (
	"testing"

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
