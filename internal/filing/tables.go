package filing

import "slices"

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
// table if it has the value.
func Edition(values, builtIn []Code) []Code {
	table := slices.Clone(values)
	for i := range table {
		table[i].English = table[i].Name
		if known, ok := CodeByID(builtIn, table[i].ID); ok {
			table[i].English = known.English
		}
	}
	return table
}

// DocumentsFor lists the documents that identify a holder of a nature; managers are always persons. We don't keep whom
// the types of the bureau's own table identify, so these are offered to everybody, and all types for a nature that we
// don't know or of whose types none is left: the bureau must decide.
func (t Tables) DocumentsFor(nature int) []Code {
	var list []Code
	known := false
	for _, c := range t.DocumentTypes {
		fits := slices.Contains(documentsOf[nature], c.ID)
		known = known || fits
		if fits || OwnDocument(c.ID) {
			list = append(list, c)
		}
	}
	if !known {
		return t.DocumentTypes
	}
	return list
}

// OwnDocument reports whether a document type is of the bureau's own: the interface's table doesn't have it.
func OwnDocument(id int) bool {
	_, known := CodeByID(DocumentTypes, id)
	return id != 0 && !known
}
