package bureau_test

import (
	"bytes"
	"encoding/hex"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/textnorm"
)

// codesOf are the result codes of unfit records.
func codesOf(unfit bureau.Unfit) map[int64]int {
	codes := map[int64]int{}
	for id, u := range unfit {
		codes[id] = u.Code
	}
	return codes
}

// Every permitted character travels: the forms take it, and readers of other makes find it in the data file.
func TestEveryPermittedCharacterIsRead(t *testing.T) {
	var all []rune
	for r := rune(0x21); r < 0x30000; r++ {
		if textnorm.Permitted(r) {
			all = append(all, r)
		}
	}
	require.Len(t, all, 21790+94)
	var records []bureau.Record
	for part := range slices.Chunk(all, 900) {
		d := filingtest.Dossier()
		d.Holder.Address, d.Site.Remark = string(part), string(part)
		require.Nil(t, d.Holder.Validate(filing.BuiltIn()).For("address"))
		require.Nil(t, d.Site.Validate(filing.BuiltIn()).For("remark"))
		records = append(records, bureau.Record{ID: int64(len(records) + 1), Dossier: d})
	}
	content, unfit, err := bureau.BuildRecords(version, 310001, records)
	require.NoError(t, err)
	require.Empty(t, unfit)
	schema(t, "upload-data.xsd", content)

	// What one reader after another makes of the file, as UTF-8.
	read := map[string]string{}
	for name, command := range map[string][]string{
		"libxml2": {"xmllint", "--noout", "--xpath", "//Txdz/Xxdz/text()|//Wz_Bz/text()", "--encode", "UTF-8", "-"},
		"Python":  {"/usr/bin/python3", "-c", pythonReader},
		"PHP":     {"php", "-r", phpReader},
	} {
		command := exec.CommandContext(t.Context(), command[0], command[1:]...)
		command.Stdin = bytes.NewReader(content)
		var trace bytes.Buffer
		command.Stderr = &trace
		out, err := command.Output()
		require.NoError(t, err, name+": "+trace.String())
		read[name] = unescape(string(out))
	}
	for name, text := range read {
		for _, r := range records {
			part := r.Dossier.Holder.Address
			require.Equal(t, 2, strings.Count(text, part), "%s: record %d: %s", name, r.ID, hex.EncodeToString([]byte(part)))
		}
	}
}

const (
	pythonReader = `
import sys, xml.etree.ElementTree as tree
text = sys.stdin.buffer.read().decode("gbk")
for e in tree.fromstring(text.split("?>", 1)[1]).iter():
    if e.tag in ("Xxdz", "Wz_Bz"):
        sys.stdout.buffer.write(e.text.encode() + b"\n")
`
	phpReader = `$file = stream_get_contents(STDIN);
mb_check_encoding($file, "CP936") || exit("not CP936");
echo mb_convert_encoding($file, "UTF-8", "CP936");`
)

// unescape reverses what XML escapes, for readers that print text as it is in the file.
func unescape(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&quot;", `"`, "&apos;", "'",
		"&amp;", "&").Replace(text)
}

// A record that our own check leaves out names the form's field, and the character if that is the reason.
func TestUnfitRecordsNameTheField(t *testing.T) {
	long := strings.Repeat("长", 2000)
	for name, c := range map[string]struct {
		spoil func(*filing.Dossier)
		want  filing.Unfit
	}{
		"rare": {func(d *filing.Dossier) { d.Holder.Name = "张䶮" },
			filing.Unfit{Code: bureau.CodeIllegalCharacters, Field: "holder.name", Character: "䶮 (U+4DAE)"}},
		"euro": {func(d *filing.Dossier) { d.Site.Name = "5€" },
			filing.Unfit{Code: bureau.CodeIllegalCharacters, Field: "site.name", Character: "€ (U+20AC)"}},
		"control": {func(d *filing.Dossier) { d.Holder.Address = "样例路\v1 号" },
			filing.Unfit{Code: bureau.CodeIllegalCharacters, Field: "holder.address", Character: "U+000B"}},
		"manager": {func(d *filing.Dossier) { d.Holder.Manager.Name = "\U00020bb7" },
			filing.Unfit{Code: bureau.CodeIllegalCharacters, Field: "holder.manager_name", Character: "𠮷 (U+20BB7)"}},
		"approval": {func(d *filing.Dossier) {
			d.Site.PreApprovals, d.Site.ApprovalNumbers = []int{3}, map[int]string{3: "😀"}
		}, filing.Unfit{Code: bureau.CodeIllegalCharacters, Field: "site.pre_approvals", Character: "😀 (U+1F600)"}},
		"long": {func(d *filing.Dossier) { d.Site.Remark = long },
			filing.Unfit{Code: bureau.CodeSchema, Field: "site.remark"}},
		"short": {func(d *filing.Dossier) { d.Holder.Manager.Mobile = "1" },
			filing.Unfit{Code: bureau.CodeSchema, Field: "holder.manager_mobile"}},
		"none": {func(d *filing.Dossier) { d.Site.Domains = nil },
			filing.Unfit{Code: bureau.CodeSchema, Field: "site.domains"}},
		"services": {func(d *filing.Dossier) { d.Site.Services = []int{65} },
			filing.Unfit{Code: bureau.CodeSchema, Field: "site.services"}},
		"ip": {func(d *filing.Dossier) { d.Site.IPs = []string{"x"} },
			filing.Unfit{Code: bureau.CodeInvalidIP, Field: "site.ips"}},
		"kind": {func(d *filing.Dossier) { d.Kind = "?" }, filing.Unfit{Code: bureau.CodeSchema}},
		"change without the bureau's IDs": {func(d *filing.Dossier) { d.Kind = filing.KindChange },
			filing.Unfit{Code: bureau.CodeSchema}},
		"note": {func(d *filing.Dossier) { d.Kind, d.Ending.Note = filing.KindEndSite, "€" },
			filing.Unfit{Code: bureau.CodeIllegalCharacters, Field: "ending.note", Character: "€ (U+20AC)"}},
	} {
		d := filingtest.Dossier()
		c.spoil(&d)
		_, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{{ID: 7, Dossier: d}})
		require.NoError(t, err, name)
		require.Equal(t, bureau.Unfit{7: c.want}, unfit, name)
	}
}
