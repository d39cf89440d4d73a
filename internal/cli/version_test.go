package cli

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/build"
)

// output runs the command line and captures one of its streams.
func output(t *testing.T, stream **os.File, args ...string) (text string, code int) {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer file.Close()
	before := *stream
	*stream = file
	code = Main(args)
	*stream = before
	content, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return string(content), code
}

func TestVersionPrintsTheBuild(t *testing.T) {
	text, code := output(t, &os.Stdout, "version")
	require.Zero(t, code)
	require.Contains(t, text, build.ID())
	require.Contains(t, text, build.Go())
}

func TestUsageErrorsBeginWithWhatIsWrong(t *testing.T) {
	text, code := output(t, &os.Stderr, "ready", "--nonsense")
	require.NotZero(t, code)
	require.Regexp(t, `^beian: unknown flag --nonsense\n`, text)
	require.Contains(t, text, "beian ready --help")
}
