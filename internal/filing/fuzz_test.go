package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/textnorm"
)

// A number that is read is read again as the same.
func FuzzParseNumber(f *testing.F) {
	for _, seed := range []string{"备案号：沪ICP备2023012345号-1", "粤B2-20090059-18A", "京ICP證030173號", "沪公网安备31010102000001号"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := filing.ParseNumber(text); err == nil {
			again, err := filing.ParseNumber(n.String())
			require.NoError(t, err)
			require.Equal(t, n, again)
			require.Empty(t, textnorm.Unpermitted(n.String()))
		}
		if n, err := filing.ParsePoliceNumber(text); err == nil {
			again, err := filing.ParsePoliceNumber(n.String())
			require.NoError(t, err)
			require.Equal(t, n, again)
		}
		filing.NumbersIn([]byte(text))
	})
}

// Whatever is typed into a form, what the form accepts is in its normal form and fits in a data file.
func FuzzForms(f *testing.F) {
	f.Add("林测试", 2)
	f.Add("310101199003070035", 2)
	f.Add("91310101MA1FP0000H", 1)
	f.Add("zhang@例子.中国", 12)
	f.Add("021——55550123转8", 7)
	f.Add("a\u202d\x0b€䶮", 30)
	f.Fuzz(func(t *testing.T, text string, document int) {
		if document == 0 {
			return // no type is chosen yet, so that its number isn't looked at
		}
		h, s := filingtest.CompanyHolder(), filingtest.Site("www.example.com", "192.0.2.1")
		h.Name, h.DocumentType, h.DocumentNumber, h.Address, h.Superior = text, document, text, text, text
		m := &h.Manager
		m.Name, m.DocumentType, m.DocumentNumber, m.OfficePhone, m.Mobile, m.Email = text, document, text, text, text, text
		s.Name, s.HomePage, s.Remark, s.Domains, s.IPs = text, text, text, filing.ParseLines(text), filing.ParseLines(text)
		h.Normalise()
		s.Normalise()
		again := h
		again.Normalise()
		problems := h.Validate(filing.BuiltIn())
		if len(problems) == 0 {
			require.Equal(t, h, again)
		}
		for field, value := range map[string]string{"name": h.Name, "document_number": h.DocumentNumber, "address": h.Address,
			"manager_name": m.Name, "manager_document_number": m.DocumentNumber, "manager_office_phone": m.OfficePhone,
			"manager_mobile": m.Mobile, "manager_email": m.Email} {
			if problems.For(field) == nil {
				require.Empty(t, textnorm.Unpermitted(value), field)
			}
		}
		problems = s.Validate(filing.BuiltIn())
		for field, value := range map[string]string{"name": s.Name, "home_page": s.HomePage, "remark": s.Remark} {
			if problems.For(field) == nil {
				require.Empty(t, textnorm.Unpermitted(value), field)
			}
		}
	})
}
