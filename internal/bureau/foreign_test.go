package bureau_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/stack/devserver"
)

// debianPython is the interpreter that has Debian's python3-spyne, whatever comes first in PATH. "make packages"
// installs both; without them the test fails.
const debianPython = "/usr/bin/python3"

// foreignBureau is a bureau made with a SOAP library of another language. It stops with the test.
func foreignBureau(t *testing.T, account map[string]any) (url string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	command := exec.CommandContext(ctx, debianPython, "testdata/spyne_bureau.py")
	command.WaitDelay = time.Second
	in, err := json.Marshal(account)
	require.NoError(t, err)
	command.Stdin = bytes.NewReader(append(in, '\n'))
	var trace bytes.Buffer
	command.Stderr = &trace
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		stop()
		_ = command.Wait() // it was killed
	})
	// It prints its port once it listens, or exits with a traceback.
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = command.Wait()
		require.NoError(t, err, trace.String())
	}
	return "http://127.0.0.1:" + strings.TrimSpace(port)
}

// Our client calls all six methods of a bureau served by another library.
func TestClientCallsAForeignBureau(t *testing.T) {
	ctx := t.Context()
	url := foreignBureau(t, map[string]any{
		"isp_id": 310001, "user": "样例用户", "password": "口令 p&<", "filed_domain": "filed.example.net",
		"filing_password": "right",
	})
	account := bureau.Config{BaseURL: url, ISPID: 310001, UserName: "样例用户", Password: "口令 p&<"}
	c := bureau.New(account)

	previous, answer, err := c.QueryPreviousUpload(ctx)
	require.NoError(t, err)
	require.Equal(t, bureau.GoOn, answer.Action())
	require.Zero(t, previous.Sequence)
	content, unfit, err := bureau.BuildRecords(version, 310001, records())
	require.NoError(t, err)
	require.Empty(t, unfit)
	zipped, err := bureau.Pack(bureau.FileName(310001, 1), content)
	require.NoError(t, err)
	answer, err = c.Upload(ctx, 3, zipped)
	require.NoError(t, err)
	require.Equal(t, bureau.FillGap, answer.Action())
	require.Equal(t, []int64{1, 2}, answer.Missing)
	answer, err = c.Upload(ctx, 1, zipped)
	require.NoError(t, err)
	require.Equal(t, bureau.Answer{Code: bureau.CodeDone, Message: "操作成功"}, answer)
	previous, _, err = c.QueryPreviousUpload(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, previous.Sequence)
	require.Equal(t, zipped, previous.Zipped)

	file, _, err := c.Download(ctx)
	require.NoError(t, err)
	require.Equal(t, "DOWN1", file.Name)
	data, err := bureau.ParseDownload(file.XML)
	require.NoError(t, err)
	require.Equal(t, []bureau.Result{{Operation: 1, Key: "7", Code: 1020, Opinion: "网站名称冲突"}}, data.Results)
	answer, err = c.DownloadAck(ctx, file.Name)
	require.NoError(t, err)
	require.Equal(t, bureau.CodeDone, answer.Code)
	file, answer, err = c.Download(ctx)
	require.NoError(t, err)
	require.Nil(t, file)
	require.Equal(t, bureau.CodeNothing, answer.Code)

	status, _, err := c.QueryStatus(ctx, bureau.ConditionDomain, "filed.example.net")
	require.NoError(t, err)
	require.Equal(t,
		filing.Status{Filed: true, SiteName: "样例&网站", HolderNumber: "沪ICP备05000940号", SiteNumber: "沪ICP备05000940号-1"}, status)
	status, _, err = c.QueryStatus(ctx, bureau.ConditionDomain, "other.example.net")
	require.NoError(t, err)
	require.False(t, status.Filed)
	for password, want := range map[string]bool{"right": true, "wrong": false} {
		right, _, err := c.VerifyPassword(ctx, "沪ICP备05000940号", password)
		require.NoError(t, err)
		require.Equal(t, want, right, password)
	}
	_, answer, err = c.VerifyPassword(ctx, "沪ICP备05000940号", "often")
	require.NoError(t, err)
	require.Equal(t, bureau.CodeTooManyTries, answer.Code)

	account.Password = "wrong"
	answer, err = bureau.New(account).Upload(ctx, 2, zipped)
	require.NoError(t, err)
	require.Equal(t, 5, answer.Code)
	account.UserName = "fault"
	_, err = bureau.New(account).Upload(ctx, 2, zipped)
	require.ErrorIs(t, err, bureau.ErrFault)
	require.EqualError(t, err, "isp_upload: the bureau answered with a SOAP fault: Server", "without the fault's text")
}

// phpBureau is a bureau served by PHP from the simulator's own WSDLs.
func phpBureau(t *testing.T, account map[string]any) (url string) {
	t.Helper()
	described, err := stand.New(stand.Options{ISPID: 1, UserName: "u", Password: "p"})
	require.NoError(t, err)
	wsdl := httptest.NewServer(described)
	t.Cleanup(wsdl.Close)
	ports, err := devserver.FreePorts(1)
	require.NoError(t, err)
	address := fmt.Sprintf("127.0.0.1:%d", ports[0])
	encoded, err := json.Marshal(account)
	require.NoError(t, err)

	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	command := exec.CommandContext(ctx, "php", "-S", address, "testdata/php_bureau.php")
	command.WaitDelay = time.Second
	command.Env = append(os.Environ(), "WSDL="+wsdl.URL, "STATE="+t.TempDir(), "ACCOUNT="+string(encoded))
	var trace bytes.Buffer
	command.Stderr = &trace
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		stop()
		_ = command.Wait() // it was killed
		if t.Failed() {
			t.Log(trace.String())
		}
	})
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		return c.Close() == nil
	}, 20*time.Second, 10*time.Millisecond)
	return "http://" + address
}

// Our client calls all six methods of a server that follows the WSDL strictly: rpc/literal, methods and parameters by
// their names.
func TestClientCallsAServerMadeOfTheWSDL(t *testing.T) {
	ctx := t.Context()
	account := bureau.Config{
		BaseURL: phpBureau(t, map[string]any{"isp_id": 310001, "user": "样例用户", "password": "口令 p&<"}), ISPID: 310001,
		UserName: "样例用户", Password: "口令 p&<",
	}
	c := bureau.New(account)
	content, _, err := bureau.BuildRecords(version, 310001, records())
	require.NoError(t, err)
	zipped, err := bureau.Pack(bureau.FileName(310001, 1), content)
	require.NoError(t, err)
	previous, _, err := c.QueryPreviousUpload(ctx)
	require.NoError(t, err)
	require.Zero(t, previous.Sequence)
	answer, err := c.Upload(ctx, 1, zipped)
	require.NoError(t, err)
	require.Equal(t, bureau.CodeDone, answer.Code)
	previous, _, err = c.QueryPreviousUpload(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, previous.Sequence)
	require.Equal(t, zipped, previous.Zipped)
	file, answer, err := c.Download(ctx)
	require.NoError(t, err)
	require.Equal(t, bureau.CodeMore, answer.Code)
	require.Equal(t, content, file.XML)
	answer, err = c.DownloadAck(ctx, file.Name)
	require.NoError(t, err)
	require.Equal(t, bureau.CodeDone, answer.Code)
	file, _, err = c.Download(ctx)
	require.NoError(t, err)
	require.Nil(t, file)
	status, _, err := c.QueryStatus(ctx, bureau.ConditionDomain, "filed.example.net")
	require.NoError(t, err)
	require.Equal(t, filing.Status{Filed: true, SiteNumber: "沪ICP备05000940号-1"}, status)
	right, _, err := c.VerifyPassword(ctx, "沪ICP备05000940号", "right")
	require.NoError(t, err)
	require.True(t, right)

	account.Password = "wrong"
	answer, err = bureau.New(account).DownloadAck(ctx, "DOWN1")
	require.NoError(t, err)
	require.Equal(t, 5, answer.Code)
	account.UserName = "fault"
	_, err = bureau.New(account).DownloadAck(ctx, "DOWN1")
	require.EqualError(t, err, "isp_downloadack: the bureau answered with a SOAP fault: Server")
}
