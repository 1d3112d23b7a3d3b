package machine

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Forget takes down how far the erasing of persons has come: it erases nobody itself, PutCustomers does.
type Forget struct {
	Do     ForgetDo
	Site   ledger.SiteID // whose node; "" of ForgetRotation
	UpTo   uint64        // ForgetHeard: the version of the customers that the site's node has stored
	Epoch  ledger.Epoch  // ForgetAnswer: of the node that somebody answers for
	Days   int           // ForgetRotation: after which no backup is kept any more
	By     string
	Reason string
	At     time.Time
}

// A ForgetDo is what a Forget takes down. They are on disk: only ever appended to.
type ForgetDo uint8

// What is taken down.
const (
	ForgetHeard    ForgetDo = 1 // a node says what it has stored
	ForgetAnswer   ForgetDo = 2 // a person says that nobody can read any more what a node that is gone had on its disk
	ForgetRotation ForgetDo = 3 // a person says how long backups are kept
)

// ForgetCommands is what Build.Commands has to be of every server before a Forget is given.
const ForgetCommands = int(kindForget)

func (*Forget) kind() kind { return kindForget }

// Bounds of what is kept of erasures.
const (
	ForgetMarksMax  = 256  // moments of one site; of an erasure before the oldest it is said that it was done by then
	GoneMax         = 16   // former nodes of one site; beyond them the two oldest are told as one
	RotationDaysMax = 3660 // a backup that is kept for longer is an archive
)

// A Forgetting is what is known of the erasing at one site. That of ledger.HQ has the rotation alone.
type Forgetting struct {
	Site     ledger.SiteID
	Marks    []ForgetMark // by version and moment, both ascending
	Gone     []GoneNode   // by epoch
	Days     int          // how long a backup is kept; 0: nobody has said
	Rotation Signed       // who said so
}

// A ForgetMark says when a site's node was first known to have stored the customers up to a version.
type ForgetMark struct {
	UpTo uint64
	At   time.Time
}

// A GoneNode is a node of a site that head office hears no more: it was replaced, or its book was set aside and made anew. What
// it had of persons who were erased since may be read on its disk.
type GoneNode struct {
	Epoch ledger.Epoch // the last that it wrote under
	UpTo  uint64       // the version of the customers that it was known to have
	At    time.Time    // when the next one took its place
	Over  Signed       // who says that its disk, or the book that was set aside, can be read no more
}

// Heard says up to which version the site's node has stored the customers, as far as is known.
func (f *Forgetting) Heard() uint64 {
	if len(f.Marks) == 0 {
		return 0
	}
	return f.Marks[len(f.Marks)-1].UpTo
}

// Since is when the site's node was first known to have the customers up to a version; zero: it is not.
func (f *Forgetting) Since(version uint64) time.Time {
	i := sort.Search(len(f.Marks), func(i int) bool { return f.Marks[i].UpTo >= version })
	if i == len(f.Marks) {
		return time.Time{}
	}
	return f.Marks[i].At
}

// Forgetting is what is known of the erasing at a site, or at ledger.HQ. It must not be changed.
func (m *Machine) Forgetting(site ledger.SiteID) *Forgetting {
	if f, ok := m.erasing.Get(site); ok {
		return f
	}
	return &Forgetting{Site: site}
}

// OwesForgetting says whether it is to be taken down that a site's node has stored the customers up to a version: somebody was
// erased whom it has not been known to have erased before.
func (m *Machine) OwesForgetting(site ledger.SiteID, upTo uint64) bool {
	if !m.agreed(kindForget) {
		return false
	}
	last := m.Forgetting(site).Heard()
	e := m.derived.accounts.erased
	i := sort.Search(len(e), func(i int) bool { return e[i].version > last })
	return i < len(e) && e[i].version <= upTo
}

// ErasedSince gives customers who were erased under a version above this one, in order of version, at most limit.
func (m *Machine) ErasedSince(version uint64, limit int) (out []*Customer) {
	e := m.derived.accounts.erased
	for i := sort.Search(len(e), func(i int) bool { return e[i].version > version }); i < len(e) && len(out) < limit; i++ {
		if v, ok := m.customers.Get(e[i].id); ok && v.Version == e[i].version {
			out = append(out, v)
		}
	}
	return out
}

// ErasedCount is how many customers are erased.
func (m *Machine) ErasedCount() int { return len(m.derived.accounts.erased) }

// ErasuresOpen counts the erasures that a node may not have carried out, or that nobody answers for, and of these the ones that
// were asked for before a moment.
func (m *Machine) ErasuresOpen(before time.Time) (open, overdue int) {
	least := uint64(math.MaxUint64)
	for _, site := range m.Sites() {
		f := m.Forgetting(site.ID)
		if site.Epoch > 0 && !(site.Lost.Done() && f.answered(site.Epoch)) {
			least = min(least, f.Heard())
		}
		for i := range f.Gone {
			if g := &f.Gone[i]; !g.Over.Done() {
				least = min(least, g.UpTo)
			}
		}
	}
	e := m.derived.accounts.erased
	for i := sort.Search(len(e), func(i int) bool { return e[i].version > least }); i < len(e); i++ {
		if v, ok := m.customers.Get(e[i].id); ok {
			open++
			if v.Set.At.Before(before) {
				overdue++
			}
		}
	}
	return open, overdue
}

// answered says whether somebody answers for the node of an epoch.
func (f *Forgetting) answered(e ledger.Epoch) bool {
	i := slices.IndexFunc(f.Gone, func(g GoneNode) bool { return g.Epoch == e })
	return i >= 0 && f.Gone[i].Over.Done()
}

func (m *Machine) editForgetting(site ledger.SiteID) *Forgetting {
	now := *m.Forgetting(site)
	now.Marks, now.Gone = slices.Clone(now.Marks), slices.Clone(now.Gone)
	m.erasing.put(site, &now)
	return &now
}

func (m *Machine) forget(c *Forget) Result {
	return Result{Err: m.atomically(func() error {
		if c.Do == ForgetRotation {
			return m.rotate(c)
		}
		site, ok := m.sites.get(c.Site)
		if !ok {
			return &SiteUnknownError{Site: c.Site}
		}
		switch c.Do {
		case ForgetHeard:
			if f := m.editForgetting(c.Site); c.UpTo > f.Heard() {
				if len(f.Marks) >= ForgetMarksMax {
					f.Marks = slices.Delete(f.Marks, 0, 1)
				}
				f.Marks = append(f.Marks, ForgetMark{UpTo: c.UpTo, At: c.At})
			}
			return nil
		case ForgetAnswer:
			return m.answerFor(site, c)
		default:
			return ErrUnknownCommand
		}
	})}
}

func (m *Machine) rotate(c *Forget) error {
	if err := signed(c.By, c.Reason); err != nil {
		return err
	}
	if c.Days < 1 || c.Days > RotationDaysMax {
		return &ledger.FormError{Field: "days", Why: fmt.Sprintf("is not 1 to %d", RotationDaysMax)}
	}
	f := m.editForgetting(ledger.HQ)
	f.Days, f.Rotation = c.Days, m.signed(c.By, c.Reason, c.At)
	return nil
}

// answerFor takes down that the disk of a node that is gone can be read no more. Of a node that is there nobody can say so: it
// tells itself what it has erased. Of one that is lost somebody can, though nothing has taken its place.
func (m *Machine) answerFor(site *Site, c *Forget) error {
	if err := signed(c.By, c.Reason); err != nil {
		return err
	}
	f := m.editForgetting(c.Site)
	i := slices.IndexFunc(f.Gone, func(g GoneNode) bool { return g.Epoch == c.Epoch })
	if i < 0 && site.Lost.Done() && c.Epoch == site.Epoch {
		i = len(f.Gone)
		f.goes(GoneNode{Epoch: c.Epoch, UpTo: f.Heard(), At: site.Lost.At})
		i = min(i, len(f.Gone)-1)
	}
	if i < 0 {
		return &ledger.FormError{Field: "epoch", Why: "is none of a node of this site that is gone"}
	}
	if !f.Gone[i].Over.Done() {
		f.Gone[i].Over = m.signed(c.By, c.Reason, c.At)
	}
	return nil
}

// goes adds a node that is gone. The oldest that somebody answers for makes room; where nobody does for any, the two oldest are one.
func (f *Forgetting) goes(g GoneNode) {
	if i := slices.IndexFunc(f.Gone, func(g GoneNode) bool { return g.Over.Done() }); len(f.Gone) >= GoneMax && i >= 0 {
		f.Gone = slices.Delete(f.Gone, i, i+1)
	} else if len(f.Gone) >= GoneMax {
		f.Gone[1].UpTo = min(f.Gone[0].UpTo, f.Gone[1].UpTo)
		f.Gone = slices.Delete(f.Gone, 0, 1)
	}
	f.Gone = append(f.Gone, g)
}

// departs notes that the book of the site's epoch is set aside, or that its node is gone, and another one is to be made.
func (m *Machine) departs(s *Site, at time.Time) {
	if !m.agreed(kindForget) || m.customers.Len() == 0 || s.Epoch == 0 {
		return
	}
	f := m.editForgetting(s.ID)
	if !slices.ContainsFunc(f.Gone, func(g GoneNode) bool { return g.Epoch == s.Epoch }) {
		f.goes(GoneNode{Epoch: s.Epoch, UpTo: f.Heard(), At: at})
	}
}

func (c *coder) forgetting(v *Forgetting) {
	c.record(5, func() {
		text(c, &v.Site)
		list(c, &v.Marks, ForgetMarksMax, func(p *ForgetMark) { c.fields(2, func() { count(c, &p.UpTo); c.moment(&p.At) }) })
		list(c, &v.Gone, GoneMax, func(p *GoneNode) {
			c.fields(4, func() { count(c, &p.Epoch); count(c, &p.UpTo); c.moment(&p.At); c.signed(&p.Over) })
		})
		number(c, &v.Days)
		c.signed(&v.Rotation)
	})
}

func (c *coder) forgetCommand(v *Forget) {
	c.fields(8, func() {
		count(c, &v.Do)
		text(c, &v.Site)
		count(c, &v.UpTo)
		count(c, &v.Epoch)
		number(c, &v.Days)
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
	})
}
