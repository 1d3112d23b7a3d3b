package sim

import (
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A deed is something that somebody tells a site of until they have heard what came of it. They keep the answer: where the site's book
// goes back, it is told again.
type deed struct {
	at    ledger.SiteID
	name  string
	wish  func(ledger.Meta) ledger.Request // the same each time
	heard *ledger.Entry
	no    error // it was refused, and nothing was changed
	then  func(*ledger.Entry)

	refused func(error) // told of the no; nil: judgeNo judges it
	chance  *chance
}

// tellOf has somebody tell a site of a thing; then is called once, when they have heard that it is written down.
func (c *company) tellOf(at ledger.SiteID, name string, wish func(ledger.Meta) ledger.Request, then func(*ledger.Entry)) {
	d := &deed{at: at, name: name, wish: wish, then: then, chance: newChance(c.plan.Seed, name)}
	c.deeds = append(c.deeds, d)
	d.try(c)
}

func (d *deed) try(c *company) {
	if d.heard != nil || d.no != nil {
		return
	}
	if s := c.byID[d.at]; s.up && s.open && !d.chance.in100(c.lanLoss()) {
		s.do(d.wish(metaOf(d.name)), func(out ledger.Outcome) {
			switch {
			case d.heard != nil || d.no != nil || refusedForNow(out.Err) || c.untold(d.at, out.Err) || d.chance.in100(c.lanLoss()):
			case out.Err != nil:
				if d.no = out.Err; d.refused != nil {
					d.refused(out.Err)
				} else {
					c.judgeNo(d)
				}
			default:
				if d.heard = out.Entry; d.then != nil {
					d.then(out.Entry)
				}
			}
		})
	}
	c.after(clientPatience+d.chance.between(0, time.Second), func() { d.try(c) })
}

// untold says whether a site knows nothing of what somebody speaks of because its book went back, and has not been told of it again. They
// look again later; when the book is whole it has to know.
func (c *company) untold(at ledger.SiteID, err error) bool {
	if !errors.Is(err, ledger.ErrPurchaseUnknown) && !errors.Is(err, ledger.ErrNothingPaid) || !c.byID[at].doubt {
		return false
	}
	c.met("deed", "waits for what the book is not told of")
	return true
}

// untoldDeed names a deed that nobody has heard of yet; "" where there is none.
func (c *company) untoldDeed() string {
	for _, d := range c.deeds {
		if d.heard == nil && d.no == nil {
			return fmt.Sprintf("%s at %s has no answer", d.name, d.at)
		}
	}
	return ""
}
