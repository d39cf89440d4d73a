package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/schema"
	"github.com/beian/beian/workflows"
)

const (
	// checkTime bounds one check.
	checkTime = 30 * time.Second
	// clockTolerance is how far clocks may be apart: a one-time password is valid for half a minute.
	clockTolerance = 10 * time.Second
	// polledWithin is how long ago a worker must have asked for tasks; a poll lasts a minute.
	polledWithin = 2 * time.Minute
	// leastSpace is what uploads need of the folder for temporary files, in bytes.
	leastSpace = 512 << 20
)

// Finding is the result of one check.
type Finding struct {
	Check string
	// Detail says what was found; Err what is wrong, and with which setting.
	Detail string
	Err    error
	// Skipped: another check that failed must be mended first.
	Skipped bool
}

// Doctor checks everything that the product depends on, with settings whose secrets are loaded. It changes nothing,
// and sends nothing to anybody. With BEIAN_QUEUES it checks what a worker of these queues needs.
func Doctor(ctx context.Context, set *Settings) []Finding {
	d := &doctor{set: set}
	defer d.close()
	d.base(ctx)
	others := append([]check{
		{"settings", d.settings}, {"queues", d.needsTemporal(d.queues)}, {"clock", d.needsDatabase(d.clock)},
		{"DNS", d.dns}, {"disk", d.disk},
	}, d.ofQueues()...)
	list := make([]Finding, len(others))
	var all sync.WaitGroup
	for i, c := range others {
		all.Go(func() { list[i] = c.run(ctx) })
	}
	all.Wait()
	return append(d.found, list...)
}

// ofQueues are the checks of what the queues' activities call.
func (d *doctor) ofQueues() (list []check) {
	if d.set.serves(workflows.QueueMessage) {
		list = append(list, check{"SMS", d.sms}, check{"mail", d.mail})
	}
	if !d.set.serves(workflows.QueueBureau) {
		return list
	}
	accounts, err := d.set.Bureau.AccountList()
	if err != nil {
		return append(list, check{"bureau", func(context.Context) (string, error) { return "", err }})
	}
	for _, a := range accounts {
		list = append(list,
			check{"bureau " + a.Name, func(ctx context.Context) (string, error) { return askBureau(ctx, a) }})
	}
	return list
}

type check struct {
	name string
	ask  func(context.Context) (string, error)
}

// errSkipped: a check can't be made because of another's failure.
var errSkipped = errors.New("not checked: mend what failed above first")

func (c check) run(ctx context.Context) Finding {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	detail, err := c.ask(ctx)
	if errors.Is(err, errSkipped) {
		return Finding{Check: c.name, Detail: err.Error(), Skipped: true}
	}
	return Finding{Check: c.name, Detail: detail, Err: err}
}

type doctor struct {
	set      *Settings
	found    []Finding
	keys     *seal.Keys
	db       *store.Store
	temporal client.Client
}

func (d *doctor) close() {
	if d.db != nil {
		_ = d.db.Close()
	}
	if d.temporal != nil {
		d.temporal.Close()
	}
}

// base checks, one after the other, what the other checks build on.
func (d *doctor) base(ctx context.Context) {
	base := &d.set.Base
	for _, c := range []check{
		{"key file", func(context.Context) (_ string, err error) {
			d.keys, err = base.Keys()
			return base.KeyFile, err
		}},
		{"database", func(ctx context.Context) (_ string, err error) {
			if d.db, err = store.Open(ctx, base.Database, d.keys); err != nil {
				return "", err
			}
			return d.db.ServerVersion(ctx)
		}},
		{"schema", d.needsDatabase(func(ctx context.Context) (string, error) {
			status, err := schema.Fits(ctx, d.db.DB())
			if err != nil {
				return "", fmt.Errorf("BEIAN_DATABASE: %w", err)
			}
			return fmt.Sprintf("version %d", status.Version()), nil
		})},
		{"keys", d.needsDatabase(func(ctx context.Context) (string, error) {
			if d.keys == nil {
				return "", errSkipped
			}
			return "the database's data is sealed with them", canaryError(base, d.db.CheckKeys(ctx))
		})},
		{"Temporal", func(ctx context.Context) (_ string, err error) {
			if d.keys == nil {
				return "", errSkipped
			}
			d.temporal, err = dial(ctx, base, NewLogger("error"))
			return fmt.Sprintf("%s, namespace %s", base.Temporal, base.Namespace), err
		}},
	} {
		d.found = append(d.found, c.run(ctx))
	}
}

func (d *doctor) needsDatabase(ask func(context.Context) (string, error)) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if d.db == nil {
			return "", errSkipped
		}
		return ask(ctx)
	}
}

func (d *doctor) needsTemporal(ask func(context.Context) (string, error)) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if d.temporal == nil {
			return "", errSkipped
		}
		return ask(ctx)
	}
}

// settings checks those that name files or have rules of their own.
func (d *doctor) settings(context.Context) (string, error) {
	_, workerErr := WorkerConfig(d.set.Worker, d.set.SMS.PerSecond)
	_, papersErr := d.set.Panel.PaperList()
	_, rulesErr := d.set.Provider.RuleBook()
	_, secondErr := d.set.Panel.SecondVettingRule()
	_, reportErr := d.set.Panel.Reports()
	_, hookErr := staffHook(d.set.Staff)
	_, websiteErr := websiteActivities(d.set.Website, d.set.Provider, nil)
	return "well-formed", errors.Join(d.set.Base.DevelopmentOnly(d.set.SMS, d.set.Website), workerErr, papersErr, rulesErr,
		secondErr, reportErr, hookErr, websiteErr)
}

// queues asks who polls.
func (d *doctor) queues(ctx context.Context) (string, error) {
	var without []string
	polls, err := activities.QueuePolls(ctx, d.temporal.WorkflowService(), d.set.Base.Namespace, workflows.Queues...)
	if err != nil {
		return "", fmt.Errorf("BEIAN_TEMPORAL: %w", err)
	}
	for _, p := range polls {
		if time.Since(p.PolledAt) >= polledWithin {
			without = append(without, p.Queue)
		}
	}
	if len(without) > 0 {
		return "", fmt.Errorf("BEIAN_QUEUES: no worker takes tasks of %s: start one with these queues", strings.Join(without,
			", "))
	}
	return strings.Join(workflows.Queues, ", "), nil
}

func (d *doctor) clock(ctx context.Context) (string, error) {
	begin := time.Now()
	at, err := d.db.ServerTime(ctx)
	if err != nil {
		return "", err
	}
	apart := at.Sub(begin.Add(time.Since(begin) / 2)).Round(time.Second)
	if apart.Abs() > clockTolerance {
		return "", fmt.Errorf("this machine's clock and the database's are %s apart: set both by NTP", apart.Abs())
	}
	return "as the database's", nil
}

func (d *doctor) sms(ctx context.Context) (string, error) {
	sender, err := SMSSender(d.set.SMS)
	if err != nil {
		return "", err
	}
	err = sender.CheckAccount(ctx)
	var refused *message.Error
	switch {
	case err == nil:
		return "Aliyun takes the access key", nil
	case errors.As(err, &refused) && refused.Kind == message.Operator:
		return "", fmt.Errorf("BEIAN_SMS_ACCESS_KEY_ID, BEIAN_SMS_ACCESS_KEY_SECRET: Aliyun answers %s", refused.Code)
	}
	return "", fmt.Errorf("BEIAN_SMS_ENDPOINT: Aliyun can't be asked at %s: %w",
		cmp.Or(d.set.SMS.Endpoint, "its own address"), err)
}

func (d *doctor) mail(ctx context.Context) (string, error) {
	m := d.set.Mail
	sender, err := mailSender(m, d.set.MailRoots)
	if err != nil {
		return "", err
	}
	if err := sender.SignIn(ctx); err != nil {
		setting := "BEIAN_MAIL_HOST, BEIAN_MAIL_PORT, BEIAN_MAIL_TLS"
		switch text := err.Error(); {
		case strings.Contains(text, "x509:"):
			setting = "BEIAN_MAIL_CA_FILE"
		case strings.Contains(text, "535"), strings.Contains(text, "AUTH"), strings.Contains(text, "auth"):
			setting = "BEIAN_MAIL_USER, BEIAN_MAIL_PASSWORD"
		}
		return "", fmt.Errorf("%s: signing in at %s:%d: %w", setting, m.Host, m.Port, err)
	}
	return fmt.Sprintf("%s:%d takes mail from us", m.Host, m.Port), nil
}

// askBureau asks for our last data file, which changes nothing.
func askBureau(ctx context.Context, a config.Account) (string, error) {
	c, _ := a.Client()
	if c == nil {
		return "submitted by hand", nil
	}
	last, answer, err := c.QueryPreviousUpload(ctx)
	if err != nil {
		return "", fmt.Errorf("BEIAN_BUREAU_URL or the accounts file: the bureau can't be asked at %s: %w", a.URL, err)
	}
	switch answer.Action() {
	case bureau.GoOn, bureau.TryLater:
		return fmt.Sprintf("answers; last data file %d", last.Sequence), nil
	}
	return "", fmt.Errorf("BEIAN_BUREAU_USER, BEIAN_BUREAU_PASSWORD or the accounts file: the bureau answers %d %s",
		answer.Code, answer.Message)
}

// dns asks for a name that every installation links to.
func (d *doctor) dns(ctx context.Context) (string, error) {
	name := "beian.miit.gov.cn"
	if u, err := url.Parse(slices.Concat(d.set.Provider.LinkTargets, []string{""})[0]); err == nil && u.Hostname() != "" {
		name = u.Hostname()
	}
	server := cmp.Or(d.set.Panel.DNS, "the system's name server")
	if _, ok := website.NewResolver(d.set.Panel.DNS).Lookup(ctx, []string{name})[name]; !ok {
		return "", fmt.Errorf("BEIAN_DNS: %s doesn't answer a question about %s", server, name)
	}
	return server + " answers", nil
}

func (d *doctor) disk(context.Context) (string, error) {
	var fs syscall.Statfs_t
	dir := os.TempDir()
	if err := syscall.Statfs(dir, &fs); err != nil {
		return "", fmt.Errorf("TMPDIR: %s: %w", dir, err)
	}
	free := fs.Bavail * uint64(fs.Bsize)
	if free < leastSpace {
		return "", fmt.Errorf("TMPDIR: %s has %d MiB left, and uploads need %d: free some, or name another folder", dir,
			free>>20, leastSpace>>20)
	}
	return fmt.Sprintf("%d MiB left in %s", free>>20, dir), nil
}
