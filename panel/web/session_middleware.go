package web

import (
	"net/http"
	"strings"
)

// withSession loads and saves sessions, but for streams of events: theirs is
// read when they open, and isn't kept alive by them.
func (k *Kit) withSession(next http.Handler) http.Handler {
	usual := k.Sessions.LoadAndSave(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isEventStream(r) {
			usual.ServeHTTP(w, r)
			return
		}
		token := ""
		if cookie, err := r.Cookie(k.Sessions.Cookie.Name); err == nil {
			token = cookie.Value
		}
		ctx, err := k.Sessions.Load(r.Context(), token)
		if err != nil {
			k.Logger.Error("a session can't be loaded", "error", err)
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func isEventStream(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/orders/") &&
		strings.HasSuffix(r.URL.Path, "/filing/events")
}
