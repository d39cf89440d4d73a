// Package demo files orders as a customer does: through the panel's own pages and forms, reading codes where they
// were delivered. The end-to-end tests do the same.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/beian/beian/panel/dossierview"

	"github.com/PuerkitoBio/goquery"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/simulate/inbox"
)

const (
	pollEvery = 100 * time.Millisecond
	// patience bounds each wait.
	patience = 90 * time.Second
)

// Walker is a customer with a browser that has no JavaScript.
type Walker struct {
	panel, inbox string
	http         *http.Client
	order        string
	// domain is one of several sites of the order; empty: its only one.
	domain string
}

// NewWalker opens a browser on a panel; inbox is where codes are read.
func NewWalker(panelURL, inboxURL string) (*Walker, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &Walker{panel: panelURL, inbox: inboxURL, http: &http.Client{Jar: jar, Timeout: time.Minute}}, nil
}

// Page gets a page of the panel.
func (w *Walker) Page(ctx context.Context, path string) (*goquery.Document, error) {
	response, err := w.Raw(ctx, path)
	if err != nil {
		return nil, err
	}
	return pageOf(response)
}

// Post sends a form; it fails if the answer shows problems.
func (w *Walker) Post(ctx context.Context, path string, values url.Values) (*goquery.Document, error) {
	return w.postBody(ctx, path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
}

// pageOf reads an answer; it fails unless the status is OK.
func pageOf(response *http.Response) (*goquery.Document, error) {
	defer response.Body.Close()
	page, err := goquery.NewDocumentFromReader(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return page, fmt.Errorf("%s %s: %d: %s", response.Request.Method, response.Request.URL.Path, response.StatusCode,
			strings.Join(strings.Fields(page.Find(".summary, main p").Text()), " "))
	}
	return page, nil
}

// Fill sends a page's form with some of its values replaced.
func (w *Walker) Fill(ctx context.Context, path string, typed url.Values) (*goquery.Document, error) {
	page, err := w.Page(ctx, path)
	if err != nil {
		return nil, err
	}
	values := FormValues(page.Find("main form").First())
	maps.Copy(values, typed)
	return w.Post(ctx, path, values)
}

// FormValues are what a browser would send for the unchanged form.
func FormValues(form *goquery.Selection) url.Values {
	values := url.Values{}
	form.Find("input[name], select[name], textarea[name]").Each(func(_ int, e *goquery.Selection) {
		name, _ := e.Attr("name")
		_, checked := e.Attr("checked")
		switch kind, _ := e.Attr("type"); {
		case (kind == "checkbox" || kind == "radio") && !checked:
		case goquery.NodeName(e) == "select":
			chosen := e.Find("option[selected]")
			if chosen.Length() == 0 {
				chosen = e.Find("option").First()
			}
			values.Set(name, chosen.AttrOr("value", ""))
		case goquery.NodeName(e) == "textarea":
			values.Set(name, e.Text())
		default:
			values.Add(name, e.AttrOr("value", ""))
		}
	})
	return values
}

// SignIn signs in.
func (w *Walker) SignIn(ctx context.Context, login, password string) error {
	_, err := w.Post(ctx, "/sign-in", url.Values{"login": {login}, "password": {password}})
	return err
}

// Open clicks 备案 on an order.
func (w *Walker) Open(ctx context.Context, order string) error {
	return w.OpenSite(ctx, order, "")
}

// OpenSite clicks 备案 on one of an order's several sites.
func (w *Walker) OpenSite(ctx context.Context, order, domain string) error {
	w.UseSite(order, domain)
	_, err := w.Post(ctx, w.path(""), nil)
	return err
}

// Use switches to an order's filing.
func (w *Walker) Use(order string) { w.UseSite(order, "") }

// UseSite switches to the filing of one of an order's several sites.
func (w *Walker) UseSite(order, domain string) { w.order, w.domain = order, domain }

func (w *Walker) path(step string) string {
	if w.domain != "" {
		return "/orders/" + url.PathEscape(w.order) + "/sites/" + url.PathEscape(w.domain) + "/filing" + step
	}
	return "/orders/" + url.PathEscape(w.order) + "/filing" + step
}

// Consent gives the consents that the filing lacks.
func (w *Walker) Consent(ctx context.Context) error {
	page, err := w.Page(ctx, w.path("/consent"))
	if err != nil {
		return err
	}
	values := url.Values{"version": {page.Find("[data-consent] [name=version]").AttrOr("value", "")}}
	page.Find("[data-consent] [type=checkbox]").Each(func(_ int, box *goquery.Selection) {
		values.Set(box.AttrOr("name", ""), "yes")
	})
	_, err = w.Post(ctx, w.path("/consent"), values)
	return err
}

// Contact accepts the notice, consents and registers a contact.
func (w *Walker) Contact(ctx context.Context, d filing.ContactDetails, password string) error {
	if _, err := w.Post(ctx, w.path("/notice"), url.Values{"accept": {"yes"}}); err != nil {
		return err
	}
	if err := w.Consent(ctx); err != nil {
		return err
	}
	_, err := w.Fill(ctx, w.path("/contact"), url.Values{
		"user_name": {d.UserName}, "password": {password}, "password_again": {password}, "province": {d.Province},
		"name": {d.Name}, "mobile": {d.Mobile}, "email": {d.Email}, "remark": {d.Remark},
	})
	return err
}

var eightDigits = regexp.MustCompile(`验证码：(\d{8})`)

// Code waits for the newest code that reached an address after a given time.
func (w *Walker) Code(ctx context.Context, address string, after time.Time) (code string, err error) {
	err = w.until(ctx, "a code for the contact", func() (bool, error) {
		messages, err := w.messages(ctx, address)
		for _, m := range messages {
			if found := eightDigits.FindStringSubmatch(m.Text); found != nil && m.At.After(after) {
				code = found[1]
				return true, err
			}
		}
		return false, err
	})
	return code, err
}

func (w *Walker) messages(ctx context.Context, to string) (list []inbox.Message, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.inbox+"/messages.json?to="+url.QueryEscape(to), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	err = json.NewDecoder(response.Body).Decode(&list)
	return list, err
}

// Verify reads both codes and enters them.
func (w *Walker) Verify(ctx context.Context, d filing.ContactDetails, after time.Time) error {
	sms, err := w.Code(ctx, d.Mobile, after)
	if err != nil {
		return err
	}
	mail, err := w.Code(ctx, d.Email, after)
	if err != nil {
		return err
	}
	_, err = w.Post(ctx, w.path("/verify"), url.Values{"sms_code": {sms}, "mail_code": {mail}})
	return err
}

// SubmitDossier fills in both forms and submits the dossier.
func (w *Walker) SubmitDossier(ctx context.Context, h filing.Holder, siteName string) error {
	if _, err := w.Fill(ctx, w.path("/holder"), HolderValues(h)); err != nil {
		return err
	}
	return w.SubmitSite(ctx, siteName)
}

// SubmitSite fills in the site's form and submits the dossier: of a site whose holder is known, or again.
func (w *Walker) SubmitSite(ctx context.Context, siteName string) error {
	if _, err := w.Fill(ctx, w.path("/site"),
		url.Values{"name": {siteName}, "services": {"2"}, "action": {"next"}}); err != nil {
		return err
	}
	return w.Submit(ctx)
}

// Submit uploads the missing papers and submits what the forms hold. It fails if the panel leads back to what is wrong.
func (w *Walker) Submit(ctx context.Context) error {
	if err := w.Papers(ctx); err != nil {
		return err
	}
	page, err := w.Post(ctx, w.path("/review"), nil)
	if err == nil && page.Find("[data-stage]").Length() == 0 {
		err = fmt.Errorf("not submitted: %s", strings.Join(strings.Fields(page.Find("main").Text()), " "))
	}
	return err
}

// HolderValues are a holder's form, filled in and sent.
func HolderValues(h filing.Holder) url.Values {
	v := dossierview.HolderValues(h)
	v.Set("action", "next")
	return v
}

// Stage reads the stage from the filing's page.
func (w *Walker) Stage(ctx context.Context) (filing.Stage, error) {
	page, err := w.Page(ctx, w.path("/progress"))
	if err != nil {
		return "", err
	}
	return filing.Stage(page.Find("[data-stage]").AttrOr("data-stage", "")), nil
}

// WaitStage waits until the page shows one of the stages.
func (w *Walker) WaitStage(ctx context.Context, stages ...filing.Stage) (stage filing.Stage, err error) {
	err = w.until(ctx, fmt.Sprintf("stage %v", stages), func() (bool, error) {
		stage, err = w.Stage(ctx)
		return slices.Contains(stages, stage), err
	})
	return stage, err
}

// Footer copies the snippet from the result page.
func (w *Walker) Footer(ctx context.Context) (snippet string, err error) {
	page, err := w.Page(ctx, w.path("/result"))
	if err != nil {
		return "", err
	}
	return page.Find(".snippet").Text(), nil
}

// PutSnippet posts to the web space's control page and returns the status.
func (w *Walker) PutSnippet(control string, values url.Values) (status int, err error) {
	response, err := w.http.PostForm(control, values)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// CheckSiteNow presses 立即检测; it does nothing if the filing has moved on already.
func (w *Walker) CheckSiteNow(ctx context.Context) error {
	_, err := w.Post(ctx, w.path("/site-check"), nil)
	return err
}

// NumberOnOrder reads the filing number from the order list.
func (w *Walker) NumberOnOrder(ctx context.Context) (string, error) {
	page, err := w.Page(ctx, "/orders")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(page.Find(fmt.Sprintf(`[data-order=%q] .number`, w.order)).Text()), nil
}

// Raw gets a path of the panel; the caller closes the body.
func (w *Walker) Raw(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.panel+path, nil)
	if err != nil {
		return nil, err
	}
	return w.http.Do(request)
}

// Download gets a file of the filing, such as the certificate.
func (w *Walker) Download(ctx context.Context, step string) ([]byte, error) {
	return w.File(ctx, w.path(step))
}

// File gets a file of the panel.
func (w *Walker) File(ctx context.Context, path string) ([]byte, error) {
	response, err := w.Raw(ctx, path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %d", path, response.StatusCode)
	}
	return io.ReadAll(response.Body)
}

func (w *Walker) until(ctx context.Context, what string, ready func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		ok, err := ready()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("timed out waiting for %s", what), ctx.Err())
		case <-tick.C:
		}
	}
}
