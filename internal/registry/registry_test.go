package registry_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/registry"
)

// standIn is IANA's list with a registry for .com and .net, which answers with the body for a domain.
func standIn(t *testing.T, answers map[string]string) (*registry.Client, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.HandleFunc("/list/dns.json", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"version":"1.0","publication":"2026-11-01T00:00:00Z","services":[[["com","net"],["%s/rdap/"]]]}`,
			server.URL)
	})
	mux.HandleFunc("/rdap/domain/{name}", func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		body, known := answers[r.PathValue("name")]
		if !known {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/rdap+json")
		_, _ = w.Write([]byte(body))
	})
	client, err := registry.New(server.URL + "/list/")
	require.NoError(t, err)
	return client, &asked
}

const answer = `{"objectClassName":"domain","ldhName":"EXAMPLE.COM",
 "events":[{"eventAction":"registration","eventDate":"2015-01-01T00:00:00Z"},{"eventAction":"expiration","eventDate":"2027-02-01T04:00:00Z"}],
 "entities":[{"objectClassName":"entity","roles":["registrar"],"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","A registrar"]]]},
 {"objectClassName":"entity","roles":["registrant"],"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text",%q],["org",{},"text",%q]]]}]}`

func TestRegistriesAreAsked(t *testing.T) {
	client, asked := standIn(t, map[string]string{
		"example.com": fmt.Sprintf(answer, "林测试", "上海样例网络科技有限公司"),
		"example.net": fmt.Sprintf(answer, "林测试", ""),
		"private.com": fmt.Sprintf(answer, "REDACTED FOR PRIVACY", ""),
		"broken.com":  `{"objectClassName":"domain","events":`,
	})
	look := func() map[string]registry.Registration {
		return client.Lookup(t.Context(), []string{"www.example.com", "example.net", "private.com", "broken.com",
			"missing.com", "example.com.cn"})
	}
	expires := time.Date(2027, 2, 1, 4, 0, 0, 0, time.UTC)
	want := map[string]registry.Registration{
		"www.example.com": {Registrant: "上海样例网络科技有限公司", Expires: expires},
		"example.net":     {Registrant: "林测试", Expires: expires},
		"private.com":     {Expires: expires},
	}
	require.Equal(t, want, look())
	before := asked.Load()
	require.Equal(t, want, look())
	require.Equal(t, before, asked.Load(), "answers are remembered, and that there was none")
}

// Nobody waits for a list or a registry that is away.
func TestARegistryThatIsAway(t *testing.T) {
	client, err := registry.New("http://127.0.0.1:1/list/")
	require.NoError(t, err)
	require.Empty(t, client.Lookup(t.Context(), []string{"example.com"}))
	_, err = registry.New("http://[")
	require.Error(t, err)
}
