package filing

import (
	"cmp"
	"slices"
	"strconv"
)

// Tables are the code tables that forms offer and rules accept: the bureau's latest edition as far as downloaded,
// otherwise the built-in one.
type Tables struct {
	Natures, DocumentTypes, AccessModes, PreApprovals, Languages, Services, EndingReasons []Code
	Regions                                                                               Regions
	// ServerPlaces are always built in: the interface has no table of them.
	ServerPlaces []Code
	// Outcomes are the results for unfiled sites; Units are the providers and operators by number, empty until
	// downloaded.
	Outcomes, Units []Code
	// PaperFormats and PaperUses are for attachments: Fjwjgs and Fjyt.
	PaperFormats, PaperUses []Code
}

// BuiltIn is the edition used until the first download.
func BuiltIn() Tables {
	return Tables{
		Natures: Natures, DocumentTypes: DocumentTypes, AccessModes: AccessModes, PreApprovals: PreApprovals,
		Languages: Languages, Services: Services, EndingReasons: EndingReasons, ServerPlaces: ServerPlaces,
		Outcomes: Outcomes, PaperFormats: PaperFormats, PaperUses: PaperUses,
	}
}

// Edition makes a table from the bureau's values: Chinese names are the bureau's, English ones come from the built-in
// tables if they have the name, or else the value.
func Edition(values, builtIn []Code) []Code {
	table := slices.Clone(values)
	for i := range table {
		known, _ := CodeByID(builtIn, table[i].ID)
		table[i].English = cmp.Or(englishOf(table[i].Name), known.English, table[i].Name)
	}
	return table
}

// DocumentsFor lists the documents that identify a holder of a nature; managers are always persons. Types of the
// bureau's own table are known by name; those that we don't know are offered to everybody, and all types for a nature
// that we don't know or of whose types none is left: the bureau must decide.
func (t Tables) DocumentsFor(nature int) []Code {
	named, _ := CodeByID(t.Natures, nature)
	var list []Code
	known := false
	for _, c := range t.DocumentTypes {
		holders := holdersOf(c)
		fits := slices.ContainsFunc(holders, func(h string) bool {
			return h == strconv.Itoa(nature) || h == named.Name || h == "units" && named.ID != 0 && nature != NaturePerson
		})
		known = known || fits
		if fits || len(holders) == 0 {
			list = append(list, c)
		}
	}
	if !known {
		return t.DocumentTypes
	}
	return list
}

// holdersOf is whom a document identifies: by its value in the interface's table, by its name in a later one. None: we
// don't know.
func holdersOf(document Code) []string {
	is := func(same func(codeRow) bool) int {
		return slices.IndexFunc(codeRows(), func(r codeRow) bool { return r.table == "document_type" && same(r) })
	}
	i := is(func(r codeRow) bool { return r.Name == document.Name })
	if i < 0 && document.ID != 0 {
		i = is(func(r codeRow) bool { return r.ID == document.ID })
	}
	if i < 0 {
		return nil
	}
	return codeRows()[i].holders
}

// OwnDocument reports whether a document type is of the bureau's own: the interface's table doesn't have it.
func OwnDocument(id int) bool {
	_, known := CodeByID(DocumentTypes, id)
	return id != 0 && !known
}
