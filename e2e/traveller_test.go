package e2e_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/browsertest"
	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/orderfile"
	"github.com/beian/beian/internal/stack"
)

// view is how somebody sees the panel: in a language, at a width, with scripts or without.
type view struct {
	lang, size string
	scriptless bool
}

// views are those of each journey.
var views = []view{{lang: "zh", size: "phone"}, {lang: "zh", size: "desktop"}, {lang: "en", size: "phone"},
	{lang: "en", size: "desktop"}}

// corners are the views for pages outside the journeys: they cover each language and each width.
var corners = []view{{lang: "zh", size: "phone"}, {lang: "en", size: "desktop"}}

func (v view) String() string {
	name := v.lang + "-" + v.size
	if v.scriptless {
		name += "-scriptless"
	}
	return name
}

// in picks the text of the view's language.
func (v view) in(zh, en string) string {
	if v.lang == "en" {
		return en
	}
	return zh
}

// switched opens the sign-in page in the view's language.
func (v view) switched() []chromedp.Action[chromedp.Void] {
	steps := []chromedp.Action[chromedp.Void]{chromedp.WaitVisible("#f-login")}
	if v.lang == "en" {
		steps = append(steps, submit(`[name=lang][value=en]`), chromedp.WaitVisible(`html[lang=en] #f-login`))
	}
	return steps
}

// signedIn is chromium in a view, with somebody signed in.
func signedIn(t *testing.T, s *stack.Stack, v view, login, password string) context.Context {
	t.Helper()
	ctx := browser(t, sizes[v.size], 844)
	do(ctx, t, chromedp.Navigate(s.PanelURL+"/sign-in"), v.switched(), chromedp.SendKeys(chromedp.ID("f-login"), login),
		chromedp.SendKeys(chromedp.ID("f-password"), password),
		submit(".card .button"), chromedp.WaitNotPresent(chromedp.ID("f-login")), chromedp.WaitVisible(chromedp.CSS("main")))
	return ctx
}

// fits checks that the page is no wider than its window.
func fits(ctx context.Context, t *testing.T, what string) {
	t.Helper()
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
	require.NoError(t, err)
	require.False(t, wide, "%s: nothing sticks out", what)
}

// each runs a journey in several views, each with its own order and web space.
func each(t *testing.T, s *stack.Stack, views []view, journey func(t *testing.T, p *traveller)) {
	t.Helper()
	require.GreaterOrEqual(t, s.Options.Spares, len(views), "a spare web space for each")
	s.Store.LiftQuotas() // one customer does what many would
	for i, v := range views {
		t.Run(v.String(), func(t *testing.T) { journey(t, newTraveller(t, s, v, i+1)) })
	}
}

// traveller is a customer at a browser with an order.
type traveller struct {
	view
	t     *testing.T
	s     *stack.Stack
	ctx   context.Context
	order string
	// space is the user of the order's web space.
	space   string
	contact filing.ContactDetails
	holder  filing.Holder
	// walker is the same customer at another machine.
	walker *demo.Walker
}

func newTraveller(t *testing.T, s *stack.Stack, v view, n int) *traveller {
	t.Helper()
	space, address := stack.Spare(n)
	p := &traveller{view: v, t: t, s: s, order: fmt.Sprintf("J2026%04d", n), space: space.User,
		contact: filingtest.Contact(), holder: filingtest.PersonHolder()}
	p.contact.UserName, p.contact.Mobile, p.contact.Email = fmt.Sprintf("traveller_%d", n),
		fmt.Sprintf("1390000%04d", 2000+n), fmt.Sprintf("traveller%d@example.com", n)
	// the bureau files a holder only once
	p.holder.DocumentType, p.holder.DocumentNumber = filing.DocumentPassport, fmt.Sprintf("E%08d", n)
	file := strings.NewReader(
		"number,customer,product,domains,ips,protocol,host,port,user,password,document_root,expires_on\n" +
			strings.Join([]string{
				p.order, stack.DemoCustomer, "虚拟主机 标准型", space.Domains[0], address.String(), "ftp", "127.0.0.1",
				strconv.Itoa(s.Options.Ports.FTP), space.User, space.Password, space.DocumentRoot, "2027-12-31",
			}, ","))
	sum, err := orderfile.Import(t.Context(), s.Store, file, true)
	require.NoError(t, err)
	require.Zero(t, sum.Refused, sum.Errors)
	p.walker = customer(t, s)
	p.walker.Use(p.order)
	p.ctx = browser(t, sizes[v.size], 844)
	if v.scriptless {
		require.NoError(t, patiently(p.ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled,
				emulation.SetScriptExecutionDisabledParams{Value: true})
			return err
		})))
	}
	return p
}

// papers chooses a picture for each required paper, and goes on to the review.
func (p *traveller) papers() {
	p.t.Helper()
	must, err := chromedp.Run(p.ctx,
		chromedp.Evaluate[[]string](`[...document.querySelectorAll("[data-must]")].map(paper => paper.dataset.paper)`))
	require.NoError(p.t, err)
	require.NotEmpty(p.t, must)
	p.do(pictures(p.t, must...), submit(`[value=next]`), chromedp.WaitVisible(".facts"))
}

func (p *traveller) do(steps ...any) { p.t.Helper(); do(p.ctx, p.t, steps...) }

// url is a page of the traveller's filing.
func (p *traveller) url(step string) string {
	return p.s.PanelURL + "/orders/" + p.order + "/filing" + step
}

// row is the order's line in the list.
func (p *traveller) row(below string) string {
	return fmt.Sprintf(`[data-order=%q] %s`, p.order, below)
}

// signIn signs in and switches to the view's language.
func (p *traveller) signIn() {
	p.t.Helper()
	p.do(chromedp.Navigate(p.s.PanelURL+"/sign-in"), p.switched())
	p.shot("00-sign-in")
	p.do(signIn(), chromedp.WaitVisible(p.row("td")))
}

// shot takes a picture of the page and checks it; the checker needs scripts.
func (p *traveller) shot(name string) {
	p.t.Helper()
	if p.scriptless {
		p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			return browsertest.Picture(ctx, target, p.t.Name()+"-"+name)
		}))
		return
	}
	p.do(shot(p.t, name))
}

// arrives waits until the filing's page shows a stage: by live update or, without scripts, by reloading.
func (p *traveller) arrives(stage filing.Stage) {
	p.t.Helper()
	if p.scriptless {
		wait(p.t, p.walker, stage)
		p.do(chromedp.Navigate(p.url("")))
	}
	p.do(chromedp.WaitVisible(fmt.Sprintf(`[data-stage=%q]`, stage)))
}

// text is the text of an element.
func (p *traveller) text(selector string) string { p.t.Helper(); return text(p.ctx, p.t, selector) }

// fill types into fields by name.
func (p *traveller) fill(fields ...string) {
	p.t.Helper()
	for i := 0; i < len(fields); i += 2 {
		p.do(chromedp.Clear(chromedp.ID("f-"+fields[i])), chromedp.SendKeys(chromedp.ID("f-"+fields[i]), fields[i+1]))
	}
}

// choose selects from lists by name.
func (p *traveller) choose(fields ...string) {
	p.t.Helper()
	for i := 0; i < len(fields); i += 2 {
		p.do(chromedp.WaitReady(fmt.Sprintf(`#f-%s option[value=%q]`, fields[i], fields[i+1])),
			chromedp.SetValue(chromedp.ID("f-"+fields[i]), fields[i+1]))
		if !p.scriptless {
			p.do(changed("#f-" + fields[i]))
		}
	}
}

// codes enters both codes sent after a given time.
func (p *traveller) codes(since time.Time) {
	p.t.Helper()
	sms, err := p.walker.Code(p.t.Context(), p.contact.Mobile, since)
	require.NoError(p.t, err)
	mail, err := p.walker.Code(p.t.Context(), p.contact.Email, since)
	require.NoError(p.t, err)
	p.fill("sms_code", sms, "mail_code", mail)
	p.do(submit(".card .button"))
}

// prepared brings the filing to its forms, on the other machine.
func (p *traveller) prepared() {
	p.t.Helper()
	begin := time.Now()
	require.NoError(p.t, p.walker.Open(p.t.Context(), p.order))
	require.NoError(p.t, p.walker.Contact(p.t.Context(), p.contact, password))
	require.NoError(p.t, p.walker.Verify(p.t.Context(), p.contact, begin))
	wait(p.t, p.walker, filing.Preparing)
}
