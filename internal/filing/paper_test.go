package filing_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

func paperKeys(list []filing.NeededPaper, must bool) (names []string) {
	for _, p := range list {
		if p.Must || !must {
			names = append(names, p.Key)
		}
	}
	return names
}

// For every kind, nature and province the list identifies holder and manager, and fits in a form.
func TestEveryoneHasAListOfPapers(t *testing.T) {
	list := filing.BuiltInPapers()
	tables := filing.BuiltIn()
	tables.Natures = append(slices.Clone(tables.Natures), filing.Code{ID: 17, Name: "民办非企业单位"})
	tables.DocumentTypes = append(slices.Clone(tables.DocumentTypes), filing.Code{ID: 30, Name: "外国人永久居留身份证"})
	for _, province := range filing.Provinces() {
		for _, nature := range tables.Natures {
			for _, document := range tables.DocumentsFor(nature.ID) {
				for _, manager := range tables.DocumentsFor(filing.NaturePerson) {
					for _, kind := range []filing.Kind{"", filing.KindNew, filing.KindNewSite, filing.KindNewAccess,
						filing.KindChange} {
						d := filing.Dossier{Kind: kind, Holder: filing.Holder{Nature: nature.ID, DocumentType: document.ID,
							Province: province.Code, Manager: filing.Manager{DocumentType: manager.ID}}}
						d.Site.PreApprovals = []int{3, 7}
						needed := list.Needed(d, nil)
						all := paperKeys(needed, false)
						require.NotEmpty(t, all)
						require.Contains(t, all, "letter")
						purposes := map[int]bool{}
						for _, p := range needed {
							for _, u := range p.Uses {
								purposes[u.Purpose] = true
							}
						}
						switch kind {
						case "", filing.KindNew, filing.KindChange:
							require.True(t, purposes[2], "the holder's document: nature %d, document %d", nature.ID, document.ID)
							fallthrough
						case filing.KindNewSite:
							require.True(t, purposes[4], "the manager's document")
							approvals := slices.DeleteFunc(needed, func(p filing.NeededPaper) bool { return p.Each == "" })
							require.Len(t, approvals, 2)
							require.Equal(t, 7, approvals[1].Item)
						}
					}
				}
			}
		}
	}
	require.Empty(t, list.Needed(filing.Dossier{Kind: filing.KindEndSite}, nil), "what ends needs none")
}

func TestPersonsAndUnitsGiveOtherPapers(t *testing.T) {
	list := filing.BuiltInPapers()
	person := filing.Dossier{Holder: filing.Holder{Nature: filing.NaturePerson, DocumentType: filing.DocumentResidentID,
		Manager: filing.Manager{DocumentType: filing.DocumentResidentID}}}
	require.Equal(t, []string{"holder_id_front", "holder_id_back", "spot_photo", "letter"},
		paperKeys(list.Needed(person, nil), true))
	person.Holder.DocumentType = filing.DocumentPassport
	require.Equal(t, []string{"holder_document", "spot_photo", "letter"}, paperKeys(list.Needed(person, nil), true))
	unit := person
	unit.Holder.Nature, unit.Holder.DocumentType = filing.NatureEnterprise, filing.DocumentBusinessLicence
	require.Equal(t, []string{"unit_certificate", "manager_id_front", "manager_id_back", "spot_photo", "letter"},
		paperKeys(list.Needed(unit, nil), true))
	require.Empty(t, paperKeys(list.Needed(filing.Dossier{Kind: filing.KindNewAccess}, nil), true))
	// A new site has no holder's form, so what the last filing's holder gave doesn't count.
	licences := filing.PaperList{PaperChange: filing.PaperChange{Papers: []filing.Paper{
		{Key: "licence", Kinds: []filing.Kind{filing.KindNewSite}, Documents: []int{filing.DocumentBusinessLicence}},
		{Key: "any", Kinds: []filing.Kind{filing.KindNewSite}, Natures: []int{0}}}}}
	unit.Kind = filing.KindNewSite
	require.Equal(t, []string{"any"}, paperKeys(licences.Needed(unit, nil), false))
}

// A paper that depends on a rule of the province is asked where the rule holds, and required where it is sure.
func TestPapersOfRules(t *testing.T) {
	list := filing.BuiltInPapers()
	asks := func(asked, must bool) filing.AskedPapers {
		return func(rule string) (bool, bool) { return asked && rule == "person_nonlocal", must }
	}
	person := func(id string, asks filing.AskedPapers, must bool) []string {
		d := filing.Dossier{Holder: filing.Holder{Nature: filing.NaturePerson, DocumentType: filing.DocumentResidentID,
			DocumentNumber: id, Province: "310000", Manager: filing.Manager{DocumentType: filing.DocumentResidentID}}}
		return paperKeys(list.Needed(d, asks), must)
	}
	common := []string{"holder_id_front", "holder_id_back", "spot_photo", "letter"}
	const elsewhere, here, hongKong = "330102198001010018", "310102198001010018", "810000198001010018"
	require.Equal(t, append(slices.Clone(common), "residence"), person(elsewhere, asks(true, true), true))
	require.Equal(t, common, person(elsewhere, asks(true, false), true))
	require.Contains(t, person(elsewhere, asks(true, false), false), "residence", "it may be added")
	require.NotContains(t, person(elsewhere, asks(false, false), false), "residence")
	require.NotContains(t, person(elsewhere, nil, false), "residence")
	require.Equal(t, common, person(here, asks(true, true), true), "of the province")
	require.Equal(t, common, person(hongKong, asks(true, true), true), "a Hong Kong resident's permit shows no province")
	unit := filing.Dossier{
		Holder: filing.Holder{Nature: filing.NatureEnterprise, DocumentType: filing.DocumentBusinessLicence,
			Province: "310000", Manager: filing.Manager{DocumentType: filing.DocumentResidentID}}}
	letter := func(rule string) (bool, bool) { return rule == "letter_required", true }
	require.Contains(t, paperKeys(list.Needed(unit, letter), false), "authorisation")
	require.Contains(t, paperKeys(list.Needed(unit, letter), true), "authorisation", "where the rule is sure")
}

const own = `
drop: [other]
papers:
  - {key: letter, name: {zh: 承诺书, en: Letter}, help: {zh: 甲, en: a}, kinds: [new], required: [new], uses: [{purpose: 1, of: site}], max: 1, max_kb: 80, min_long: 900, min_short: 600}
provinces:
  "310000":
    drop: [spot_photo]
    papers:
      - {key: permit, name: {zh: 居住证, en: Permit}, help: {zh: 甲, en: a}, kinds: [new], required: [new], natures: [5], max: 1, max_kb: 80, min_long: 900, min_short: 600}
`

func TestAProvidersOwnListIsLaidOver(t *testing.T) {
	list, err := filing.LoadPapers([]byte(own))
	require.NoError(t, err)
	d := filing.Dossier{
		Holder: filing.Holder{Nature: filing.NaturePerson, DocumentType: filing.DocumentResidentID, Province: "310000"}}
	require.Equal(t, []string{"holder_id_front", "holder_id_back", "letter", "permit"}, paperKeys(list.Needed(d, nil), true))
	require.NotContains(t, paperKeys(list.Needed(d, nil), false), "other")
	d.Holder.Province = "330000"
	require.Equal(t, []string{"holder_id_front", "holder_id_back", "spot_photo", "letter"},
		paperKeys(list.Needed(d, nil), true))
	for _, p := range list.Needed(d, nil) {
		if p.Key == "letter" {
			require.Equal(t, 60<<10, p.MaxBytes())
		}
	}
	d = filing.Dossier{Kind: filing.KindNewAccess, OwnershipProof: filing.OwnershipProof{Number: "沪ICP备05000940号-1"}}
	require.Equal(t, "310000", d.Province())
}

func TestAWrongListIsRefusedByName(t *testing.T) {
	good := `{key: x, name: {zh: 甲, en: a}, help: {zh: 甲, en: a}, kinds: [new], max: 1, max_kb: 80, min_long: 900, min_short: 600`
	for bad, what := range map[string]string{
		"papers: [" + good + ", uses: [{purpose: 0, of: site}]}]":  "uses",
		"papers: [" + good + ", uses: [{purpose: 1, of: house}]}]": "uses",
		"papers: [" + good + ", each: day}]":                       "each",
		"papers: [" + good + ", required: [change]}]":              "required",
		"papers: [" + good + ", colour: red}]":                     "colour",
		"papers: [{key: A}]":                                       "key",
		"papers: [{key: a, name: {zh: 甲}}]":                        "name",
		"papers: [" + good + "}, " + good + "}]":                   "duplicate",
		"provinces: {\"99\": {drop: [x]}}":                         "99",
		"papers: [" + good[:len(good)-len("max: 1, max_kb: 80, min_long: 900, min_short: 600")] +
			"max: 11, max_kb: 80, min_long: 900, min_short: 600}]": "max",
		"papers: [" + good[:len(good)-len("max_kb: 80, min_long: 900, min_short: 600")] +
			"max_kb: 1, min_long: 900, min_short: 600}]": "max_kb",
	} {
		_, err := filing.LoadPapers([]byte(bad))
		require.ErrorContains(t, err, what, bad)
	}
}

// Both ends of what an entry of the list may say.
func TestLimitsOfTheListOfPapers(t *testing.T) {
	const good = `{key: x, name: {zh: 甲, en: a}, help: {zh: 甲, en: a}, kinds: [new, change], required: [new], ` +
		`max: 1, max_kb: 80, min_long: 900, min_short: 600}`
	for change, wrong := range map[string]string{
		"key: x => key: " + strings.Repeat("a", 32): "", "key: x => key: " + strings.Repeat("a", 33): "key", "key: x => key: 1x": "key",
		"key: x => key: x_1": "", "name: {zh: 甲, => name: {zh: '',": "name", "name: {zh: 甲, en: a => name: {zh: 甲, en: ''": "name",
		"help: {zh: 甲, => help: {zh: '',": "help", "help: {zh: 甲, en: a => help: {zh: 甲, en: ''": "help",
		"kinds: [new, change] => kinds: []": "kinds", "kinds: [new, change] => kinds: [new, end_site]": "kinds",
		"kinds: [new, change] => kinds: [new, register]": "kinds", "kinds: [new, change] => kinds: [new, '']": "kinds",
		"max: 1, => max: 0,": "max", "max: 1, => max: 10,": "", "max: 1, => max: 11,": "max",
		"max_kb: 80 => max_kb: 19": "max_kb", "max_kb: 80 => max_kb: 20": "", "max_kb: 80 => max_kb: 2048": "",
		"max_kb: 80 => max_kb: 2049": "max_kb", "min_short: 600 => min_short: 0": "min_short",
		"min_short: 600 => min_short: 1": "", "min_short: 600 => min_short: 900": "", "min_short: 600 => min_short: 901": "min_long",
		"min_long: 900 => min_long: 2000": "", "min_long: 900 => min_long: 2001": "min_long",
		"max: 1 => rule: plan_document, max: 1": "", "max: 1 => rule: Plan, max: 1": "rule",
		"max: 1 => each: pre_approval, max: 1":                                       "",
		"max: 1 => each: pre_approval, uses: [{purpose: 1, of: site}], max: 1":       "uses",
		"max: 1 => uses: [{purpose: 1, of: site}, {purpose: 2, of: holder}], max: 1": "",
		"max: 1 => print: letter, max: 1":                                            "", "max: 1 => print: sheet, max: 1": "", "max: 1 => print: poster, max: 1": "print",
	} {
		before, after, _ := strings.Cut(change, " => ")
		require.Contains(t, good, before)
		_, err := filing.LoadPapers([]byte("papers: [" + strings.Replace(good, before, after, 1) + "]"))
		if wrong == "" {
			require.NoError(t, err, change)
		} else {
			require.ErrorContains(t, err, wrong, change)
		}
	}
	_, err := filing.LoadPapers([]byte("provinces: {\"310000\": {papers: [{key: A}]}}"))
	require.ErrorContains(t, err, "province 310000")
	base := []byte("papers: [" + good + "]")
	list, err := filing.ParsePapers(base, []byte("provinces: {\"310000\": {drop: [x]}}"))
	require.NoError(t, err)
	require.Empty(t, list.In("310000"))
	require.Len(t, list.In("330000"), 1)
	list, err = filing.ParsePapers([]byte("provinces: {\"310000\": {drop: [x]}}"), base)
	require.NoError(t, err)
	require.Empty(t, list.In("310000"), "the built-in differences stay")
}

// The bureau may number purposes and formats differently; their names identify them.
func TestTheBureausCodesOfPapersWin(t *testing.T) {
	built := filing.BuiltIn()
	require.Equal(t, 1, built.JPEGFormat())
	require.Equal(t, 4, built.PaperPurpose(4))
	tables := filing.Tables{PaperFormats: []filing.Code{{ID: 5, Name: "png"}, {ID: 6, Name: ".jpg"}},
		PaperUses: []filing.Code{{ID: 44, Name: "网站负责人有效证件"}}}
	require.Equal(t, 6, tables.JPEGFormat())
	require.Equal(t, 44, tables.PaperPurpose(4))
	require.Equal(t, 5, tables.PaperPurpose(5))
}
