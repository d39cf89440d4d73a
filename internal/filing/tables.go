package filing

import "slices"

// Tables are the code tables that forms offer and rules allow: the bureau's
// newest edition where it came down, the built-in one elsewhere.
type Tables struct {
	Natures, DocumentTypes, AccessModes, PreApprovals, Languages, Services, EndingReasons []Code
	Regions                                                                               Regions
	// ServerPlaces never come down: the interface has no table of them.
	ServerPlaces []Code
	// Outcomes are what was done about unfiled sites; Units the providers and
	// operators by their numbers, empty until they come down.
	Outcomes, Units []Code
	// PaperFormats and PaperUses are of attachments: Fjwjgs and Fjyt.
	PaperFormats, PaperUses []Code
}

// BuiltIn is the edition that serves until the first download.
func BuiltIn() Tables {
	return Tables{
		Natures: Natures, DocumentTypes: DocumentTypes, AccessModes: AccessModes, PreApprovals: PreApprovals,
		Languages: Languages, Services: Services, EndingReasons: EndingReasons, ServerPlaces: ServerPlaces,
		Outcomes: Outcomes, PaperFormats: PaperFormats, PaperUses: PaperUses,
	}
}

// Edition makes a table of the bureau's values: their names in Chinese are the
// bureau's, in English those of the built-in table where it knows the value.
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

// DocumentsFor lists the documents that prove a holder of a nature. What is
// right for a nature that only the bureau's edition knows is left to the bureau.
func (t Tables) DocumentsFor(nature int) []Code {
	ids, known := documentsOf[nature]
	if !known {
		return t.DocumentTypes
	}
	var list []Code
	for _, id := range ids {
		if c, ok := CodeByID(t.DocumentTypes, id); ok {
			list = append(list, c)
		}
	}
	return list
}
