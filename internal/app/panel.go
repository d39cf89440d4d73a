package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/observe"
	"github.com/beian/beian/internal/registry"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/workflows"
)

// shutdownTimeout is how long running requests may take to end.
const shutdownTimeout = 10 * time.Second

// RunPanel serves the panel on a listener until ctx ends. Then it reports not ready, keeps serving until proxies
// have noticed, and closes.
func RunPanel(ctx context.Context, l net.Listener, set Settings, p Process) error {
	cfg, err := panelConfig(set, p)
	if err != nil {
		return err
	}
	stopStatus, err := p.Observed.Serve(set.Status.Listen)
	if err != nil {
		return fmt.Errorf("BEIAN_STATUS_LISTEN: %w", err)
	}
	defer stopStatus()
	pages, err := panel.New(cfg)
	if err != nil {
		return err
	}
	defer pages.Close()
	closing, shut := context.WithCancel(context.WithoutCancel(ctx))
	defer shut()
	defer context.AfterFunc(ctx, func() {
		p.Observed.Lack(observe.Draining)
		time.AfterFunc(set.Panel.UnreadyFor, shut)
	})()
	return Serve(closing, l, pages.Handler(), pages.EndStreams)
}

// panelConfig makes the panel's configuration from the settings.
func panelConfig(set Settings, p Process) (panel.Config, error) {
	papers, err := set.Panel.PaperList()
	if err != nil {
		return panel.Config{}, err
	}
	book, err := set.Provider.RuleBook()
	if err != nil {
		return panel.Config{}, err
	}
	registries, looker, err := lookers(set.Panel)
	if err != nil {
		return panel.Config{}, err
	}
	second, err := set.Panel.SecondVettingRule()
	if err != nil {
		return panel.Config{}, err
	}
	reportSecret, err := set.Panel.Reports()
	if err != nil {
		return panel.Config{}, err
	}
	if err := set.Provider.CheckCertificateName(); err != nil {
		return panel.Config{}, err
	}
	keep, err := set.Retention.Periods()
	if err != nil {
		return panel.Config{}, err
	}
	filings := workflows.NewClient(p.Temporal, set.Provider.Vetting).In(set.Base.Namespace)
	return panel.Config{
		Store: p.Store, Filings: filings, Process: p.Observed, Logger: p.Logger,
		Provider: panel.Provider{
			Name: set.Provider.Name, AccessMode: set.Provider.AccessMode, ServerPlace: set.Provider.ServerPlace,
			LinkTargets: set.Provider.LinkTargets, PoliceTarget: set.Provider.PoliceTarget,
			CertificateName: set.Provider.CertificateName,
			PrivacyContact:  set.Provider.PrivacyContact,
			PanelURL:        set.Provider.PanelURL,
		},
		Keep:   keep,
		Papers: papers, Rules: book, VettingLease: set.Panel.VettingLease, SecondVetting: second,
		ReportSecret: reportSecret,
		Resolver:     website.NewResolver(set.Panel.DNS),
		Registry:     registries, Sites: looker,
		PublicURL:     strings.TrimRight(set.Mail.PanelURL, "/"),
		SecureCookies: set.Panel.SecureCookies, HSTS: set.Panel.HSTS, TrustedProxies: set.Panel.TrustedProxies,
		FrameOrigins: set.Panel.FrameOrigins, SessionIdle: set.Panel.SessionIdle,
		RequireTOTP: set.Panel.StaffTOTP != "optional", TemporalUI: set.Panel.TemporalNamespaceUI(set.Base.Namespace),
	}, nil
}

// lookers are what the pre-check looks things up with, as far as the settings want it.
func lookers(set config.Panel) (registries *registry.Client, looker *website.Looker, err error) {
	if set.RDAP != "" {
		if registries, err = registry.New(set.RDAP); err != nil {
			return nil, nil, fmt.Errorf("BEIAN_RDAP: %w", err)
		}
	}
	if set.SiteLooks {
		looker = website.NewLooker(website.NewChecker(website.CheckerConfig{}))
	}
	return registries, looker, nil
}

// Serve answers HTTP until ctx ends, then lets running requests end; stopping ends those that would run for long.
func Serve(ctx context.Context, l net.Listener, h http.Handler, stopping ...func()) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute}
	for _, f := range stopping {
		server.RegisterOnShutdown(f)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}
