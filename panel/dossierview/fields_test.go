package dossierview

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/panel/web"
)

// What a form shows of a dossier is read back as it was.
func TestFormsReadWhatTheyShow(t *testing.T) {
	d := filingtest.Dossier()
	var holder filing.Holder
	web.ReadFields(HolderFields(&holder), HolderValues(d.Holder))
	require.Equal(t, d.Holder, holder)
	var site filing.Site
	web.ReadFields(siteFields(&site), SiteValues(d.Site))
	require.Equal(t, d.Site.Domains, site.Domains)
	require.Equal(t, d.Site.Languages, site.Languages)
	require.Equal(t, d.Site.AccessMode, site.AccessMode)
}

// Every field that a reason for sending back, or a result code, is about is on a form.
func TestReasonsAreAboutFields(t *testing.T) {
	has := func(form, field string) bool {
		for _, f := range FormFields(new(filing.Dossier), form) {
			if f.Name == field {
				return true
			}
		}
		return form == "" || form == filing.FormPapers
	}
	for _, r := range filing.SendBackReasons() {
		require.True(t, has(r.Form, r.Field), "%s: %s", r.Key, r.About())
	}
	for _, r := range filing.Refusals() {
		require.True(t, has(r.Form, r.Field), "%d: %s.%s", r.Code, r.Form, r.Field)
	}
}

// pasted are characters that come along with pasted text: zero-width ones, marks of the writing direction, controls.
const pasted = "\u202d\u200b\ufeff\u2060\x00\x08"

// disguise writes a text with what nobody sees around and within it, with other spaces, and in full width.
func disguise(text string) string {
	var b strings.Builder
	b.WriteString("\u00a0\u3000\t" + pasted)
	for _, r := range text {
		switch {
		case r == ' ':
			r = '\u00a0'
		case r > ' ' && r <= '~':
			r += 0xFEE0
		}
		b.WriteString(string(r) + pasted)
	}
	return b.String() + "\u202c\u2003"
}

// Every text of every form is the same however it was typed or pasted. The fields come from the forms' tables, so that
// a new one is tested too.
func TestEveryFieldIsNormalised(t *testing.T) {
	v := &View{Kit: &web.Kit{}}
	example := filingtest.TwoManagers(filingtest.Dossier())
	example.Site.Remark = "备注：第一行\n第二行"
	example.Site.PreApprovals, example.Site.ApprovalNumbers = []int{3}, map[int]string{3: "沪教 2026-1 号"}
	example.OwnershipProof = filing.OwnershipProof{Number: "沪ICP备2026000001号-1", Password: "abc123"}
	example.Ending = filing.Ending{Reason: 1, Note: "不再使用"}
	for _, form := range []string{filing.FormHolder, filing.FormSite, filing.FormOwnership, filing.FormEnding,
		filing.FormPapers} {
		values := valuesOf(example, form)
		if form == filing.FormPapers {
			values = approvalValues(example.Site)
		}
		read := func(typed url.Values) url.Values {
			d := filing.Dossier{Kind: filing.KindNewAccess, PasswordPolicy: filing.PasswordRequired,
				Site: filing.Site{PreApprovals: []int{3}}}
			v.Fill(&d, form, typed)
			if form == filing.FormPapers {
				return approvalValues(d.Site)
			}
			return valuesOf(d, form)
		}
		plain := read(values)
		for name, list := range values {
			if len(list) == 0 || list[0] == "" || name == "provider" || name == "ip_only" || name == "manager_other" || name == "dynamic_ip" {
				continue // chosen or given, not typed
			}
			if name == "password" { // only the bureau knows whether width matters in it
				list = []string{pasted + list[0] + pasted}
			}
			typed := url.Values{}
			for other, values := range values {
				typed[other] = values
			}
			typed[name] = nil
			for _, value := range list {
				if name != "password" {
					value = disguise(value)
				}
				typed[name] = append(typed[name], value)
			}
			require.Equal(t, plain[name], read(typed)[name], "%s.%s", form, name)
			require.NotEmpty(t, plain[name], "%s.%s", form, name)
		}
	}
	contact := web.ContactValues(filingtest.Contact())
	for name := range contact {
		typed := url.Values{}
		for other, values := range contact {
			typed[other] = values
		}
		typed.Set(name, disguise(contact.Get(name)))
		require.Equal(t, contact, web.ContactValues(web.ContactOf(typed)), name)
	}
}
