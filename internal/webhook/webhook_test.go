package webhook_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/webhook"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// The standard's own library verifies a post; a refusal is an error without the address.
func TestPostIsSigned(t *testing.T) {
	verifier, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	status := http.StatusNoContent
	var ids []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.NoError(t, verifier.Verify(body, r.Header))
		require.Equal(t, `{"type":"x"}`, string(body))
		require.Equal(t, "application/json", r.Header.Get("Content-Type"))
		ids = append(ids, r.Header.Get("webhook-id"))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	defer server.Close()
	hook, err := webhook.New(server.URL+"/?token=geheim", secret)
	require.NoError(t, err)
	require.NoError(t, hook.Post(t.Context(), "x", "staff-1", []byte(`{"type":"x"}`)))
	for _, status = range []int{http.StatusFound, http.StatusBadRequest, http.StatusServiceUnavailable} {
		err = hook.Post(t.Context(), "x", "staff-1", []byte(`{"type":"x"}`))
		var e *webhook.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, status, e.Status)
	}
	require.Equal(t, []string{"staff-1", "staff-1", "staff-1", "staff-1"}, ids, "no redirect is followed")
	server.Close()
	err = hook.Post(t.Context(), "x", "staff-1", nil)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "geheim")
}

func TestWrongSettingsAreReported(t *testing.T) {
	for address, key := range map[string]string{"ops.example.com": secret, "ftp://ops.example.com": secret,
		"https://ops.example.com": "c2hvcnQ=", "https://ops.example.com/": "not base64!!"} {
		_, err := webhook.New(address, key)
		require.Error(t, err, address)
	}
}
