package machine

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Release gives the node of a site what opens its sealed book (sync/vault), and takes down that it did.
type Release struct {
	Site   ledger.SiteID
	Epoch  ledger.Epoch // of the certificate that was shown
	Book   [16]byte     // which book, by the number in its file of keys
	Of     [32]byte     // fingerprint of the secret that the book's key was wrapped by; zero: it is to be wrapped now
	Secret BookSecret   // drawn by whoever proposes; kept where the site has none and Of is zero
	Print  [32]byte     // fingerprint of Secret
	At     time.Time
}

// ReleaseCommands is what Build.Commands has to be of every server before a Release is given.
const ReleaseCommands = int(kindRelease)

func (*Release) kind() kind { return kindRelease }

// ReleasesMax is how many releases are remembered of one site, the latest; all are counted.
const ReleasesMax = 16

var (
	// ErrReleaseLost says that the site was declared lost: no key of its books is given any more.
	ErrReleaseLost = errors.New("site was declared lost: what opened its books is destroyed")
	// ErrReleaseFenced says that the certificate is of a node that was replaced.
	ErrReleaseFenced = errors.New("node was replaced by another")
	// ErrReleaseOther says that a book is wrapped by a secret that head office has not, or has no more.
	ErrReleaseOther = errors.New("book was sealed by a secret that head office has not any more")
)

// A BookSecret is what the keys of a site's books are wrapped by. It never prints.
type BookSecret [32]byte

// Format hides the secret from every verb.
func (BookSecret) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[secret]") }

// MarshalText hides the secret.
func (BookSecret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// A Releasing is what head office has for the sealed books of one site: one secret for all of them, of which each
// book's key is worked out. It is drawn for the first, and destroyed when the site is declared lost.
type Releasing struct {
	Site   ledger.SiteID
	Secret BookSecret // all zeros: none was drawn, or it was destroyed
	Print  [32]byte   // fingerprint of Secret
	Drawn  time.Time
	Count  uint64     // releases, ever
	Latest []Released // the latest last, at most ReleasesMax
	Over   Signed     // who declared the site lost and so destroyed the secret before; zero: nobody did
}

// A Released is one time that a key was given.
type Released struct {
	At    time.Time
	Epoch ledger.Epoch // of the certificate of the node that got it
	Book  [16]byte
}

// none says that there is no secret now.
func (r *Releasing) none() bool { return r.Secret == (BookSecret{}) }

// Releasing is what is known of the sealed books of a site. It must not be changed.
func (m *Machine) Releasing(site ledger.SiteID) *Releasing {
	if r, ok := m.releases.Get(site); ok {
		return r
	}
	return &Releasing{Site: site}
}

func (m *Machine) editReleasing(site ledger.SiteID) *Releasing {
	r := Releasing{Site: site}
	if old, ok := m.releases.get(site); ok {
		r = *old
		r.Latest = slices.Clone(old.Latest)
	}
	m.releases.put(site, &r)
	return &r
}

func (m *Machine) giveOut(c *Release) Result {
	return Result{Err: m.atomically(func() error {
		site, ok := m.sites.get(c.Site)
		if !ok {
			return &SiteUnknownError{Site: c.Site}
		}
		switch fence := m.fenceOf(c.Site); {
		case c.Epoch < fence:
			return ErrReleaseFenced
		case site.Lost.Done() && fence <= site.Epoch: // nothing has been sent in its place
			return ErrReleaseLost
		}
		r := m.editReleasing(c.Site)
		switch none := r.none(); {
		case c.Of != ([32]byte{}) && (none || c.Of != r.Print):
			return ErrReleaseOther
		case none && (c.Secret == (BookSecret{}) || c.Print == ([32]byte{})):
			return &ledger.FormError{Field: "secret", Why: "is missing"}
		case none:
			r.Secret, r.Print, r.Drawn = c.Secret, c.Print, c.At
		}
		r.Count++
		if len(r.Latest) >= ReleasesMax {
			r.Latest = slices.Delete(r.Latest, 0, 1)
		}
		r.Latest = append(r.Latest, Released{At: c.At, Epoch: c.Epoch, Book: c.Book})
		return nil
	})}
}

// fenceOf is the epoch below which a site's certificates are refused.
func (m *Machine) fenceOf(site ledger.SiteID) ledger.Epoch {
	if t, ok := m.trusted.get(site); ok {
		return t.Fence
	}
	return 0
}

// destroyBookSecret sees to it that nobody opens a book again that only head office could open: the site is declared
// lost. Where a node was sent in the place of the lost one already, the secret is that node's.
func (m *Machine) destroyBookSecret(s *Site, by Signed) {
	old, ok := m.releases.get(s.ID)
	if !ok || old.none() || s.Lost.Done() && m.fenceOf(s.ID) > s.Epoch {
		return
	}
	r := m.editReleasing(s.ID)
	r.Secret, r.Print, r.Drawn, r.Over = BookSecret{}, [32]byte{}, time.Time{}, by
}

func (c *coder) releasing(v *Releasing) {
	c.record(7, func() {
		text(c, &v.Site)
		c.fixed(v.Secret[:])
		c.fixed(v.Print[:])
		c.moment(&v.Drawn)
		count(c, &v.Count)
		list(c, &v.Latest, ReleasesMax, func(p *Released) {
			c.fields(3, func() { c.moment(&p.At); count(c, &p.Epoch); c.fixed(p.Book[:]) })
		})
		c.signed(&v.Over)
	})
}

func (c *coder) releaseCommand(v *Release) {
	c.fields(7, func() {
		text(c, &v.Site)
		count(c, &v.Epoch)
		c.fixed(v.Book[:])
		c.fixed(v.Of[:])
		c.fixed(v.Secret[:])
		c.fixed(v.Print[:])
		c.moment(&v.At)
	})
}
