package filing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

// The tables of the domain, written a second time: each entry is a promise that a typing error breaks.

func TestStagesAreEnteredByTheirEvents(t *testing.T) {
	want := map[filing.EventKind]filing.Stage{
		"opened": "contact", "contact_given": "verifying", "verified": "preparing", "follow_up_opened": "preparing",
		"site_opened": "preparing", "returned_together": "correcting",
		"submitted": "vetting", "submitting": "submitting", "accepted": "reviewing", "refused": "correcting",
		"sent_back": "correcting", "approved": "installing", "register_installing": "installing", "filed": "filed",
		"ended": "deregistered", "deregistered": "deregistered", "taken_off": "deregistered", "withdrawn": "withdrawn",
	}
	require.Len(t, filing.StageKinds(), len(want))
	require.True(t, slices.IsSorted(filing.StageKinds()))
	for kind, stage := range want {
		got, ok := filing.StageEntered(kind)
		require.True(t, ok, kind)
		require.Equal(t, stage, got, kind)
	}
	_, ok := filing.StageEntered(filing.EventStuck)
	require.False(t, ok, "it stays in its stage")
}

func TestWhatStagesAllow(t *testing.T) {
	require.Equal(t, []filing.Stage{"contact", "verifying", "preparing", "vetting", "submitting", "reviewing", "correcting",
		"installing", "filed", "withdrawn", "deregistered"}, filing.Stages)
	require.Equal(t, filing.Stages[:9], filing.OrderStages, "what is over belongs to no order")
	for _, s := range filing.Stages {
		require.Equal(t, slices.Contains([]filing.Stage{"filed", "withdrawn", "deregistered"}, s), s.Final(), s)
		require.Equal(t, slices.Contains([]filing.Stage{"contact", "verifying", "preparing", "vetting", "correcting"}, s),
			s.Withdrawable(), s)
		require.Equal(t, s.Withdrawable(), filing.KindNew.Withdrawable(s), s)
		require.Equal(t, s.Withdrawable() || s == filing.Installing, filing.KindRegister.Withdrawable(s), s)
	}
	require.Equal(t, []filing.OrderState{"none", "yours", "under_way", "filed"}, filing.OrderStates)
	require.Equal(t, []filing.Attention{"sms_recipient", "mail_recipient", "sent_back", "refused", "refused_ours",
		"sms_verification", "sms_verification_expired", "sms_verification_returned", "returned_together",
		"footer_missing", "certificate_missing", "install_by_hand"},
		filing.Attentions)
}

// Each kind: Czlx, claims, ends, password, certificate, its forms; and F follows up, R registers.
func TestEachKindsSpec(t *testing.T) {
	var got []string
	for _, s := range filing.KindSpecs {
		var forms []string
		for _, f := range s.Forms {
			forms = append(forms, f.Name+fmt.Sprintf("%d", len(f.Fields)))
		}
		mark := func(is bool, sign string) string { return map[bool]string{true: sign}[is] }
		got = append(got, fmt.Sprintf("%s %d %s %s %s", s.Kind, s.Operation, string(s.Claims)+"/"+string(s.Ends),
			mark(s.FollowsUp, "F")+mark(s.Registers, "R")+mark(s.NeedsPassword, "P"),
			strings.Join(forms, ",")))
		require.NotEmpty(t, s.Name.Chinese, s.Kind)
		require.NotEmpty(t, s.Name.English, s.Kind)
	}
	require.Equal(t, []string{
		"new 1 /  holder0,site0,papers0",
		"new_site 2 holder/ P ownership0,holder7,site0,papers0",
		"new_access 3 site/ P ownership0,site6,papers0",
		"change 4 / F holder0,site0,papers0,ownership1",
		"cancel_access 5 /access F ending0,ownership1",
		"end_site 7 /site F ending0,ownership1",
		"end_holder 6 /holder FP ending0,ownership1",
		"register 0 / R holder0,site0,papers0",
	}, got)
	require.Equal(t, []filing.Kind{"new", "new_site", "new_access"}, filing.Beginnings)
	require.Equal(t, []filing.Kind{"change", "cancel_access", "end_site", "end_holder"}, filing.FollowUps)
	for kind, alike := range map[filing.Kind][]int{"new": {1, 2, 3}, "new_access": {1, 2, 3}, "change": {4},
		"cancel_access": {5, 7, 6}, "end_site": {5, 7, 6}, "end_holder": {5, 7, 6}} {
		require.Equal(t, alike, kind.ReviewedAlike(), kind)
	}
	require.Empty(t, filing.KindOfOperation(0))
	require.Empty(t, filing.KindOfOperation(8))
	for _, field := range []string{"manager_name", "manager_document_type", "manager_document_number",
		"manager_office_phone", "manager_mobile", "manager_email"} {
		require.True(t, filing.KindNewSite.Asks(filing.FormHolder, field), field)
	}
	for _, field := range []string{"home_page", "provider", "access_mode", "server_place", "domains", "ips"} {
		require.True(t, filing.KindNewAccess.Asks(filing.FormSite, field), field)
	}
	require.False(t, filing.KindEndSite.Asks(filing.FormOwnership, "number"))
	require.False(t, filing.KindNewSite.Asks(filing.FormHolder, "name"))
}

// What identifies a holder of each nature (interface 3.0, Dwxz and Zjlx).
func TestDocumentsOfEachNature(t *testing.T) {
	for nature, want := range map[int][]int{1: {5}, 2: {9}, 3: {3, 4}, 4: {1, 12}, 5: {2, 7, 8, 11}, 6: {6, 10}} {
		var got []int
		for _, c := range filing.BuiltIn().DocumentsFor(nature) {
			got = append(got, c.ID)
		}
		require.Equal(t, want, got, nature)
	}
	tables := filing.BuiltIn()
	require.Equal(t, tables.DocumentTypes, tables.DocumentsFor(7), "the bureau must know its own natures")
	tables.DocumentTypes = []filing.Code{{ID: 7, Name: "护照"}}
	require.Equal(t, tables.DocumentTypes, tables.DocumentsFor(filing.NaturePerson), "the bureau has no others")
	require.Equal(t, []filing.Code{{ID: 5, Name: "自然人", English: "Individual"}, {ID: 77, Name: "新", English: "新"}},
		filing.Edition([]filing.Code{{ID: 5, Name: "自然人"}, {ID: 77, Name: "新"}}, filing.Natures))
}

func TestTablesAreWhole(t *testing.T) {
	tables := filing.BuiltIn()
	for name, c := range map[string]struct {
		table []filing.Code
		size  int
	}{
		"natures": {tables.Natures, 6}, "document types": {tables.DocumentTypes, 12}, "modes": {tables.AccessModes, 4},
		"places": {tables.ServerPlaces, 31}, "endings": {tables.EndingReasons, len(filing.EndingReasons)},
		"outcomes": {tables.Outcomes, len(filing.Outcomes)}, "formats": {tables.PaperFormats, len(filing.PaperFormats)},
		"uses": {tables.PaperUses, 5}, "approvals": {tables.PreApprovals, len(filing.PreApprovals)},
		"languages": {tables.Languages, len(filing.Languages)}, "services": {tables.Services, len(filing.Services)},
	} {
		require.NotEmpty(t, c.table, name)
		require.Len(t, c.table, c.size, name)
		for _, code := range c.table {
			require.True(t, code.ID > 0 && code.Name != "" && code.English != "", "%s: %v", name, code)
		}
	}
	require.Equal(t, filing.Code{ID: 9, Name: "上海市", English: "Shanghai"}, tables.ServerPlaces[8])
	require.Equal(t, filing.Code{ID: 1, Name: "国防机构", English: "Defence body"}, tables.Natures[0])
	require.Equal(t, []filing.Code{{ID: 7, Name: "文化", English: "Culture"},
		{ID: 8, Name: "广播电影电视节目", English: "Radio, film and television"}}, filing.EndedPreApprovals())
	var contents []int
	for _, c := range tables.PreApprovals {
		contents = append(contents, c.ID)
	}
	require.Equal(t, []int{1, 2, 3, 4, 5, 6, 9, 10, 11, 13, 14}, contents)
	require.Equal(t, []string{"identity_document", "business_licence", "sealed_letter", "video_call", "payment", "other"},
		filing.Proofs)
	require.Equal(t, []int{3, 15, 25}, filing.PoliceReminders)
	require.Equal(t, 30*24*time.Hour, filing.PoliceWithin)
	for _, ch := range filing.Channels {
		require.True(t, ch.Known())
		require.Contains(t, filing.Attentions, ch.Unreachable())
	}
	require.Equal(t, filing.EventCodeSMS, filing.SMS.CodeEvent())
	require.Equal(t, filing.EventCodeMail, filing.Mail.CodeEvent())
	require.False(t, filing.Channel("fax").Known())
	for state, over := range map[filing.BulkState]bool{"new": false, "running": false, "paused": false, "stopped": true,
		"done": true} {
		require.Equal(t, over, state.Over(), state)
	}
}

func TestEachRuleOfStaffsForms(t *testing.T) {
	const today = "2026-11-24"
	codes := filing.BuiltIn()
	type verification = filing.VerificationForm
	cases := limits("who", func(f *verification, s string) { f.Who = s }, 128, true)
	cases = append(cases, limits("opinion", func(f *verification, s string) { f.Opinion = s }, 1024, true)...)
	checkForm(t, func() verification {
		return verification{Who: "林核实", Day: today, Passed: "no", Opinion: "不实", Faults: "x"}
	}, func(f verification) filing.Problems { return f.Validate(today) },
		append(append(cases, limits("faults", func(f *verification, s string) { f.Faults = s }, 4000, true)...),
			[]formCase[verification]{
				{"it passed", func(f *verification) { f.Passed, f.Faults = "yes", "" }, ""},
				{"nothing chosen", func(f *verification) { f.Passed = "" }, "passed choose"},
				{"no day", func(f *verification) { f.Day = "" }, "day required"},
				{"no day of the calendar", func(f *verification) { f.Day = "2026-11-31" }, "day day_invalid"},
				{"tomorrow", func(f *verification) { f.Day = "2026-11-25" }, "day day_in_future"},
			}...))
	type outcome = filing.OutcomeForm
	checkForm(t, func() outcome {
		return outcome{Result: 2, Opinion: "已停止接入", Listed: "2026-11-01", Due: "2026-11-01", Operator: "1",
			Province: "310000"}
	}, func(f outcome) filing.Problems { return f.Validate(codes, today) },
		append(limits("opinion", func(f *outcome, s string) { f.Opinion = s }, 255, true), []formCase[outcome]{
			{"no result", func(f *outcome) { f.Result = 0 }, "result choose"},
			{"not listed", func(f *outcome) { f.Listed = "" }, "listed required"},
			{"listed tomorrow", func(f *outcome) { f.Listed, f.Due = "2026-11-25", "2026-11-26" }, "listed day_in_future"},
			{"due in the future", func(f *outcome) { f.Due = "2027-01-01" }, ""},
			{"not due", func(f *outcome) { f.Due = "" }, "due required"},
			{"due before", func(f *outcome) { f.Due = "2026-10-31" }, "due due_before_listed"},
			{"due on no day", func(f *outcome) { f.Due = "1.1.2026" }, "due day_invalid"},
			{"no operator", func(f *outcome) { f.Operator = "" }, "operator required"},
			{"an operator of nought", func(f *outcome) { f.Operator = "0" }, "operator digits_only"},
			{"a province's name", func(f *outcome) { f.Province = "上海" }, "province digits_only"},
		}...))
	type block = filing.BlockForm
	blocks := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("10.%d.%d.0/24", i/256, i%256))
		}
		return list
	}
	codes.Units = []filing.Code{{ID: 7, Name: "x"}}
	checkForm(t, func() block {
		return block{Kind: filing.BlockOwnUse, Ranges: []string{"192.0.2.0/25", "192.0.2.128/25"}, Assignment: 1, Since: today}
	}, func(f block) filing.Problems { return f.Validate(codes, today) },
		append(limits("remark", func(f *block, s string) { f.Remark = s }, 512, false), []formCase[block]{
			{"no kind", func(f *block) { f.Kind = "" }, "kind choose"},
			{"no ranges", func(f *block) { f.Ranges = nil }, "ranges required"},
			{"the most", func(f *block) { f.Ranges = blocks(1000) }, ""},
			{"one more", func(f *block) { f.Ranges = blocks(1001) }, "ranges too_many"},
			{"an address twice", func(f *block) { f.Ranges = []string{"192.0.2.0/24", "192.0.2.255"} },
				"ranges blocks_overlap"},
			{"no assignment", func(f *block) { f.Assignment = 0 }, "assignment choose"},
			{"dynamic", func(f *block) { f.Assignment = 2 }, ""},
			{"unknown", func(f *block) { f.Assignment = 3 }, ""},
			{"another", func(f *block) { f.Assignment = 4 }, "assignment choose"},
			{"since tomorrow", func(f *block) { f.Since = "2026-11-25" }, "since day_in_future"},
			{"of a unit", func(f *block) { f.Kind, f.Unit = filing.BlockSource, "7" }, ""},
			{"of no unit", func(f *block) { f.Kind = filing.BlockSource }, "unit required"},
			{"of an unknown one", func(f *block) { f.Kind, f.Unit = filing.BlockSource, "8" }, "unit unit_unknown"},
			{"of no number", func(f *block) { f.Kind, f.Unit = filing.BlockSource, "x" }, "unit digits_only"},
			{"reserved", func(f *block) { *f = block{Kind: filing.BlockReserved, Ranges: f.Ranges} }, ""},
		}...))
	type paper = filing.PaperForm
	checkForm(t, func() paper {
		return paper{Order: "D1", Use: 1, Whose: "site", Content: []byte("\xff\xd8\xff\xe0")}
	}, func(f paper) filing.Problems { return f.Validate(codes) },
		append(limits("remark", func(f *paper, s string) { f.Remark = s }, 512, false), []formCase[paper]{
			{"no order", func(f *paper) { f.Order = "" }, "order required"},
			{"no use", func(f *paper) { f.Use = 0 }, "use choose"},
			{"the holder's", func(f *paper) { f.Whose = "holder" }, ""},
			{"nobody's", func(f *paper) { f.Whose = "" }, "whose choose"},
			{"no file", func(f *paper) { f.Content = nil }, "file required"},
		}...))
}

// Both ends of what addresses, ranges and blocks may be.
func TestLimitsOfRanges(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0-10.0.255.255": "", "10.0.0.0-10.1.0.0": "ip_range_too_big", "0.0.0.0": "ip_not_usable", "0.0.0.1": "",
		"255.255.255.255": "ip_not_usable", "255.255.255.254": "", "169.254.1.1": "ip_not_usable",
		"223.255.255.255": "", "10.0.0.1-2001:db8::1": "ipv6_not_carried", "10.0.0.1-x": "ip_invalid",
		"10.0.0.1-127.0.0.1": "ip_not_usable", "10.0.0.2-10.0.0.1": "ip_range_backwards", "10.0.0.1至10.0.0.2": "",
		"10.0.0.1~10.0.0.2": "", "10.0.0.1–10.0.0.2": "", "10.0.0.1—10.0.0.2": "",
	} {
		_, key := filing.ParseIPRange(text)
		require.Equal(t, want, key, text)
	}
	for text, want := range map[string]string{
		"10.0.0.0-10.255.255.255": "", "10.0.0.0-11.0.0.0": "ip_range_too_big", "10.0.0.0/8": "", "10.0.0.0/0": "cidr_not_first",
	} {
		_, key := filing.ParseIPBlock(text)
		require.Equal(t, want, key, text)
	}
	r, _ := filing.ParseIPRange("10.0.0.9")
	require.Equal(t, "10.0.0.9", r.String())
	require.Equal(t, "1.2.3.4-1.2.3.5", filing.RangeOf(0x01020304, 0x01020305).String())
}

// Both ends of what documents may look like.
func TestLimitsOfDocumentNumbers(t *testing.T) {
	for _, c := range []struct {
		document int
		want     string
		numbers  []string
	}{
		{filing.DocumentPassport, "", []string{"E1234", strings.Repeat("1", 20)}},
		{filing.DocumentPassport, "document_number_shape", []string{"E123", strings.Repeat("1", 21), "E-12345"}},
		{filing.DocumentTaiwanPermit, "", []string{"12345678", "1234567801", "1234567801B"}},
		{filing.DocumentTaiwanPermit, "document_number_shape", []string{"1234567", "123456789", "12345678B"}},
		{filing.DocumentInstitutionLegalPerson, "", []string{"事证第123号", strings.Repeat("1", 30)}},
		{filing.DocumentInstitutionLegalPerson, "document_number_shape", []string{"12345", strings.Repeat("1", 31)}},
		{filing.DocumentInstitutionLegalPerson, "usc_check_digit", []string{strings.Repeat("1", 18)}},
		{filing.DocumentAssociationLegalPerson, "usc_check_digit", []string{strings.Repeat("1", 18)}},
		{filing.DocumentOfficerCard, "", []string{"军字12", strings.Repeat("1", 64)}},
		{filing.DocumentOfficerCard, "document_number_shape", []string{"123", strings.Repeat("1", 65), "军字1!"}},
		{filing.DocumentArmyCode, "document_number_shape", []string{"123"}},
		{filing.DocumentBusinessLicence, "licence_length", []string{strings.Repeat("1", 14), strings.Repeat("1", 16),
			strings.Repeat("1", 17), strings.Repeat("1", 19), "A10108000000016"}},
		{filing.DocumentBusinessLicence, "usc_characters", []string{"91310101MA1FP00I0H", "91310101MA1FP0000I"}},
		{filing.DocumentEnterpriseOrgCode, "", []string{"D2143569X", "D2143569-X", "91310101MA1FP0000H"}},
		{filing.DocumentGovernmentOrgCode, "", []string{"D2143569-X"}},
		{filing.DocumentInstitutionOrgCode, "", []string{"D2143569-X"}},
		{filing.DocumentAssociationOrgCode, "org_code_check_digit", []string{"D21435690"}},
		{filing.DocumentEnterpriseOrgCode, "org_code_shape", []string{"D214356-X", "D21435690-X", "D2143569-Y"}},
		{filing.DocumentResidentID, "resident_id_shape", []string{"31010119900307003", "31010119900307003A",
			"3101011990030700350", "31010190030700X"}},
		{filing.DocumentResidentID, "resident_id_region", []string{"700000199003070035"}},
		{filing.DocumentResidentID, "resident_id_birth", []string{"310101189912310035"}},
		{filing.DocumentResidentID, "resident_id_check_digit", []string{"710000199003070030", "810000199003070030",
			"820000199003070030", "830000199003070030", "310101190001010030"}},
	} {
		for _, number := range c.numbers {
			h := filingtest.PersonHolder()
			h.DocumentType, h.DocumentNumber = c.document, number
			var got string
			if p := h.ValidateOn(today, filing.BuiltIn()).For("document_number"); p != nil {
				got = p.Key
			}
			require.Equal(t, c.want, got, "%d %s", c.document, number)
		}
	}
	h := filingtest.PersonHolder()
	born := time.Date(1990, 3, 7, 0, 0, 0, 0, time.UTC)
	require.Nil(t, h.ValidateOn(born, filing.BuiltIn()).For("document_number"), "born today")
	require.NotNil(t, h.ValidateOn(born.AddDate(0, 0, -1), filing.BuiltIn()).For("document_number"), "not born yet")
}

// Every digit of each kind of number counts: any other digit in its place is a mistake.
func TestMistypedNumbersOfOrganisations(t *testing.T) {
	for document, right := range map[int]string{filing.DocumentBusinessLicence: "91310101MA1FP0000H",
		filing.DocumentEnterpriseOrgCode: "D2143569X", filing.DocumentInstitutionLegalPerson: "91310101MA1FP0000H"} {
		for i := range right {
			if strings.Trim(right[i:i+1], "0123456789") != "" {
				continue
			}
			for _, digit := range "0123456789" {
				wrong := right[:i] + string(digit) + right[i+1:]
				h := filingtest.CompanyHolder()
				h.DocumentType, h.DocumentNumber = document, wrong
				p := h.ValidateOn(today, filing.BuiltIn()).For("document_number")
				require.Equal(t, wrong == right, p == nil, wrong)
			}
		}
	}
	const old = "110108000000016" // modulus 11,10 finds every single wrong digit
	for i := range old {
		for _, digit := range "0123456789" {
			wrong := old[:i] + string(digit) + old[i+1:]
			h := filingtest.CompanyHolder()
			h.DocumentNumber = wrong
			require.Equal(t, wrong == old, h.ValidateOn(today, filing.BuiltIn()).For("document_number") == nil, wrong)
		}
	}
}
