package hq

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What an operator does to a site that is in trouble. Each is signed, and each done again changes
// nothing, so a key is taken and not needed.

// signedMax bounds a name and a reason, in bytes.
const signedMax = 255

// SignedRequest is an act with a name to it.
type SignedRequest struct {
	Reason string `json:"reason" jsonschema:"why; it is kept"`
	By     string `json:"by,omitempty" jsonschema:"who signs; default owner"`
}

// WriteOffRequest says what of a lost site's is returned to its owners.
type WriteOffRequest struct {
	SignedRequest
	SKU string `json:"sku,omitempty" jsonschema:"only this one; default all"`
}

// LostRequest gives a site up.
type LostRequest struct {
	SignedRequest
	UnlessInTouch bool `json:"unless_in_touch,omitempty" jsonschema:"true: refuse a site that head office heard of within some seconds; the command line asks so"`
	ForgetPINs    bool `json:"forget_pins,omitempty" jsonschema:"true: of a node that is stolen. The PINs of all users that were known there are taken away, everywhere: they need new ones"`
}

// sign fills and checks name and reason.
func (q *SignedRequest) sign(r *http.Request) error {
	q.By = signer(r.Context(), q.By)
	if q.Reason == "" {
		return &ledger.FormError{Field: "reason", Why: "is empty: say why"}
	}
	return q.fits()
}

// fits refuses a name or a reason that is too long, or no text.
func (q *SignedRequest) fits() error {
	return errors.Join(contract.CheckText("reason", q.Reason, signedMax), contract.CheckText("by", q.By, signedMax))
}

// siteAct reads a request about the site of the path. Its key is looked at and forgotten.
func siteAct(w http.ResponseWriter, r *http.Request, in any, sign func(*http.Request) error) (ledger.SiteID, error) {
	if _, err := contract.Key(r.Header); err != nil {
		return "", err
	}
	name, err := variable(r, "site")
	if err != nil {
		return "", err
	}
	site, err := ledger.ParseSite(name)
	if err != nil {
		return "", err
	}
	if _, err := readJSON(w, r, in); err != nil {
		return "", err
	}
	return site, sign(r)
}

// actOn has every server do c, and answers with the site as it then is.
func (s *Server) actOn(w http.ResponseWriter, r *http.Request, site ledger.SiteID, c machine.Command) error {
	res, err := s.Propose(r.Context(), machine.Marshal(c))
	if err := errors.Join(err, res.Err); err != nil {
		return err
	}
	found, ok := (*machine.Site)(nil), false
	s.View(func(m *machine.Machine) { found, ok = m.Site(site) })
	if !ok {
		return &machine.SiteUnknownError{Site: site}
	}
	off, _ := s.leader() // nil where it has ended meanwhile: the row is then the state's
	return writeJSON(w, http.StatusOK, s.siteRow(off, found))
}

func (s *Server) postDeclareLost(w http.ResponseWriter, r *http.Request) error {
	var in LostRequest
	site, err := siteAct(w, r, &in, in.sign)
	if err != nil {
		return err
	}
	if in.UnlessInTouch {
		if err := s.outOfTouch(site); err != nil {
			return err
		}
	}
	if in.ForgetPINs && !s.knows(machine.ActCommands) {
		return errMixed
	}
	return s.actOn(w, r, site, &machine.DeclareLost{Site: site, Reason: in.Reason, By: in.By, At: s.now(), ForgetPINs: in.ForgetPINs})
}

// outOfTouch refuses a site that was heard of a moment ago, as online sites are: a name mistyped would
// close a shop that is open. One that is lost already cannot be closed by it.
func (s *Server) outOfTouch(id ledger.SiteID) error {
	off, err := s.leader()
	if err != nil {
		return err
	}
	var site *machine.Site
	over := false
	s.View(func(m *machine.Machine) {
		if st, ok := m.Site(id); ok {
			site, over = st, st.Lost.Done() && !m.Awaited(st)
		}
	})
	if site == nil || over {
		return nil // that there is none is said where the command is carried out
	}
	if c := s.contact(off, site); c.Online {
		return contract.New(contract.CodeSiteInTouch, fmt.Sprintf("%s is in touch with head office: it was heard of %.1f s ago.", id, c.Age.Seconds()))
	}
	return nil
}

func (s *Server) postWriteOff(w http.ResponseWriter, r *http.Request) error {
	var in WriteOffRequest
	site, err := siteAct(w, r, &in, in.sign)
	if err != nil {
		return err
	}
	sku := ledger.SKU("")
	if in.SKU != "" {
		if sku, err = ledger.ParseSKU(in.SKU); err != nil {
			return err
		}
	}
	return s.actOn(w, r, site, &machine.WriteOff{Site: site, SKU: sku, Reason: in.Reason, By: in.By, At: s.now()})
}

func (s *Server) postWaive(w http.ResponseWriter, r *http.Request) error {
	var in SignedRequest
	site, err := siteAct(w, r, &in, in.sign)
	if err != nil {
		return err
	}
	return s.actOn(w, r, site, &machine.Waive{Site: site, Reason: in.Reason, By: in.By, At: s.now()})
}

// postToken gives a site a new join token. It is shown this once; again gives another.
func (s *Server) postToken(w http.ResponseWriter, r *http.Request) error {
	var in SignedRequest
	site, err := siteAct(w, r, &in, in.sign)
	if err != nil {
		return err
	}
	if s.trust != nil { // before anything is done that a token belongs to
		if err := s.givesTokens(); err != nil {
			return err
		}
	}
	token, err := drawToken(s.env)
	if err != nil {
		return err
	}
	res, err := s.Propose(r.Context(), machine.Marshal(&machine.Renew{Site: site, Token: sha256.Sum256([]byte(token)), By: in.By, Reason: in.Reason, At: s.now()}))
	if err := errors.Join(err, res.Err); err != nil {
		return err
	}
	if s.trust != nil { // what the old node has is fenced
		given, err := s.giveToken(r, site, true, in.By, in.Reason)
		if err != nil {
			return err
		}
		token = given.Text()
	}
	row := SiteAdded{Site: site, Kind: "warehouse", Token: token}
	s.View(func(m *machine.Machine) {
		if st, ok := m.Site(site); ok {
			row.Rank = st.Rank
			if st.Counter {
				row.Kind = "counter"
			}
		}
	})
	return writeJSON(w, http.StatusOK, row)
}

// cmpErr gives the first error.
func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// operating says what the document has of the calls of this file, of web_exceptions.go and of web_allotments.go.
func operating() map[string]contract.Route {
	const repeats = " Idempotent by content: done again it changes nothing, with or without a key, and another request under a used key is done as any other."
	lead := func(more ...contract.Code) []contract.Code {
		return append([]contract.Code{contract.CodeNoLeader, contract.CodeUnknownSite}, more...)
	}
	out := map[string]contract.Route{
		"POST /v1/sites/{site}/token": {Key: contract.KeyTaken, Request: SignedRequest{}, Codes: lead(),
			Answers: ok("The site with its new token, shown this once. The old one is turned away from now on. Done again it gives another, with or without a key.", SiteAdded{})},
		"POST /v1/sites/{site}/declare-lost": {Key: contract.KeyTaken, Request: LostRequest{}, Codes: lead(contract.CodeSiteInTouch),
			Answers: ok("The site. It is fenced; what it holds of others stays claimed. With unless_in_touch one that was heard of within some seconds (5 unless set otherwise), as GET /v1/sites has it online, is refused."+repeats, SiteRow{})},
		"POST /v1/sites/{site}/write-off": {Key: contract.KeyTaken, Request: WriteOffRequest{}, Codes: lead(contract.CodeNotLost),
			Answers: ok("The site. What it held goes back to the owners; what its journal may still bring can then find its units sold."+repeats, SiteRow{})},
		"POST /v1/sites/{site}/waive": {Key: contract.KeyTaken, Request: SignedRequest{}, Codes: lead(contract.CodeNotAwaited),
			Answers: ok("The site. Head office no longer waits for its attest; what its journal may still bring can then find its units sold."+repeats, SiteRow{})},
		"POST /v1/sites/{site}/lift": {Key: contract.KeyTaken, Request: LiftRequest{}, Codes: lead(contract.CodeNotFound, contract.CodeNotReady),
			Answers: ok("What was lifted at the site, with who did it and why. The count that was asked for stays asked for."+repeats, AvoidanceList{})},
		"GET /v1/avoidances": {Query: paged(text("site", "only this site's"), text("sku", "only of this SKU"), text("all", "true: what was lifted, too, and what is over and waits for a count")),
			Answers: ok("By site and SKU.", AvoidanceList{}), Codes: []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}},
		"GET /v1/exceptions": {Query: paged(text("all", "true: those that were closed, too"), text("site", "only this site's"), text("what", "only of this word")),
			Answers: ok("Exceptions, newest first.", ExceptionList{}), Codes: []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}},
		"POST /v1/exceptions/{id}/resolve": {Key: contract.KeyTaken, Request: ResolveRequest{}, Codes: []contract.Code{contract.CodeNoLeader, contract.CodeNotFound},
			Answers: ok("The exception, closed."+repeats, ExceptionRow{})},
	}
	for route, r := range allotting(lead, repeats) {
		out[route] = r
	}
	return out
}
