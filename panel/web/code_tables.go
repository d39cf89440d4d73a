package web

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
)

// TablesFor is how long the code tables are cached in memory; a new edition from the bureau shows up after that.
const TablesFor = time.Minute

// tableCache holds the code tables that forms and rules use.
type tableCache struct {
	mu     sync.Mutex
	tables filing.Tables
	loaded time.Time
}

// Tables merges the bureau's newest edition over the built-in one. If the database doesn't answer, the last known
// tables are used.
func (k *Kit) Tables(ctx context.Context) filing.Tables {
	c := &k.codes
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.loaded) < TablesFor {
		return c.tables
	}
	rows, err := k.Store.CodeTables(ctx)
	if err != nil {
		k.Logger.Error("loading the code tables failed", "error", err)
		if c.loaded.IsZero() {
			return filing.BuiltIn()
		}
		return c.tables
	}
	came := map[string][]filing.Code{}
	var regions, endedRegions []filing.Region
	for _, r := range rows {
		region := filing.Region{Code: strconv.Itoa(r.ID), Name: r.Name}
		switch {
		case r.Table == bureau.TableRegions && r.Valid:
			regions = append(regions, region)
		case r.Table == bureau.TableRegions:
			endedRegions = append(endedRegions, region)
		case r.Valid:
			came[r.Table] = append(came[r.Table], filing.Code{ID: r.ID, Name: r.Name})
		}
	}
	t := filing.BuiltIn()
	for name, table := range map[string]*[]filing.Code{
		bureau.TableNatures: &t.Natures, bureau.TableDocuments: &t.DocumentTypes, bureau.TableAccessModes: &t.AccessModes,
		bureau.TablePreApprovals: &t.PreApprovals, bureau.TableLanguages: &t.Languages, bureau.TableServices: &t.Services,
		bureau.TableReasons: &t.EndingReasons, bureau.TableUnfiled: &t.Outcomes, bureau.TableUnits: &t.Units,
		bureau.TablePaperFormats: &t.PaperFormats, bureau.TablePaperUses: &t.PaperUses,
	} {
		if values := came[name]; len(values) > 0 {
			*table = filing.Edition(values, *table)
		}
	}
	if len(regions) > 0 {
		t.Regions = filing.RegionEdition(regions, endedRegions)
	}
	c.tables, c.loaded = t, time.Now()
	return t
}
