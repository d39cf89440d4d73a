package store_test

import (
	"context"
	"io"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// populated gives a store a row of most kinds, with the number 1.
func populated(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	account := account(t, s, "x", "31")
	order, f := opened(t, s, "x", "x")
	contact := filingtest.Contact()
	contact.UserName = "x"
	_, err := s.RegisterContact(ctx, order.CustomerID, f.ID, contact, "x")
	require.NoError(t, err)
	advanceTo(t, s, f.ID, 1, filing.Preparing)
	filed(t, s, account, "D1", store.Verdict{HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪ICP备2026000001号-1",
		HolderID: 1, SiteID: 1, AccessID: 1})
	queued(t, s, account, "D2", 100)
	stuckFiling(t, s, "D3", "x", "x")
	require.NoError(t, s.SaveFiled(ctx, account, []filing.FiledHolder{filedCompany()}))
	require.NoError(t, s.SaveDraft(ctx, 1, "x", "x"))
	_, err = s.AddPaper(ctx, picture(f, "letter", "x"))
	require.NoError(t, err)
	_, err = s.OpenTicket(ctx, store.Ticket{Token: token(1), Kind: "ask", Lang: "zh",
		TicketBody: store.TicketBody{Text: "x"}})
	require.NoError(t, err)
	_, err = s.AddAnnouncement(ctx, store.Announcement{Token: token(1), TitleZH: "x", BodyZH: "x",
		PublishedAt: time.Now()}, "support:a")
	require.NoError(t, err)
	require.NoError(t, s.NoteMessage(ctx, store.Message{Key: "x", FilingID: 1, Template: "x", Channel: filing.SMS}))
	require.NoError(t, s.AddTask(ctx, store.Task{Key: "x", Kind: "x"}))
	place(t, s, 1, "x", "a", "ab")
}

// A statement that fails is an error of whatever it is part of: a page would say that there is nothing, and a workflow
// would go on as if everything had been written.
func TestNothingHidesThatAStatementFailed(t *testing.T) {
	s, line := testdb.NewOverLine(t)
	populated(t, s)
	given := map[string][]any{ // what they need for a question
		"OutsideBlocks": {[]string{"192.0.2.1"}},
		"QuotaUsed":     {store.QuotaSMS, store.ByCustomer, "1"},
		"UnfiledOrders": {store.FilingSearch{Order: "D"}, 1},
		"SaveDossier":   {int64(1), filingtest.Dossier(), []store.SubmittedPaper{}},
	}
	last := []string{"EraseCustomer", "Purge"}
	var methods []reflect.Method
	for method := range reflect.TypeOf(s).Methods() {
		f := method.Type
		if f.NumIn() > 1 && f.In(1) == reflect.TypeFor[context.Context]() && f.NumOut() > 0 &&
			f.Out(f.NumOut()-1) == reflect.TypeFor[error]() {
			methods = append(methods, method)
		}
	}
	slices.SortStableFunc(methods, func(a, b reflect.Method) int {
		return slices.Index(last, a.Name) - slices.Index(last, b.Name)
	})
	require.Greater(t, len(methods), 300)
	total := 0
	for _, m := range methods {
		args := []reflect.Value{reflect.ValueOf(s), reflect.ValueOf(t.Context())}
		for in := 2; in < m.Type.NumIn(); in++ {
			if g := given[m.Name]; g != nil {
				args = append(args, reflect.ValueOf(g[in-2]))
				continue
			}
			args = append(args, something(m.Type.In(in)))
		}
		call := m.Func.Call
		if m.Type.IsVariadic() {
			call = m.Func.CallSlice
		}
		var err error
		statements, hidden := line.EachStatement(false, func() {
			out := call(args)
			err, _ = out[len(out)-1].Interface().(error)
		}, func() bool { return err != nil })
		total += statements
		if len(hidden) > 0 {
			t.Errorf("%s hides that its statements %v fail", m.Name, hidden)
		}
	}
	require.Greater(t, total, 500, "most operations were under way")
}

// something is a value of a type that is neither empty nor zero.
func something(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.String:
		v.SetString("x")
	case reflect.Slice:
		v = reflect.Append(v, something(t.Elem()))
	case reflect.Map:
		v = reflect.MakeMap(t)
		v.SetMapIndex(something(t.Key()), something(t.Elem()))
	case reflect.Pointer:
		v = reflect.New(t.Elem())
		v.Elem().Set(something(t.Elem()))
	case reflect.Interface:
		if w := reflect.ValueOf(io.Discard); w.Type().Implements(t) {
			v.Set(w)
		}
	case reflect.Func:
		v = reflect.MakeFunc(t, func([]reflect.Value) (results []reflect.Value) {
			for out := range t.Outs() {
				results = append(results, reflect.Zero(out))
			}
			return results
		})
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return reflect.ValueOf(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
		}
		for i := range t.NumField() {
			if v.Field(i).CanSet() {
				v.Field(i).Set(something(t.Field(i).Type))
			}
		}
	}
	return v
}
