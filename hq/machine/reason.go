package machine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// SetReasons says for which reasons stock may be adjusted at sites, and what else is done with goods. Each takes the place of the one of its code; those that are not named stay.
type SetReasons struct {
	Reasons []ledger.Reason
	Ends    []string // reasons, by code, that are to be no more
	By      string
	Reason  string
	At      time.Time
	Version uint64 // of the settings as By has seen them; 0: not said
}

// ReasonCommands is what Build.Commands has to be of every server before a SetReasons is given.
const ReasonCommands = int(kindReasons)

// ReasonActCommands is likewise, of reasons that say for what they are given: an older server would forget it.
const ReasonActCommands = int(kindReasonActs)

func (*SetReasons) kind() kind { return kindReasons }

// changeReason is what a change of the history is of, and the reason's code.
const changeReason = "reason."

func (m *Machine) setReasons(c *SetReasons) Result {
	err := m.atomically(func() error {
		if err := c.check(); err != nil {
			return err
		}
		now := m.edited()
		signed, sight := m.signed(c.By, c.Reason, c.At), m.sightOf(c.Version)
		change := func(code, to string) error {
			from := ""
			if i, ok := ledger.FindReason(now.Reasons, code); ok {
				from = TextOfReason(&now.Reasons[i])
			}
			if from == to {
				return nil
			}
			return m.changedBy(&sight, Change{What: changeReason + code, From: from, To: to, Set: signed})
		}
		for i := range c.Reasons {
			if err := change(c.Reasons[i].Code, TextOfReason(&c.Reasons[i])); err != nil {
				return err
			}
		}
		for _, code := range c.Ends {
			if err := change(code, ""); err != nil {
				return err
			}
		}
		now.Reasons = ledger.SetReasons(now.Reasons, c.Reasons, c.Ends)
		if err := ledger.CheckReasons(now.Reasons); err != nil {
			return err
		}
		m.company.put(companyKey, now)
		return nil
	})
	if err == nil {
		m.wake = append(m.wake, m.derived.sites...) // they are to hold everywhere soon
	}
	return Result{Err: err, Version: m.counters.Settings.Version}
}

func (c *SetReasons) check() error {
	if c.By == "" {
		return &ledger.FormError{Field: "by", Why: "is empty: a setting is changed by somebody"}
	}
	if len(c.Reasons)+len(c.Ends) > 2*ledger.ReasonsMax {
		return &ledger.FormError{Field: "reasons", Why: "are more than one request can set"}
	}
	var errs []error
	for i := range c.Reasons {
		errs = append(errs, c.Reasons[i].Check())
	}
	return errors.Join(errs...)
}

// TextOfReason says a reason in a line, for the history.
func TextOfReason(r *ledger.Reason) string {
	var words []string
	if r.Way != 0 {
		words = append(words, r.Way.String())
	}
	if acts := r.Acts.Words(); len(acts) > 0 {
		words = append(words, "for "+strings.Join(acts, ", "))
	}
	if r.Blocks {
		words = append(words, "stays blocked")
	}
	if r.Approve {
		words = append(words, "is approved")
	}
	if r.Text != "" {
		words = append(words, fmt.Sprintf("(%s)", r.Text))
	}
	return strings.Join(words, " ")
}

func (c *coder) setReasons(v *SetReasons) {
	c.fields(6, func() {
		c.adjustReasons(&v.Reasons)
		list(c, &v.Ends, 2*ledger.ReasonsMax, func(s *string) { text(c, s) })
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
		count(c, &v.Version)
	})
}

func (c *coder) adjustReasons(p *[]ledger.Reason) {
	list(c, p, 2*ledger.ReasonsMax, func(v *ledger.Reason) { foreign(c, v, ledger.MarshalReason, ledger.UnmarshalReason) })
}
