package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/website"
)

// Orders of samples/orders.csv that can be filed unattended, with their web space's user and their home page's
// host.
var Orders = []struct{ Number, SpaceUser, Host string }{
	{"D20260001", "web1", "www.example.com"},
	{"D20260002", "web2", "www.example.net"},
	{"D20260003", "web3", "www.example.org"},
}

// Report is called for each stage as it is reached.
type Report func(order, stage string, since time.Duration, detail string)

// Text prints a line for each stage.
func Text(w io.Writer) Report {
	return func(order, stage string, since time.Duration, detail string) {
		fmt.Fprintf(w, "%8.2fs  %s  %-12s %s\n", since.Seconds(), order, stage, detail)
	}
}

// JSON prints one JSON object per line.
func JSON(w io.Writer) Report {
	return func(order, stage string, since time.Duration, detail string) {
		_ = json.NewEncoder(w).Encode(
			map[string]any{"order": order, "stage": stage, "seconds": since.Seconds(), "detail": detail})
	}
}

// samplePort is the port of the web spaces in samples/orders.csv.
const samplePort = 2121

// WithPort reads a file of sample orders with their web spaces on another port.
func WithPort(file *os.File, port int) io.ReadSeeker {
	raw, err := io.ReadAll(file)
	if err != nil {
		return file
	}
	return strings.NewReader(strings.ReplaceAll(string(raw), ","+strconv.Itoa(samplePort)+",", ","+strconv.Itoa(port)+","))
}

// Run files the first orders, and fails unless each order has its number, the home page shows the linked number and,
// where the bureau issues certificates, the site serves it.
func Run(ctx context.Context, s *stack.Stack, filings int, report Report) error {
	if filings < 1 || filings > len(Orders) {
		return fmt.Errorf("--filings must be 1 to %d", len(Orders))
	}
	for i := range filings {
		if err := file(ctx, s, i, report); err != nil {
			return fmt.Errorf("order %s: %w", Orders[i].Number, err)
		}
	}
	return nil
}

func file(ctx context.Context, s *stack.Stack, i int, report Report) error {
	order, start := Orders[i], time.Now()
	say := func(stage, detail string) { report(order.Number, stage, time.Since(start), detail) }
	w, err := NewWalker(s.PanelURL, fmt.Sprintf("http://127.0.0.1:%d", s.Options.Ports.Inbox))
	if err != nil {
		return err
	}
	if err := w.SignIn(ctx, stack.DemoCustomer, stack.DemoCustomerPassword); err != nil {
		return err
	}
	if err := w.Open(ctx, order.Number); err != nil {
		return err
	}
	say("contact", "备案 clicked")
	contact := filingtest.Contact()
	if err := w.Contact(ctx, contact, "demo-password-1"); err != nil {
		return err
	}
	say("verifying", "contact registered, codes requested")
	if err := w.Verify(ctx, contact, start); err != nil {
		return err
	}
	say("preparing", "both codes read and entered")
	if err := w.SubmitDossier(ctx, holderOf(order.Number), "林测试的读书笔记"); err != nil {
		return err
	}
	say("submitting", "dossier submitted")
	if _, err := w.WaitStage(ctx, filing.Reviewing, filing.Installing, filing.Correcting); err != nil {
		return err
	}
	say("reviewing", "accepted by the bureau")
	if s.Options.BureauEdition == bureau.EditionToday && s.StandIns.Bureau.VerifyAll() > 0 {
		if _, err := w.Post(ctx, "/orders/"+order.Number+"/filing/sms-verified", nil); err != nil {
			return err
		}
		say("reviewing", "verified by SMS")
	}
	stage, err := w.WaitStage(ctx, filing.Installing, filing.Correcting)
	if err != nil {
		return err
	}
	if stage == filing.Correcting {
		return errors.New("the bureau refused the filing")
	}
	say("installing", "approved")
	number, err := finish(ctx, s, w, i)
	if err != nil {
		return err
	}
	say("filed", number)
	return nil
}

// finish does the customer's part on the site and checks the result.
func finish(ctx context.Context, s *stack.Stack, w *Walker, i int) (number string, err error) {
	order := Orders[i]
	if err := PutFooter(ctx, s, w, order.SpaceUser); err != nil {
		return "", err
	}
	if err := w.CheckSiteNow(ctx); err != nil {
		return "", err
	}
	if _, err := w.WaitStage(ctx, filing.Filed); err != nil {
		return "", err
	}
	if number, err = w.NumberOnOrder(ctx); err != nil {
		return "", err
	}
	if _, err := filing.ParseNumber(number); err != nil {
		return "", fmt.Errorf("the order has no number: %w", err)
	}
	if s.Options.BureauEdition != bureau.EditionToday {
		if err := checkCertificate(ctx, s, w, order.Host); err != nil {
			return "", err
		}
	}
	page, kind, err := get(ctx, s, order.Host, "/")
	if err != nil {
		return "", err
	}
	if shown, linked := website.FindNumber(page, kind, number, s.Settings.Provider.LinkTargets); !shown || !linked {
		return "", errors.New("the home page doesn't show the linked number")
	}
	return number, nil
}

// PutFooter pastes the snippet from the result page into the footer of an account's home page, as its owner does.
func PutFooter(ctx context.Context, s *stack.Stack, w *Walker, user string) error {
	snippet, err := w.Footer(ctx)
	if err != nil {
		return err
	}
	control := fmt.Sprintf("http://127.0.0.1:%d/accounts/%s/footer", s.Options.Ports.Space, user)
	_, err = w.PutSnippet(control, url.Values{"snippet": {snippet}})
	return err
}

// get fetches from the web space as a visitor does.
func get(ctx context.Context, s *stack.Stack, host, path string) (body []byte, contentType string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet,
		fmt.Sprintf("http://127.0.0.1:%d%s", s.Options.Ports.Sites, path), nil)
	if err != nil {
		return nil, "", err
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	return body, response.Header.Get("Content-Type"), err
}

// holderOf makes a different person for each order: the bureau files a holder only once.
func holderOf(order string) filing.Holder {
	h := filingtest.PersonHolder()
	h.DocumentType, h.DocumentNumber = filing.DocumentPassport, "E"+strings.TrimPrefix(order, "D")
	return h
}

// checkCertificate fails unless the site serves the filing's certificate.
func checkCertificate(ctx context.Context, s *stack.Stack, w *Walker, host string) error {
	want, err := w.Download(ctx, "/certificate")
	if err != nil {
		return err
	}
	served, _, err := get(ctx, s, host, "/"+filing.CertificatePath(""))
	if err != nil {
		return err
	}
	if len(want) == 0 || !bytes.Equal(served, want) {
		return errors.New("the site doesn't serve the certificate's bytes")
	}
	return nil
}
