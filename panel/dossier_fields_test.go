package panel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/panel"
)

// What a form shows of a dossier is read back as it was.
func TestFormsReadWhatTheyShow(t *testing.T) {
	d := filingtest.Dossier()
	require.Equal(t, d.Holder, panel.ReadHolder(panel.HolderValues(d.Holder)))
	require.Equal(t, d.Site.Domains, panel.ReadSite(panel.SiteValues(d.Site)).Domains)
	require.Equal(t, d.Site.Languages, panel.ReadSite(panel.SiteValues(d.Site)).Languages)
	require.Equal(t, d.Site.AccessMode, panel.ReadSite(panel.SiteValues(d.Site)).AccessMode)
}
