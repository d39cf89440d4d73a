package bureau_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/simulate/bureau"
)

// debianPython has Debian's python3-zeep, whatever comes first on the PATH. "make packages" installs both; without
// them the test fails.
const debianPython = "/usr/bin/python3"

// A SOAP library in another language reads the three WSDLs, calls all six methods, and checks the answers itself.
func TestForeignLibraryCallsTheBureau(t *testing.T) {
	p := connect(t, bureau.Options{Seeded: seeded()})
	in, err := json.Marshal(map[string]any{
		"url": p.url, "isp_id": isp, "user": "u", "password": "p",
		"record": `<?xml version="1.0" encoding="GBK"?><UploadData version="V.3.0"><ICP><XZBA>` +
			newFiling(1, "310101199003070035", "foreign.example") +
			fmt.Sprintf(`</XZBA><Qqdwid>%d</Qqdwid></ICP></UploadData>`, isp),
		"domain": "foreign.example", "seeded_number": seeded()[0].Number, "seeded_password": seeded()[0].Password,
	})
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), debianPython, "testdata/zeep_client.py")
	command.WaitDelay = time.Second
	command.Stdin = bytes.NewReader(in)
	var out, trace bytes.Buffer
	command.Stdout, command.Stderr = &out, &trace
	require.NoError(t, command.Run(), trace.String())
	var result struct{ Number string }
	require.NoError(t, json.Unmarshal(out.Bytes(), &result))
	truth := p.bureau.Truth()
	require.Len(t, truth, 1)
	require.Equal(t, truth[0].Number+"-1", result.Number)
	require.EqualValues(t, 1, p.bureau.Sequence())
}
