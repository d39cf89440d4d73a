package dossierview

import (
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
