package dossierview

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/rules"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// SMSVerification is the ministry's SMS verification that a filing waits for, the same for the customer and for staff.
type SMSVerification struct {
	// Until is when the bureau returns the filing, Left how long that is.
	Until time.Time
	Left  time.Duration
	Kind  filing.Kind
	// People must all verify. There are none if the dossier can't be read.
	People []SMSPerson
	// Tries and Resends are the ministry's limits; 0: unknown. Source says who says so.
	Tries, Resends int
	Source         string
}

// SMSPerson is a person who must verify.
type SMSPerson struct {
	filing.SMSVerifier
	// Name is empty for staff, the masked Mobile for those who may see nothing personal.
	Name, Mobile string
	// Document names the document whose last six characters are asked for; empty: whatever is filed.
	Document string
	// Zhejiang: holders of a mainland travel permit give their Hong Kong or Macao identity card's instead.
	Zhejiang bool
	Done     bool
}

// SeenBy is who reads a page, by how much of people's data they may see.
type SeenBy int

// The readers.
const (
	SeenByViewer SeenBy = iota
	SeenByStaff
	SeenByOwner
)

// filed tells that the person is one whom only the bureau knows.
func (p SMSPerson) filed() bool { return p.Manager == filing.Manager{} }

// hours and minutes are what is left, rounded up to the minute.
func (s SMSVerification) hours() int   { return int((s.Left + time.Minute - 1).Hours()) }
func (s SMSVerification) minutes() int { return int((s.Left + time.Minute - 1).Minutes()) % 60 }

// someDone tells whether one person has verified, and another hasn't.
func (s SMSVerification) someDone() bool {
	return slices.ContainsFunc(s.People, func(p SMSPerson) bool { return p.Done })
}

// Keys name everybody who must verify.
func (s SMSVerification) Keys() (keys []string) {
	for _, p := range s.People {
		keys = append(keys, p.Key())
	}
	return keys
}

// SMSVerification is what a filing waits for; nil if it doesn't. Staff see no names.
func (v *View) SMSVerification(
	c *gin.Context, cur Current, events []store.Event, seen SeenBy,
) (*SMSVerification, error) {
	if cur.Filing.Attention != filing.AttentionSMSVerification {
		return nil, nil
	}
	s := &SMSVerification{Kind: cur.Filing.Kind}
	done := map[string]bool{}
	for _, e := range slices.Backward(events) {
		if e.Kind == filing.EventSMSVerificationPart {
			done[e.Detail] = true
		}
		if e.Kind != filing.EventSMSVerification {
			continue
		}
		until, err := time.Parse(time.RFC3339, e.Detail)
		if err != nil {
			return nil, nil //nolint:nilerr // an older build wrote something else: the time is all that the step is about
		}
		s.Until, s.Left = until, max(0, until.Sub(v.Store.Now()))
		break
	}
	d, others, err := v.verified(c.Request.Context(), cur)
	if errors.Is(err, store.ErrNotFound) {
		v.limits(s, v.T(c))
		return s, nil
	} else if err != nil {
		return nil, err
	}
	s.Kind = d.Kind
	v.limits(s, v.T(c))
	for _, verifier := range d.SMSVerifiersWith(v.Rules.SMSRoles(d.Kind), others) {
		m := verifier.Manager
		person := SMSPerson{SMSVerifier: verifier, Done: done[verifier.Key()], Zhejiang: d.Bureau() == "330000"}
		if seen >= SeenByStaff {
			person.Mobile = web.MaskMobile(m.Mobile)
		}
		if seen == SeenByOwner {
			person.Name = m.Name
		}
		for _, code := range v.Tables(c.Request.Context()).DocumentTypes {
			if code.ID == m.DocumentType {
				person.Document = code.In(v.Lang(c))
			}
		}
		s.People = append(s.People, person)
	}
	return s, nil
}

// limits tells the ministry's limits for the kind of filing.
func (v *View) limits(s *SMSVerification, t *locale.Localizer) {
	var origins []rules.Origin
	s.Tries, s.Resends, origins = v.Rules.SMSLimits(s.Kind)
	var sources []string
	for _, o := range origins {
		if source := v.CreditText(t, o); !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	s.Source = t.List(sources)
}

// verified is the dossier with the managers who must verify it, and those of the other sites in its record by domain.
// The managers of a deregistration are of the filing that it ends.
func (v *View) verified(
	ctx context.Context, cur Current,
) (d filing.Dossier, others map[string]filing.Dossier, err error) {
	var with []store.Filing
	err = web.AtOnce(func() error {
		var err error
		if d, err = v.Store.Dossier(ctx, cur.Filing.ID, cur.Filing.Revision); err == nil && d.Kind.Ends() {
			var base filing.Dossier
			base, err = v.Based(ctx, cur)
			d.Holder, d.Site = base.Holder, base.Site
		}
		return err
	}, func() (err error) {
		with, err = v.Store.Companions(ctx, cur.Filing.ID)
		return err
	})
	if err != nil {
		return d, nil, err
	}
	dossiers, reads := make([]filing.Dossier, len(with)), make([]func() error, len(with))
	for i, f := range with {
		reads[i] = func() (err error) {
			dossiers[i], err = v.Store.Dossier(ctx, f.ID, f.Revision)
			return err
		}
	}
	if err := web.AtOnce(reads...); err != nil {
		return d, nil, err
	}
	others = map[string]filing.Dossier{}
	for i, f := range with {
		others[f.Domain] = dossiers[i]
	}
	return d, others, nil
}

// roleText is the key of what a person is called.
func (p SMSPerson) roleText() string {
	roles, _ := filing.SMSVerifierOf(p.Key())
	return "sms_verification.role_" + strings.ReplaceAll(roles, "+", "_")
}
