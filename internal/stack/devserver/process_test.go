package devserver

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPortIsOneProcesssUntilItEnds(t *testing.T) {
	if os.Getenv("BEIAN_TEST_RESERVES") != "" {
		ports, err := FreePorts(1)
		require.NoError(t, err)
		fmt.Println("port", ports[0])
		_, _ = fmt.Scanln() // until the other process has looked
		return
	}
	other := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	other.Env = append(os.Environ(), "BEIAN_TEST_RESERVES=1")
	input, err := other.StdinPipe()
	require.NoError(t, err)
	output, err := other.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	var port int
	for lines := bufio.NewScanner(output); port == 0 && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "port ") {
			_, err := fmt.Sscanf(lines.Text(), "port %d", &port)
			require.NoError(t, err)
		}
	}
	mine, err := reserve(port)
	require.NoError(t, err)
	require.False(t, mine, "another process was given it")
	require.NoError(t, CheckPort("", port), "nobody listens at it yet")

	require.NoError(t, input.Close())
	require.NoError(t, other.Wait())
	mine, err = reserve(port)
	require.NoError(t, err)
	require.True(t, mine, "the other process has ended")
	mine, err = reserve(port)
	require.NoError(t, err)
	require.False(t, mine, "somebody here was given it")
}
