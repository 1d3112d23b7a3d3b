package machine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A Lift ends the avoiding of a site by hand, for one SKU or for all: somebody answers for it that what the book says is there.
// The count that was asked for stays asked for.
type Lift struct {
	Site   ledger.SiteID
	SKU    ledger.SKU // "" for all
	By     string
	Reason string
	At     time.Time
}

// LiftCommands is what Build.Commands has to be of every server before a Lift is given.
const LiftCommands = int(kindLift)

// ErrNotAvoided says that nothing of what is named is avoided at the site.
var ErrNotAvoided = errors.New("nothing of it is avoided at the site")

func (m *Machine) lift(c *Lift) Result {
	return Result{Err: m.atomically(func() error {
		if err := signed(c.By, c.Reason); err != nil {
			return err
		}
		if _, ok := m.sites.get(c.Site); !ok {
			return ErrSiteUnknown
		}
		known := false
		for _, sku := range m.derived.avoided[c.Site] {
			if c.SKU != "" && sku != c.SKU {
				continue
			}
			a, ok := m.avoided.get(keyOfRate(c.Site, sku))
			if !ok {
				continue
			}
			known = known || a.Lifted.Done() || a.now(c.At)
			if a.now(c.At) {
				lifted := *a
				lifted.Lifted = m.signed(c.By, c.Reason, c.At)
				m.avoided.put(keyOfRate(c.Site, sku), &lifted)
			}
		}
		if !known {
			return ErrNotAvoided
		}
		return nil
	})}
}

// now says whether nothing of the SKU is planned from the site at a moment.
func (a *Avoided) now(at time.Time) bool { return at.Before(a.Until) && !a.Lifted.Done() }

// AvoidedAt says why nothing of a SKU is to be planned from a site at a moment, and until when; "" where it may be.
func (m *Machine) AvoidedAt(site ledger.SiteID, sku ledger.SKU, now time.Time) string {
	if m.avoided.Len() == 0 {
		return ""
	}
	a, ok := m.avoided.Get(keyOfRate(site, sku))
	if !ok || !a.now(now) {
		return ""
	}
	return a.Words()
}

// AvoidedOf counts the SKUs of which nothing is planned from a site at a moment.
func (m *Machine) AvoidedOf(site ledger.SiteID, now time.Time) (n int) {
	for _, sku := range m.derived.avoided[site] {
		if a, ok := m.avoided.Get(keyOfRate(site, sku)); ok && a.now(now) {
			n++
		}
	}
	return n
}

// Words says for people why a site is avoided, and until when.
func (a *Avoided) Words() string {
	return fmt.Sprintf("avoided until %s: %s", a.Until.UTC().Format("2006-01-02 15:04"), a.Why)
}

// Avoidances lists what sites are avoided for at a moment, by site and SKU, those behind after ("": from the first), at most limit; with
// all also what was lifted, and what is over and waits for a count. next is where to go on; "" at the end.
func (m *Machine) Avoidances(site ledger.SiteID, sku ledger.SKU, now time.Time, all bool, after string, limit int) (out []*Avoided, next string) {
	for _, id := range m.derived.sites {
		if site != "" && id != site {
			continue
		}
		for _, s := range m.derived.avoided[id] {
			k := keyOfRate(id, s)
			if sku != "" && s != sku || string(k) <= after {
				continue
			}
			a, ok := m.avoided.Get(k)
			if !ok || !all && !a.now(now) {
				continue
			}
			if len(out) == limit {
				last := out[limit-1]
				return out, string(keyOfRate(last.Site, last.SKU))
			}
			out = append(out, a)
		}
	}
	return out, ""
}

// A Rejection is what follows where a site says that it will not serve something.
type Rejection struct {
	Word   string        // the reason as sites give it; case, spaces and hyphens do not matter
	Counts bool          // the stock is in question: a count is asked for
	For    time.Duration // how long nothing of the SKU is planned from the site
}

// Rejections are the reasons that say nothing of the stock, or of which it is known that they do. What is not among them may be about the
// stock, and a count is asked for: better one count too many than goods sold that are not there.
func Rejections() []Rejection {
	hands := func(word string) Rejection { return Rejection{Word: word, For: AvoidedForHands} }
	stock := func(word string) Rejection { return Rejection{Word: word, Counts: true, For: AvoidedFor} }
	return []Rejection{
		hands("no_staff"), hands("too_busy"), hands("no_time"), hands("closed"), hands("no_carrier"), hands("no_packaging"), hands("equipment_down"),
		stock("not_found"), stock("damaged"), stock("expired"), stock("wrong_item"), stock("quarantined"),
	}
}

// rejection is what follows from a reason.
func rejection(reason string) Rejection {
	word := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(reason)))
	for _, r := range Rejections() {
		if r.Word == word {
			return r
		}
	}
	return Rejection{Word: word, Counts: true, For: AvoidedFor}
}
