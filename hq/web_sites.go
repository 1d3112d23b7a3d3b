package hq

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// rankMax bounds a site's configured nearness.
const rankMax = 1_000_000

// SiteRequest adds a site.
type SiteRequest struct {
	Site string `json:"site" jsonschema:"1 to 32 of a to z, 0 to 9 and hyphens"`
	Kind string `json:"kind" jsonschema:"counter (keeps its stock to itself) or warehouse (allots to head office)"`
	Rank int    `json:"rank,omitempty" jsonschema:"nearness, 0 to 1000000; the lower is asked first"`
}

// SiteAdded is a new site with the token that its node joins with. It is shown this once.
type SiteAdded struct {
	Site  ledger.SiteID `json:"site"`
	Kind  string        `json:"kind"`
	Rank  int           `json:"rank"`
	Token string        `json:"token"`
}

// SiteRow is a site with what the board shows beyond the contract.
type SiteRow struct {
	contract.Site
	Shown    uint64 `json:"shown_seq" jsonschema:"the highest entry that the site has shown"`
	Unsynced uint64 `json:"unsynced" jsonschema:"entries shown that are not here yet"`
	Commands uint64 `json:"commands_outstanding" jsonschema:"commands that no entry of the site has embedded yet"`
	Archived uint64 `json:"archived_seq" jsonschema:"the archive outside head office has everything up to here; 0: nothing"`
	Joined   bool   `json:"joined" jsonschema:"its node has said hello"`
	Attested bool   `json:"attested" jsonschema:"it has said, in this life of head office, that its book holds all that can be known"`
	Open     int    `json:"orders_open,omitempty" jsonschema:"of a lost site: orders that are open there and stay so, as GET /v1/orders?site=SITE&open=true lists them; of very many only the first are counted"`
	Why      string `json:"why,omitempty" jsonschema:"what keeps it from being online, or from being promised from, and who has waived its attest"`

	Confirmed        uint64  `json:"confirmed" jsonschema:"its orders taken without a promise that were promised in the end"`
	Declined         uint64  `json:"declined" jsonschema:"those of which something could not be had"`
	ConfirmedPercent *uint64 `json:"confirmed_percent,omitempty" jsonschema:"confirmed of all that came out, rounded down; absent where there are none"`

	Avoided int `json:"avoided" jsonschema:"SKUs of which nothing is planned from it for a while, as GET /v1/avoidances?site=SITE lists them"`

	BookKeyAt string `json:"book_key_released_at,omitempty" jsonschema:"when its node was last given what opens its sealed book; GET /v1/sites/{site}/knew has more"`

	Waived *SignedRow `json:"waived,omitempty" jsonschema:"who has signed that its attest is not waited for in this life of head office"`
}

// SignedRow is an act that a person has put a name to.
type SignedRow struct {
	Device   string `json:"device,omitempty" jsonschema:"that they did it at, where one was shown"`
	Approver string `json:"approver,omitempty" jsonschema:"who approved it, where a second person did"`
	By       string `json:"by"`
	Reason   string `json:"reason"`
	At       string `json:"at"`
}

func signedRow(v machine.Signed) *SignedRow {
	return &SignedRow{By: v.By, Device: v.Device, Approver: v.Approver, Reason: v.Reason, At: contract.Moment(v.At)}
}

// SiteRows is the list of sites, as in the contract a bare array.
type SiteRows []SiteRow

func (s *Server) getSites(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.sites())
}

func (s *Server) sites() SiteRows {
	off, _ := s.leader() // nil on a follower: ages are then the state's
	sites := looked(s, (*machine.Machine).Sites)
	out := make(SiteRows, 0, len(sites))
	for _, site := range sites {
		out = append(out, s.siteRow(off, site))
	}
	return out
}

func (s *Server) siteRow(off *office.Office, site *machine.Site) SiteRow {
	c := s.contact(off, site)
	row := SiteRow{
		Site: contract.Site{Site: site.ID, Epoch: uint64(site.Epoch), Seq: uint64(site.Stored.Seq), State: contract.SiteOffline,
			AgeMS: c.Age.Milliseconds(), SkewMS: c.Skew.Milliseconds(), Counter: site.Counter, Rank: site.Rank},
		Shown: uint64(site.Shown.Seq), Unsynced: uint64(unsynced(site)), Archived: uint64(site.Archived.Seq),
		Commands: site.Issue.Number - site.Ack.Number, Joined: site.Epoch > 0,
	}
	if row.Confirmed, row.Declined = site.Confirmed, site.Declined; row.Confirmed+row.Declined > 0 {
		percent := 100 * row.Confirmed / (row.Confirmed + row.Declined)
		row.ConfirmedPercent = &percent
	}
	var closed string
	var awaited bool
	s.View(func(m *machine.Machine) {
		closed, awaited, row.Avoided = m.Closed(site), m.Awaited(site), m.AvoidedOf(site.ID, s.now())
		row.Attested = site.Attested.Known() && site.Attested == m.H()
		if n := m.Releasing(site.ID).Latest; len(n) > 0 {
			row.BookKeyAt = contract.Moment(n[len(n)-1].At)
		}
	})
	row.Frozen = closed != ""
	switch {
	case site.Lost.Done():
		row.State, row.Why = contract.SiteLost, fmt.Sprintf("declared lost by %s: %s", site.Lost.By, site.Lost.Reason)
	case site.Broken != "":
		row.State, row.Why = contract.SiteQuarantine, site.Broken
	case site.Frozen == machine.FrozenRebuild:
		row.State, row.Why = contract.SiteRebuilding, "its book is being rebuilt; it has not attested yet"
	case c.Online && site.Parked != "":
		row.State, row.Why = contract.SiteLate, site.Parked
	case c.Online:
		row.State = contract.SiteOnline
	case !row.Joined:
		row.Why = "its node has not said hello yet"
	}
	if row.Why == "" {
		row.Why = closed
	}
	if row.State == contract.SiteLost {
		open, all := s.leftAt(site)
		row.Open = open
		if words := leftWords(site.ID, open, all); words != "" {
			row.Why += "; " + words
		}
	}
	if awaited {
		row.Why += "; head office waits for this one to attest, or for site waive"
	}
	if site.Waived.Done() && !site.Lost.Done() { // who declares a site lost waives it with that
		row.Waived = signedRow(site.Waived)
		if row.Why != "" {
			row.Why += "; "
		}
		row.Why += fmt.Sprintf("its attest was waived by %s at %s: %s", row.Waived.By, row.Waived.At, row.Waived.Reason)
	}
	return row
}

func (s *Server) postSite(w http.ResponseWriter, r *http.Request) error {
	var in SiteRequest
	body, err := readJSON(w, r, &in)
	if err != nil {
		return err
	}
	site, err := ledger.ParseSite(in.Site)
	if err != nil {
		return err
	}
	switch {
	case in.Kind != "counter" && in.Kind != "warehouse":
		return &ledger.FormError{Field: "kind", Why: "is not counter or warehouse"}
	case in.Rank < 0 || in.Rank > rankMax:
		return &ledger.FormError{Field: "rank", Why: fmt.Sprintf("is not 0 to %d", rankMax)}
	}
	k, err := keyOf(r, "/v1/sites", body)
	if err != nil {
		return err
	}
	if s.trust != nil { // or the site would be there, and nobody could join as it
		if err := s.givesTokens(); err != nil {
			return err
		}
	}
	token, err := drawToken(s.env)
	if err != nil {
		return err
	}
	select {
	case s.adding <- struct{}{}: // one at a time: the look at the keys below holds until the site is there
		defer func() { <-s.adding }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	added := siteKey(k)
	if looked(s, func(m *machine.Machine) bool { return reusesSiteKey(m, added) }) {
		return ledger.ErrKeyReused
	}
	// Only the token's hash is kept. The same request under its key again, before the site's
	// first hello, gets a new token: the answer that held the first one was lost.
	res, err := s.Propose(r.Context(), machine.Marshal(&machine.AddSite{Site: site, Counter: in.Kind == "counter",
		Rank: in.Rank, Token: sha256.Sum256([]byte(token)), Key: added, At: s.now()}))
	if err := errors.Join(err, res.Err); err != nil {
		return err
	}
	if s.trust != nil {
		given, err := s.giveToken(r, site, false, "head office", "site added")
		if err != nil {
			return err
		}
		token = given.Text()
	}
	return writeJSON(w, http.StatusCreated, SiteAdded{Site: site, Kind: in.Kind, Rank: in.Rank, Token: token})
}

// SiteSetRequest puts right what a site was added as; what is left out stays.
type SiteSetRequest struct {
	Kind string `json:"kind,omitempty" jsonschema:"counter or warehouse; only until its node has said hello"`
	Rank *int   `json:"rank,omitempty" jsonschema:"nearness, 0 to 1000000; the lower is asked first"`
	SignedRequest
}

// putSite puts right what a site was added as. Done again it changes nothing.
func (s *Server) putSite(w http.ResponseWriter, r *http.Request) error {
	var in SiteSetRequest
	id, err := siteAct(w, r, &in, in.sign)
	if err != nil {
		return err
	}
	site, known := s.siteOf(id)
	switch {
	case in.Kind != "" && in.Kind != "counter" && in.Kind != "warehouse":
		return &ledger.FormError{Field: "kind", Why: "is not counter or warehouse"}
	case in.Rank != nil && (*in.Rank < 0 || *in.Rank > rankMax):
		return &ledger.FormError{Field: "rank", Why: fmt.Sprintf("is not 0 to %d", rankMax)}
	case !known:
		return &machine.SiteUnknownError{Site: id}
	case !s.knows(machine.SetSiteCommands):
		return errMixed
	}
	c := &machine.SetSite{Site: id, Counter: site.Counter, Rank: site.Rank, By: in.By, Reason: in.Reason, At: s.now()}
	if in.Kind != "" {
		c.Counter = in.Kind == "counter"
	}
	if in.Rank != nil {
		c.Rank = *in.Rank
	}
	if err = s.actOn(w, r, id, c); errors.Is(err, machine.ErrSiteOpened) {
		return errOpened()
	}
	return err
}

func errOpened() *contract.Problem {
	p := contract.New(contract.CodeSiteExists, "The site's node has said hello: its book was opened as what the site is, and what it has promised rests on that.")
	p.Hint = "Its rank can be set. For the other kind add a site under another name, bring the stock there (holdfast transfer request), and declare this one lost once it is empty."
	return p
}

func (s *Server) siteOf(id ledger.SiteID) (site machine.Site, known bool) {
	s.View(func(m *machine.Machine) {
		if st, ok := m.Site(id); ok {
			site, known = *st, true
		}
	})
	return site, known
}

// siteKey is what a site keeps of the request that added it: half of its key's digest, then half
// of its own, so that both can be told apart later. 128 bits each are enough.
func siteKey(k keyed) (out ledger.Digest) {
	const half = len(out) / 2
	copy(out[:half], k.key[:half])
	copy(out[half:], k.request[:half])
	return out
}

// reusesSiteKey says whether another request has added a site under the same key.
func reusesSiteKey(m *machine.Machine, added ledger.Digest) bool {
	const half = len(added) / 2
	return slices.ContainsFunc(m.Sites(), func(site *machine.Site) bool {
		return [half]byte(site.Key[:half]) == [half]byte(added[:half]) && site.Key != added
	})
}
