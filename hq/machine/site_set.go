package machine

import (
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// SetSite puts right what a site was added as. Its nearness may change at any time. Its kind may until its node has said hello: the node's
// book is opened as what the site is, and what it promises, alone or for head office, rests on that for as long as there is the book.
type SetSite struct {
	Site    ledger.SiteID
	Counter bool
	Rank    int
	By      string
	Reason  string
	At      time.Time
}

// SetSiteCommands is what Build.Commands has to be of every server before a SetSite is given.
const SetSiteCommands = int(kindSetSite)

func (*SetSite) kind() kind { return kindSetSite }

// ErrSiteOpened says that a site's kind is fixed: its node has opened its book.
var ErrSiteOpened = errors.New("site's book was opened as what it is")

func (m *Machine) setSite(c *SetSite) Result {
	err := m.atomically(func() error {
		if err := signed(c.By, c.Reason); err != nil {
			return err
		}
		s, ok := m.sites.get(c.Site)
		switch {
		case !ok:
			return &SiteUnknownError{Site: c.Site}
		case s.Counter != c.Counter && s.Epoch != 0:
			return ErrSiteOpened
		case s.Counter == c.Counter && s.Rank == c.Rank:
			return nil // done again it changes nothing
		}
		s = m.editSite(c.Site)
		s.Counter, s.Rank = c.Counter, c.Rank
		return nil
	})
	before := m.derived.list.Version
	m.relist()
	return Result{Err: err, Listed: m.derived.list.Version != before}
}

// note says what becomes of the site.
func (c *SetSite) note() string {
	kind := "warehouse"
	if c.Counter {
		kind = "counter"
	}
	return fmt.Sprintf("site %s: %s, rank %d", c.Site, kind, c.Rank)
}

func (c *coder) setSite(v *SetSite) {
	c.fields(6, func() {
		text(c, &v.Site)
		c.flag(&v.Counter)
		number(c, &v.Rank)
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
	})
}
