package message

import (
	"embed"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/beian/beian/internal/filing"
)

// Template names a message's text.
type Template string

// The messages.
const (
	// ContactCode carries a verification code; params user_name and code.
	ContactCode Template = "contact_code"
	// Approved announces the bureau's approval; params number and order, in mails also certificate: its path on the
	// site, empty if the bureau issued none.
	Approved Template = "approved"
	// Refused announces a refusal by the bureau; param order.
	Refused Template = "refused"
	// SentBack says that our staff sent a dossier back (初审退回); param order.
	SentBack Template = "sent_back"
	// FooterNeeded asks for the number to be put on the home page; params number and order.
	FooterNeeded Template = "footer_needed"
	// Filed says that the filing is complete; params as for Approved.
	Filed Template = "filed"
	// Ended says that a deregistration was completed; params number and order.
	Ended Template = "ended"
	// Deregistered says that the bureau deregistered a filing; params number and order.
	Deregistered Template = "deregistered"
	// Withdrawn says that staff withdrew a filing; param order.
	Withdrawn Template = "withdrawn"
	// FollowUpWithdrawn says that staff withdrew a follow-up of a completed filing, RegistrationWithdrawn that staff
	// withdrew the registration of an existing number; by mail only; params order and kind.
	FollowUpWithdrawn     Template = "follow_up_withdrawn"
	RegistrationWithdrawn Template = "registration_withdrawn"
	// ContactChanged tells a contact, at the old address, that staff corrected it; param order.
	ContactChanged Template = "contact_changed"
	// RefusedOurs announces a refusal that the provider must fix; param order.
	RefusedOurs Template = "refused_ours"
	// Waiting reminds customers of a step that only they can take; params order and step.
	Waiting Template = "waiting"
	// Abandoning announces that a filing which nobody touches will be withdrawn, by mail only, an SMS is Waiting; params
	// order, step and left (days). Abandoned says that it was; by mail only; param order.
	Abandoning Template = "abandoning"
	Abandoned  Template = "abandoned"
	// SiteRemoved says that an order no longer lists the domain of a site with a filing, by mail only; params order and
	// number (empty: it has none yet).
	SiteRemoved Template = "site_removed"
	// SMSVerification asks the customer to enter the bureau's code on the bureau's site; params order and left (hours).
	SMSVerification Template = "sms_verification"
	// Police reminds the customer of the public-security filing (公安联网备案); params order and left (days).
	Police Template = "police"
	// PasswordCode lets a person set a new password, ContactAddressCode confirms a new mail address or mobile number,
	// ProofCode proves who is there before account settings are changed; params login and code.
	PasswordCode       Template = "password_code"
	ContactAddressCode Template = "contact_address_code"
	ProofCode          Template = "proof_code"
	// FirstPassword is PasswordCode for a customer's first password, which staff had sent; by mail only; params login
	// and code.
	FirstPassword Template = "first_password"
	// PasswordChanged says that an account's password was changed, by mail only; param login.
	PasswordChanged Template = "password_changed"
	// AccountChanged tells an account's owner, at the former address, that how they get in was changed; params login and
	// what (Texts.Change).
	AccountChanged Template = "account_changed"
	// Stuck alerts staff to a problem that blocks filings, by mail only; params step, reason, order (the first), link
	// (may be empty).
	Stuck Template = "stuck"
	// Stopped alerts staff to an exchange that stopped, by mail only; params account, code, link.
	Stopped Template = "stopped"
	// Tasks tells staff how many tasks of each kind are new, by mail only; param tasks.
	Tasks Template = "tasks"
	// TicketOpened tells staff about a question or complaint, by mail only; params number, kind (ask, complain), order
	// (may be empty), reply (not empty: it is the customer's reply to one), text, link.
	TicketOpened Template = "ticket_opened"
	// TicketAnswered sends staff's answer to the person who asked, by mail only; params number, text (empty: it is read in
	// the panel), customer (empty for strangers).
	TicketAnswered Template = "ticket_answered"
)

// SMSTemplates are the messages sent by SMS; each needs a text approved by Aliyun.
var SMSTemplates = []Template{ContactCode, Approved, Refused, FooterNeeded, Filed, SMSVerification, Ended, SentBack,
	Police, PasswordCode, ContactAddressCode, Deregistered, RefusedOurs, Waiting, ContactChanged, Withdrawn,
	AccountChanged, ProofCode}

// CustomerTemplates are the messages to customers.
var CustomerTemplates = append([]Template{FollowUpWithdrawn, RegistrationWithdrawn, PasswordChanged, FirstPassword,
	TicketAnswered, Abandoning, Abandoned, SiteRemoved},
	SMSTemplates...)

// PageParam is the param with the address of the page that a message to a customer is about; without one there is no
// link.
const PageParam = "page"

// SitesParam is the param of a mail with the sites that it is about, one a line; without one, the order has only one.
const SitesParam = "sites"

// Requested reports whether somebody asked for the message and waits for it: a code. Others go out by themselves.
func (t Template) Requested() bool {
	return slices.Contains([]Template{ContactCode, PasswordCode, ContactAddressCode, ProofCode, FirstPassword}, t)
}

// Linked reports whether the SMS may carry a link. Aliyun allows none in templates of codes (验证码模板不支持链接,
// https://help.aliyun.com/document_detail/463237.html), and none in a variable (isv.PARAM_NOT_SUPPORT_URL): the link is
// a fixed part of the approved text, the same for everybody.
func (t Template) Linked() bool {
	return t != ContactCode && t != PasswordCode && t != ContactAddressCode && t != ProofCode
}

//go:embed texts/*.tmpl
var textFiles embed.FS

// Texts renders messages in one language.
type Texts struct {
	lang string
	set  *template.Template
}

// NewTexts loads the texts of a language: "zh" or "en".
func NewTexts(lang string) (*Texts, error) {
	set, err := template.New("").Option("missingkey=error").ParseFS(textFiles, "texts/"+lang+".tmpl")
	if err != nil {
		return nil, fmt.Errorf("message texts in %q: %w", lang, err)
	}
	return &Texts{lang, set}, nil
}

// SMS renders an approved template with its params, as the phone shows it. Aliyun renders the real message; this one is
// for people to read.
func (t *Texts) SMS(name Template, params map[string]string) (string, error) {
	text, err := t.render(name, "sms", params)
	if err != nil || params[PageParam] == "" || !name.Linked() {
		return text, err
	}
	link, err := t.render("link", "sms", params)
	return text + " " + link, err
}

// Mail renders a mail's subject, plain text and HTML.
func (t *Texts) Mail(name Template, params map[string]string) (subject, text, page string, err error) {
	if subject, err = t.render(name, "subject", params); err != nil {
		return "", "", "", err
	}
	subject = strings.Join(strings.Fields(subject), " ") // a line break would end the header
	if text, err = t.render(name, "text", params); err != nil {
		return "", "", "", err
	}
	for _, end := range []struct {
		param string
		name  Template
	}{{SitesParam, "sites"}, {PageParam, "link"}} {
		if params[end.param] == "" {
			continue
		}
		paragraph, err := t.render(end.name, "text", params)
		if err != nil {
			return "", "", "", err
		}
		text += "\n\n" + paragraph
	}
	return subject, text, toHTML(text), nil
}

// Kind names a kind of filing.
func (t *Texts) Kind(kind filing.Kind) string { return kind.Spec().Name.In(t.lang) }

// Step describes what a customer does in a stage, for reminders.
func (t *Texts) Step(stage filing.Stage) (string, error) { return t.render("step", string(stage), nil) }

// Change names what of an account changed.
func (t *Texts) Change(what string) (string, error) { return t.render("account_change", what, nil) }

func (t *Texts) render(name Template, part string, params map[string]string) (string, error) {
	var b strings.Builder
	if err := t.set.ExecuteTemplate(&b, string(name)+"."+part, params); err != nil {
		return "", fmt.Errorf("rendering message %s.%s failed", name, part) // the cause may quote params
	}
	return strings.TrimSpace(b.String()), nil
}

// address is one in escaped text.
var address = regexp.MustCompile(`https?://[!-;=?-~]+`)

// toHTML turns plain text into paragraphs, and addresses into links.
func toHTML(text string) string {
	var b strings.Builder
	b.WriteString(`<!doctype html><meta charset="utf-8"><body style="font:16px/1.7 sans-serif;max-width:36em">`)
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		escaped := strings.ReplaceAll(html.EscapeString(paragraph), "\n", "<br>")
		b.WriteString("<p>" + address.ReplaceAllString(escaped, `<a href="$0">$0</a>`) + "</p>")
	}
	b.WriteString("</body>")
	return b.String()
}
