package hq

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/identity"
	"github.com/holdfast-stock/holdfast/sync/vault"
)

// What opens a site's sealed book is given to the site's own node, when it starts, and to nobody else. It is worked out of a
// secret of the site's that stands in the state: a quorum has it, a new generation of the authority changes nothing of it,
// a backup of head office has it (as it has every journal in the clear), and declare-lost destroys it.

// keyEach is the least time between two releases to one site: a node starts no more often, and what is taken down of them is bounded.
const keyEach = time.Second

func (s *Server) releaseRoutes() []route {
	return []route{{doc(post, vault.PathRelease, "A node is given what opens its sealed book"), forSites, atLeader, false, s.linkRelease}}
}

func releasing() map[string]contract.Route {
	return map[string]contract.Route{"POST " + vault.PathRelease: {Request: vault.ReleaseRequest{}, Answers: ok("What opens it.", vault.ReleaseAnswer{}),
		Codes: []contract.Code{contract.CodeNoLeader, contract.CodeNotSupported, contract.CodeNotReady, contract.CodeBadValue, contract.CodeForbidden}}}
}

func (s *Server) linkRelease(w http.ResponseWriter, r *http.Request) error {
	if s.trust == nil {
		return errNoAuthority
	}
	n, ok := s.caller(r)
	switch ok = ok && n.Role == identity.RoleSite; {
	case ok && n.Epoch < looked(s, func(m *machine.Machine) ledger.Epoch { return m.Trusted(ledger.SiteID(n.Who)).Fence }):
		return s.unreleased(r, n, machine.ErrReleaseFenced)
	case !ok || !s.speaksFor(r, ledger.SiteID(n.Who)):
		s.metrics.unreleased.WithLabelValues("identity").Inc()
		return errIdentity
	}
	var in vault.ReleaseRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	book, of, err := in.Parse()
	if err != nil {
		return err
	}
	switch last := s.lastRelease(n); {
	case !s.knows(machine.ReleaseCommands):
		return errMixed
	case !last.IsZero() && s.now().Sub(last).Abs() < keyEach:
		return errFull
	}
	cmd := &machine.Release{Site: ledger.SiteID(n.Who), Epoch: n.Epoch, Book: book, Of: of, At: s.now()}
	if _, err := io.ReadFull(s.env.Random("secret of books"), cmd.Secret[:]); err != nil {
		return fmt.Errorf("draw secret of books: %w", err)
	}
	cmd.Print = vault.Fingerprint(cmd.Secret)
	if err := s.command(r.Context(), cmd); err != nil {
		return s.unreleased(r, n, err)
	}
	got := looked(s, func(m *machine.Machine) *machine.Releasing { return m.Releasing(cmd.Site) })
	if got.Secret == (machine.BookSecret{}) { // declared lost since
		return s.unreleased(r, n, machine.ErrReleaseLost)
	}
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "key of a book released", slog.String(keySite, n.Who), slog.Uint64(keyEpoch, uint64(n.Epoch)), slog.String(keyBook, in.Book))
	return writeJSON(w, http.StatusOK, vault.ReleaseAnswer{Wrapping: vault.Wrapping(got.Secret, cmd.Site, book), Of: hex.EncodeToString(got.Print[:])})
}

func (s *Server) lastRelease(n identity.Name) time.Time {
	latest := looked(s, func(m *machine.Machine) []machine.Released { return m.Releasing(ledger.SiteID(n.Who)).Latest })
	if len(latest) == 0 {
		return time.Time{}
	}
	return latest[len(latest)-1].At
}

// unreleased counts a no, logs it and puts it into words.
func (s *Server) unreleased(r *http.Request, n identity.Name, err error) error {
	why, words, hint := "", "", ""
	switch {
	case errors.Is(err, machine.ErrReleaseLost):
		why, words = "lost", "The site "+n.Who+" was declared lost, and what opened its books was destroyed with that. Its disk is noise, but for whoever has a passphrase of it."
		hint = "A new node is rebuilt from head office's copy: holdfast site replace " + n.Who + ", then node --replace --join TOKEN in a new folder. Where this book has a passphrase, too, it still opens it."
	case errors.Is(err, machine.ErrReleaseFenced):
		why, words = "fenced", "Another node has taken the place of this one, so it opens no book any more."
		hint = "Start the node that replaced it. What this disk has and head office has not can be read with the book's passphrase, if it has one."
	case errors.Is(err, machine.ErrReleaseOther):
		why, words = "other", "This book was sealed by a secret that head office has not any more: the site was declared lost since, or head office was put back to a day before it was sealed."
		hint = "Open it with its passphrase, if it has one (holdfast book key DIR says so), and then: holdfast book key add DIR --by head-office. Else: holdfast site replace " + n.Who + ", and a new folder."
	default:
		return err
	}
	s.metrics.unreleased.WithLabelValues(why).Inc()
	s.log.LogAttrs(r.Context(), slog.LevelWarn, "key of a book not released", slog.String(keySite, n.Who), slog.Uint64(keyEpoch, uint64(n.Epoch)), slog.String(keyReason, why))
	p := contract.New(contract.CodeForbidden, words)
	p.Hint = hint
	return p
}

// KnownRelease is one time that what opens a book of the site was given to its node.
type KnownRelease struct {
	At    string `json:"at"`
	Epoch uint64 `json:"epoch" jsonschema:"of the certificate of the node that got it"`
	Book  string `json:"book" jsonschema:"number of the book, as holdfast book key prints it"`
}

// KnownReleases says to whom what opens a site's sealed books was given.
type KnownReleases struct {
	Count     uint64         `json:"count" jsonschema:"ever; 0: head office has no part in any book of it"`
	Latest    []KnownRelease `json:"latest" jsonschema:"the latest last, at most 16"`
	Destroyed *SignedRow     `json:"destroyed,omitempty" jsonschema:"who declared the site lost: what was sealed by head office before opens for nobody any more, but by a passphrase of it"`
}

func releasesOf(m *machine.Machine, site ledger.SiteID) KnownReleases {
	r := m.Releasing(site)
	out := KnownReleases{Count: r.Count, Latest: []KnownRelease{}}
	for i := range r.Latest {
		v := &r.Latest[i]
		out.Latest = append(out.Latest, KnownRelease{At: contract.Moment(v.At), Epoch: uint64(v.Epoch), Book: hex.EncodeToString(v.Book[:])})
	}
	if r.Over.Done() {
		out.Destroyed = signedRow(r.Over)
	}
	return out
}
