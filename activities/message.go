package activities

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/webhook"
)

// Message holds the effects that reach people.
type Message struct {
	Store *store.Store
	SMS   *message.SMS
	Mail  *message.Mailer
	// Texts of messages to customers and staff.
	Texts *message.Texts
	// StaffAddress receives alerts; empty for none. So does StaffWebhook; nil for none.
	StaffAddress string
	StaffWebhook *webhook.Webhook
	// Alerter starts alerts to staff.
	Alerter StaffAlerter
	// PanelURL is the panel's public address, without a slash at its end; links in mails begin with it.
	PanelURL string
	// CertificateName is the certificate file's name on sites; empty: filing.CertificateName.
	CertificateName string
}

// CodeRef identifies a code of a channel.
type CodeRef struct {
	FilingID int64
	Channel  filing.Channel
	Send     int
}

// SendCode sends a channel's newest code, derived again on each attempt so that a retry carries the same one. The one
// that it was asked for may have been replaced; nothing is sent only if the newest was sent or verified.
func (a *Message) SendCode(ctx context.Context, c CodeRef) error {
	code, send, err := a.Store.PrepareCode(ctx, c.FilingID, c.Channel)
	if err != nil || send == 0 {
		return err
	}
	contact, err := a.Store.Contact(ctx, c.FilingID)
	if err != nil {
		return err
	}
	f, err := a.Store.Filing(ctx, c.FilingID)
	if err != nil {
		return err
	}
	at, domains, err := a.placeOf(ctx, f)
	if err != nil {
		return err
	}
	params := map[string]string{"user_name": contact.Details.UserName, "code": code}
	if err := a.sendTo(ctx, addressesOf(contact).By(c.Channel), sending{filingID: c.FilingID, channel: c.Channel,
		key: store.CodeKey(c.FilingID, c.Channel, send), name: message.ContactCode, page: PageOf(message.ContactCode, at),
		domains: domains, params: params, retry: activity.GetInfo(ctx).Attempt > 1}); err != nil {
		return err
	}
	return a.Store.CodeSent(ctx, c.FilingID, c.Channel, send)
}

// Notice is a message to a filing's contact that carries no code.
type Notice struct {
	FilingID int64
	Channel  filing.Channel
	Template message.Template
	Key      string
	// Stage, if set, is the customer's step that the notice is about.
	Stage filing.Stage `json:",omitempty"`
	// Left is how long the customer has for what the notice asks, in the template's unit; 0 if it asks for nothing.
	Left int
}

// Notify sends a notice, once for its key. A notice for a stage isn't sent once the filing has left it. What reminds
// of, or announces, the same of several sites of a holder is one message that names them all: the oldest filing's.
func (a *Message) Notify(ctx context.Context, n Notice) error {
	if n.Template == message.Abandoning && n.Channel == filing.SMS { // Aliyun approves no text for what is this rare
		n.Template = message.Waiting
	}
	f, err := a.Store.Filing(ctx, n.FilingID)
	if err != nil || n.Stage != "" && f.Stage != n.Stage {
		return err
	}
	params := map[string]string{"order": f.OrderNumber, "number": ""}
	if n.Left > 0 {
		params["left"] = strconv.Itoa(n.Left)
	}
	if n.Stage != "" {
		if params["step"], err = a.Texts.Step(f.Stage); err != nil {
			return err
		}
	}
	about, err := a.together(ctx, n, f)
	if err != nil || about[0].ID != f.ID {
		return err
	}
	return a.notify(ctx, n, about, params, activity.GetInfo(ctx).Attempt > 1)
}

// together lists the filings that a notice about one of them is about, oldest first, if their contacts have the same
// address.
func (a *Message) together(ctx context.Context, n Notice, f store.Filing) (about []store.Filing, err error) {
	switch n.Template {
	case message.Waiting:
		about, err = a.Store.WaitingTogether(ctx, f)
	case message.Approved:
		about, err = a.Store.ApprovedTogether(ctx, f)
	default:
		return []store.Filing{f}, nil
	}
	if err != nil {
		return nil, err
	}
	to, err := a.addressOf(ctx, f.ID, n.Channel)
	for i := 0; err == nil && i < len(about); i++ {
		if about[i].ID == f.ID {
			continue
		}
		var other string
		if other, err = a.addressOf(ctx, about[i].ID, n.Channel); other != to {
			about = slices.Delete(about, i, i+1)
			i--
		}
	}
	return about, err
}

// notify sends a notice about a filing, and about others that it is together with.
func (a *Message) notify(ctx context.Context, n Notice, about []store.Filing, params map[string]string,
	retry bool) error {
	if n.Channel == filing.Mail { // Aliyun's templates have no such variable
		params = maps.Clone(params)
		params["certificate"] = ""
	}
	at, domains, err := a.placeOf(ctx, about...)
	if err != nil {
		return err
	}
	var numbers []string
	for i, f := range about {
		d, err := a.Store.LatestDecision(ctx, f.ID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		} else if err != nil {
			return err
		}
		if n.Channel == filing.Mail && len(d.Certificate) > 0 {
			params["certificate"] = filing.CertificatePath(a.CertificateName)
		}
		number, err := a.number(ctx, f.ID, d)
		if err != nil {
			return err
		}
		if numbers = append(numbers, number); n.Template == message.Approved && i < len(domains) && len(about) > 1 {
			domains[i] += " " + number
		}
	}
	if params["number"] = ""; len(numbers) > 0 {
		params["number"] = filing.JoinNumbers(numbers)
	}
	return a.notifyUser(ctx, sending{filingID: n.FilingID, channel: n.Channel, key: n.Key, name: n.Template,
		page: PageOf(n.Template, at), domains: domains, params: params, retry: retry})
}

// number is the number for a notice: the decision's or, if that ended a filing and gave none, the ended filing's.
func (a *Message) number(ctx context.Context, filingID int64, d store.Decision) (string, error) {
	if d.Number() != "" {
		return d.Number(), nil
	}
	dossier, err := a.Store.Dossier(ctx, filingID, d.Revision)
	return dossier.Subject.Number(), err
}

func addressesOf(c store.ContactRow) store.ContactAddresses {
	return store.ContactAddresses{Email: c.Details.Email, Mobile: c.Details.Mobile}
}

// notifyUser sends to the person of a filing: its contact or, if it has none (a registered number), the account's
// confirmed addresses. Without any, nothing is sent. What is too much for the recipient's day goes out later.
func (a *Message) notifyUser(ctx context.Context, m sending) error {
	to, err := a.addressOf(ctx, m.filingID, m.channel)
	if err != nil || to == "" {
		return err
	}
	return a.sendOnce(ctx, to, m, func(ctx context.Context, key string) (time.Time, bool, error) {
		begun, before, err := a.Store.BeginNotice(ctx, key, m.channel, to)
		if over, is := errors.AsType[*store.QuotaError](err); is { // until the recipient's day is over
			err = failed(ReasonLimit, err, false, over.Wait+time.Second)
		}
		return begun, before, err
	})
}

func (a *Message) addressOf(ctx context.Context, filingID int64, channel filing.Channel) (string, error) {
	contact, err := a.Store.Contact(ctx, filingID)
	if err == nil {
		return addressesOf(contact).By(channel), nil
	} else if !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	f, err := a.Store.Filing(ctx, filingID)
	if err != nil {
		return "", err
	}
	addresses, err := a.Store.ContactAddressesOf(ctx, f.CustomerID)
	return addresses.By(channel), err
}

// sending is a message about a filing.
type sending struct {
	filingID int64
	channel  filing.Channel
	key      string
	name     message.Template
	// page is the path of the page that it is about.
	page string
	// domains are the sites that it is about, for a mail to name; none of an order's only site.
	domains []string
	params  map[string]string
	// retry says that an earlier attempt may have sent it, even if the database has none.
	retry bool
}

// sendTo sends a message that no quota of notices holds back: a code, which has its own, or what somebody must know for
// their security.
func (a *Message) sendTo(ctx context.Context, to string, m sending) error {
	return a.sendOnce(ctx, to, m, a.Store.BeginMessage)
}

// sendOnce sends a message on its channel and records it. If the process dies in between, the next attempt asks Aliyun
// first; a mail goes out again with the same Message-ID.
func (a *Message) sendOnce(ctx context.Context, to string, m sending,
	begin func(ctx context.Context, key string) (begun time.Time, before bool, err error)) error {
	if sent, err := a.Store.MessageSent(ctx, m.key); err != nil || sent {
		return err
	}
	begun, before, err := begin(ctx, m.key)
	if err != nil {
		return err
	}
	params := m.params
	if m.channel == filing.Mail && len(m.domains) > 0 { // Aliyun takes no domain in a variable
		params = maps.Clone(params)
		params[message.SitesParam] = strings.Join(m.domains, "\n")
	}
	receipt, err := a.deliver(ctx, m.channel, m.page, message.SMSMessage{Key: m.key, To: to, Template: m.name,
		Params: params, Retry: m.retry || before, Begun: begun})
	if err != nil {
		return messageFailed(err)
	}
	return a.Store.NoteMessage(ctx, store.Message{Key: m.key, FilingID: m.filingID, Channel: m.channel,
		Template: string(m.name), ProviderID: receipt.ProviderID})
}

// deliver sends a customer an SMS, or the same as a mail with a link to a page, and begins to record what becomes of
// it. An SMS has the link that its approved text has.
func (a *Message) deliver(ctx context.Context, channel filing.Channel, page string,
	m message.SMSMessage) (message.Receipt, error) {
	if err := a.stopped(ctx, channel, m); err != nil {
		return message.Receipt{}, err
	}
	mailID := ""
	if channel == filing.Mail {
		mailID = a.Mail.MessageID(m.Key)
	}
	if err := a.Store.BeginDelivery(ctx, m.Key, channel, m.To, mailID); err != nil {
		return message.Receipt{}, err
	}
	receipt, err := a.send(ctx, channel, page, m)
	if refused, is := errors.AsType[*message.Error](err); is && refused.Permanent {
		err = errors.Join(err, a.Store.RefuseAddress(ctx, channel, m.To, filing.Delivery{Code: refused.Code,
			Words: refused.Means}))
	}
	return receipt, err
}

// stopped refuses what would go out by itself to an address that was refused for good, as the other side would again.
func (a *Message) stopped(ctx context.Context, channel filing.Channel, m message.SMSMessage) error {
	if m.Template.Requested() {
		return nil
	}
	r, refused, err := a.Store.RefusedAddress(ctx, channel, m.To)
	if refused {
		err = &message.Error{Kind: message.Recipient, Code: r.Code, Means: "refused before"}
	}
	return err
}

func (a *Message) send(ctx context.Context, channel filing.Channel, page string,
	m message.SMSMessage) (message.Receipt, error) {
	if channel == filing.SMS {
		return a.SMS.Send(ctx, m)
	}
	params := maps.Clone(m.Params)
	if a.PanelURL != "" {
		params[message.PageParam] = a.PanelURL + page
	}
	return a.mail(ctx, m.Key, m.To, m.Template, params)
}

// mail sends a mail.
func (a *Message) mail(ctx context.Context, key, to string, name message.Template,
	params map[string]string) (message.Receipt, error) {
	subject, text, page, err := a.Texts.Mail(name, params)
	if err != nil {
		return message.Receipt{}, err
	}
	return a.Mail.Send(ctx,
		message.MailMessage{Key: key, To: to, Subject: subject, Text: text, HTML: page, Template: name})
}

// messageFailed decides who can fix a message that wasn't sent.
func messageFailed(err error) error {
	var e *message.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Kind {
	case message.Recipient:
		return failed(ReasonRecipient, err, true, 0)
	case message.Operator:
		return failed(ReasonOperator, err, true, 0)
	case message.Limit:
		return failed(ReasonLimit, err, false, e.RetryAfter)
	}
	return failed(ReasonTemporary, err, false, 0)
}
