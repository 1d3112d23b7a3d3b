package hq

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// pathAuthority is where servers tell each other of the authority, with its keys.
const pathAuthority = "/link/v1/authority"

// JoinTokenRequest asks for a join token.
type JoinTokenRequest struct {
	For    string `json:"for" jsonschema:"the site, or hq for a server of head office"`
	Reason string `json:"reason,omitempty"`
	By     string `json:"by" jsonschema:"who signs"`
}

// JoinTokenGiven is a join token, shown this once.
type JoinTokenGiven struct {
	JoinTokenRow
	Token string `json:"token"`
}

// JoinTokenRow is a token without its secret.
type JoinTokenRow struct {
	ID    string     `json:"id"`
	For   string     `json:"for"`
	State string     `json:"state" jsonschema:"open, used, revoked or expired"`
	Ends  string     `json:"ends"`
	Given SignedRow  `json:"given"`
	Used  string     `json:"used,omitempty"`
	Over  *SignedRow `json:"revoked,omitempty"`
}

// JoinTokenList lists tokens.
type JoinTokenList struct {
	Tokens []JoinTokenRow `json:"tokens"`
}

// RotateRequest begins a new generation of the authority.
type RotateRequest struct {
	Certificate string `json:"certificate,omitempty" jsonschema:"PEM: your own authority; none to have one made"`
	Key         string `json:"key,omitempty" jsonschema:"PEM, PKCS #8: its key"`
	Reason      string `json:"reason" jsonschema:"why; the log of the server that leads keeps it, with who signs and the generation's fingerprint"`
	By          string `json:"by" jsonschema:"who signs"`
	Again       bool   `json:"again,omitempty" jsonschema:"begin one although the newest signs nothing yet: it was begun a moment ago. Without it that is refused"`
}

// GenerationRow is one root of the authority.
type GenerationRow struct {
	Fingerprint string `json:"fingerprint" jsonschema:"SHA-256, in hex"`
	Stage       string `json:"stage" jsonschema:"known (believed, signs nothing yet), signing, leaving (believed, signs no more) or over"`
	Since       string `json:"since"`
	Ends        string `json:"ends"`
	Signs       string `json:"signs" jsonschema:"when it begins to sign, or began"`
}

// AuthorityShown is the company's authority, without its keys.
type AuthorityShown struct {
	Company     string          `json:"company"`
	Generations []GenerationRow `json:"generations"`
	Roots       string          `json:"roots" jsonschema:"PEM: whom to believe now"`
	Days        int             `json:"certificate_days" jsonschema:"how long a node's or server's certificate lives; it is renewed when two thirds are over"`
}

// errNoAuthority says that this head office speaks in the clear.
var errNoAuthority = contract.New(contract.CodeNotSupported, "This head office runs without TLS, on loopback, so it has no authority.")

func (s *Server) trustRoutes() []route {
	return []route{
		{doc(post, "/v1/join-tokens", "Give a join token"), forOwner, atLeader, false, s.postJoinToken},
		{doc(get, "/v1/join-tokens", "List join tokens"), forOwner, readable, false, s.getJoinTokens},
		{doc(post, "/v1/join-tokens/{id}/revoke", "Revoke a join token"), forOwner, atLeader, false, s.postRevokeToken},
		{doc(get, "/v1/authority", "The company's certificate authority"), forOwner, here, false, s.getAuthority},
		{doc(post, "/v1/authority/rotate", "Begin the authority's next generation"), forOwner, atLeader, false, s.postRotate},
		{doc(post, enrol.PathEnrol, "A node or server gets its first certificate"), forAll, atLeader, false, s.linkEnrol},
		{doc(post, enrol.PathRenew, "A node gets its next certificate"), forSites, atLeader, false, s.linkRenew},
		{doc(get, pathAuthority, "Servers tell each other of the authority"), forOwner, here, false, s.linkAuthority},
	}
}

// trusting says what the document has of these calls.
func trusting() map[string]contract.Route {
	lead := []contract.Code{contract.CodeNoLeader, contract.CodeNotSupported}
	return map[string]contract.Route{
		"POST /v1/join-tokens": {Key: contract.KeyTaken, Request: JoinTokenRequest{}, Codes: append(lead, contract.CodeUnknownSite, contract.CodeNotReady),
			Answers: []contract.Answer{{Status: http.StatusCreated, About: "The token, shown this once: one use, 24 hours. A site's open one before it ends. Done again it gives another, with or without a key.", Body: JoinTokenGiven{}}}},
		"GET /v1/join-tokens": {Query: reads(), Codes: lead, Answers: ok("The latest tokens of each site and of head office, without their secrets.", JoinTokenList{})},
		"POST /v1/join-tokens/{id}/revoke": {Key: contract.KeyTaken, Request: SignedRequest{}, Codes: append(lead, contract.CodeNotFound),
			Answers: ok("The token. One that was used stays used: what it got is fenced by site replace or site declare-lost.", JoinTokenRow{})},
		"GET /v1/authority": {Codes: []contract.Code{contract.CodeNotSupported}, Answers: ok("The authority, without its keys.", AuthorityShown{})},
		"POST /v1/authority/rotate": {Key: contract.KeyTaken, Request: RotateRequest{}, Codes: lead,
			Answers: ok("The authority. The new generation is believed from now on and signs once all certificates of now have ended. While it signs nothing yet another is refused, unless again is said. Copies of authority.pem that were made before are old.", AuthorityShown{})},
		"POST " + enrol.PathEnrol: {Open: true, Request: enrol.Request{}, Codes: append(lead, contract.CodeForbidden), Answers: ok("The certificate.", enrol.Answer{})},
		"POST " + enrol.PathRenew: {Request: enrol.Request{}, Codes: append(lead, contract.CodeForbidden), Answers: ok("The certificate.", enrol.Answer{})},
		"GET " + pathAuthority:    {Codes: lead, Answers: media("The authority with its keys, for servers alone.", "application/x-pem-file")},
	}
}

// givesTokens says why no join token can be given, as far as can be said beforehand: what is done together with one is not begun then.
func (s *Server) givesTokens() error {
	switch {
	case s.trust == nil:
		return errNoAuthority
	case !s.knows(machine.TrustCommands):
		return errMixed
	}
	if err := s.signs(); err != nil {
		return err
	}
	return identity.CheckServers(s.reached())
}

// giveToken makes a token known and gives it, with where head office is.
func (s *Server) giveToken(r *http.Request, who ledger.SiteID, fence bool, by, reason string) (identity.Token, error) {
	if err := s.givesTokens(); err != nil {
		return identity.Token{}, err
	}
	root, err := s.namesRoot()
	if err != nil {
		return identity.Token{}, err
	}
	now := s.now()
	t := identity.Token{Role: identity.RoleSite, Site: who, Root: root, Ends: now.Add(identity.TokenLife).UTC().Truncate(time.Second), Servers: s.reached()}
	if who == ledger.HQ {
		t.Role, t.Site = identity.RoleHQ, ""
	}
	t, err = identity.DrawToken(t, s.env.Random("tokens"))
	if err != nil {
		return identity.Token{}, err
	}
	return t, s.command(r.Context(), &machine.Trust{Do: machine.TrustGive, For: who, Fence: fence, By: by, Reason: reason, At: now,
		Token: machine.JoinToken{ID: t.ID, Hash: t.Hash(), Root: t.Root, Ends: t.Ends}})
}

// namesRoot is the root that a token names now. Another generation may have begun to sign a moment ago, so this server's certificate is
// made anew first where it has to be: whoever comes with the token is shown the root that it names.
func (s *Server) namesRoot() (identity.Fingerprint, error) {
	if err := s.freshen(); err != nil {
		return identity.Fingerprint{}, err
	}
	return identity.FingerprintOf(s.trust.keeper.Papers().Chain.Certificate[1]), nil
}

// reached lists where head office is reached, this server first, at most as many as a token names.
func (s *Server) reached() []string {
	const most = 3
	out := []string{s.url}
	for _, u := range s.others() {
		if len(out) < most && strings.HasPrefix(u, "https://") {
			out = append(out, u)
		}
	}
	return out
}

func (s *Server) postJoinToken(w http.ResponseWriter, r *http.Request) error {
	var in JoinTokenRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	who := ledger.HQ
	if in.For != string(ledger.HQ) {
		site, err := ledger.ParseSite(in.For)
		if err != nil {
			return err
		}
		who = site
	}
	signed := SignedRequest{By: signer(r.Context(), in.By), Reason: in.Reason}
	if err := signed.fits(); err != nil {
		return err
	}
	t, err := s.giveToken(r, who, false, signed.By, signed.Reason)
	if err != nil {
		return err
	}
	row, err := s.tokenRow(t.ID)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, JoinTokenGiven{JoinTokenRow: row, Token: t.Text()})
}

func (s *Server) getJoinTokens(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	out := JoinTokenList{Tokens: []JoinTokenRow{}}
	now := s.now()
	for _, t := range looked(s, (*machine.Machine).EveryTrusted) {
		for i := range slices.Backward(t.Tokens) {
			out.Tokens = append(out.Tokens, rowOfToken(t.For, &t.Tokens[i], now))
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) tokenRow(id identity.TokenID) (JoinTokenRow, error) {
	for _, t := range looked(s, (*machine.Machine).EveryTrusted) {
		if v := t.Token(id); v != nil {
			return rowOfToken(t.For, v, s.now()), nil
		}
	}
	return JoinTokenRow{}, &machine.TokenError{State: machine.TokenUnknown}
}

func rowOfToken(who ledger.SiteID, t *machine.JoinToken, now time.Time) JoinTokenRow {
	row := JoinTokenRow{ID: identity.TokenID(t.ID).String(), For: string(who), State: string(t.State(now)), Ends: contract.Moment(t.Ends), Given: *signedRow(t.Given)}
	if !t.Used.IsZero() {
		row.Used = contract.Moment(t.Used)
	}
	if t.Over.Done() {
		row.Over = signedRow(t.Over)
	}
	return row
}

func (s *Server) postRevokeToken(w http.ResponseWriter, r *http.Request) error {
	text, err := variable(r, "id")
	if err != nil {
		return err
	}
	id, err := identity.ParseTokenID(text)
	if err != nil {
		return err
	}
	var in SignedRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	in.By = signer(r.Context(), in.By)
	if err := in.fits(); err != nil {
		return err
	}
	row, err := s.tokenRow(id)
	if err != nil {
		return contract.NotFound("There is no join token of that number; look among those that were given (holdfast hq token list).")
	}
	err = s.command(r.Context(), &machine.Trust{Do: machine.TrustRevoke, For: ledger.SiteID(row.For), Token: machine.JoinToken{ID: id}, By: in.By, Reason: in.Reason, At: s.now()})
	if err != nil {
		return err
	}
	if row, err = s.tokenRow(id); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, row)
}

func (s *Server) shown() AuthorityShown {
	state, now := s.trust.now(), s.now()
	out := AuthorityShown{Company: state.Company, Roots: string(rootsPEM(state.Trust(now))), Days: int(authority.Life / (24 * time.Hour))}
	for i := range state.Generations {
		g := &state.Generations[i]
		out.Generations = append(out.Generations, GenerationRow{Fingerprint: g.Fingerprint().String(), Stage: string(state.Stage(i, now)),
			Since: contract.Moment(g.Since), Ends: contract.Moment(g.Cert.NotAfter), Signs: contract.Moment(state.SignsAt(i))})
	}
	return out
}

func (s *Server) getAuthority(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	if s.trust == nil {
		return errNoAuthority
	}
	return writeJSON(w, http.StatusOK, s.shown())
}

func (s *Server) postRotate(w http.ResponseWriter, r *http.Request) error {
	var in RotateRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if s.trust == nil {
		return errNoAuthority
	}
	signed := SignedRequest{By: in.By, Reason: in.Reason}
	if err := signed.sign(r); err != nil {
		return err
	}
	if err := notAgain(s.trust.now(), s.now(), in.Again); err != nil {
		return err
	}
	if err := s.noted(r.Context(), "begin the authority's next generation, signed by "+signed.By+": "+signed.Reason); err != nil {
		return err
	}
	state, err := s.change(func(state authority.State) (authority.State, error) {
		if err := notAgain(state, s.now(), in.Again); err != nil { // another has come in between
			return state, err
		}
		if in.Certificate == "" && in.Key == "" {
			return state.Rotate(s.env.Random("authority"), s.now())
		}
		certs, err1 := authority.ParseCerts([]byte(in.Certificate))
		key, err2 := authority.ParseKeyPEM([]byte(in.Key))
		if err := errors.Join(err1, err2); err != nil {
			return state, err
		}
		next, err := state.Take(certs[0], key, s.now())
		if err != nil {
			return state, &ledger.FormError{Field: "certificate", Why: err.Error()}
		}
		return next, nil
	})
	if err != nil {
		return err
	}
	s.log.LogAttrs(r.Context(), slog.LevelWarn, "authority's next generation begun", slog.String(keyBy, signed.By), slog.String(keyReason, signed.Reason),
		slog.String(keyRoot, state.Generations[len(state.Generations)-1].Fingerprint().String()))
	if err := s.freshen(); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.shown())
}

// notAgain refuses a rotation while the one before signs nothing yet, where nobody has said that another is meant: an answer that was lost, or
// a command that was typed twice, is no reason for it.
func notAgain(state authority.State, now time.Time, again bool) error {
	last := len(state.Generations) - 1
	if again || state.Stage(last, now) != authority.StageKnown {
		return nil
	}
	g := &state.Generations[last]
	p := contract.New(contract.CodeBadValue, "A generation was begun at "+contract.Moment(g.Since)+" already ("+g.Fingerprint().String()[:12]+"), and signs from "+contract.Moment(state.SignsAt(last))+" on: nothing was begun.")
	p.Field, p.Hint = "again", "holdfast hq ca show lists them. Where its key is in wrong hands, begin another all the same: holdfast hq ca rotate --force, \"again\": true in the request."
	return p
}

// linkEnrol turns a token into a certificate. The token is used up by a command of the log before anything is signed, so
// it is used once whichever server is asked, and whatever becomes of the answer.
func (s *Server) linkEnrol(w http.ResponseWriter, r *http.Request) error {
	var in enrol.Request
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if s.trust == nil || r.TLS == nil {
		return errNoAuthority
	}
	if err := s.signs(); err != nil { // before the token is used up
		return err
	}
	t, err := identity.ParseToken(in.Token)
	if err != nil {
		return err
	}
	csr, err := authority.ParseRequest(in.CSR)
	if err != nil {
		return err
	}
	who := t.Site
	if t.Role == identity.RoleHQ {
		who = ledger.HQ
	}
	// Whoever guesses costs no entry of the log. That a token is unknown is said by the leader alone, which knows of each that was given.
	if err := s.confirm(r.Context()); err != nil {
		return err
	}
	if !looked(s, func(m *machine.Machine) bool { v := m.Trusted(who).Token(t.ID); return v != nil && v.Hash == t.Hash() }) {
		return &machine.TokenError{State: machine.TokenUnknown}
	}
	key := sha256.Sum256(csr.RawSubjectPublicKeyInfo)
	err = s.command(r.Context(), &machine.Trust{Do: machine.TrustUse, For: who, Token: machine.JoinToken{ID: t.ID, Hash: t.Hash(), Key: key}, At: s.now()})
	if errors.Is(err, machine.ErrSiteUnknown) {
		err = &machine.TokenError{State: machine.TokenUnknown} // whoever guesses is told no more
	}
	if err != nil {
		return err
	}
	if who == ledger.HQ {
		return s.answerServer(w, csr, t)
	}
	epoch := looked(s, func(m *machine.Machine) ledger.Epoch { return m.Trusted(who).Token(t.ID).Epoch })
	left := s.leaveHosts(csr, anyHost)
	s.tellLeft(r.Context(), who, left)
	return s.certify(w, identity.Name{Company: s.trust.who.Company, Role: identity.RoleSite, Who: string(who), Epoch: epoch}, csr)
}

// linkRenew gives a site's node its next certificate, of the site's epoch, for hosts that are its own (ownHost). One that was declared lost gets none.
func (s *Server) linkRenew(w http.ResponseWriter, r *http.Request) error {
	n, ok := s.caller(r)
	if !ok || !s.speaksFor(r, ledger.SiteID(n.Who)) {
		return errIdentity
	}
	var in enrol.Request
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	csr, err := authority.ParseRequest(in.CSR)
	if err != nil {
		return err
	}
	if err := s.signs(); err != nil {
		return err
	}
	lost, had := false, s.shownBy(r, n)
	s.View(func(m *machine.Machine) {
		if st, ok := m.Site(ledger.SiteID(n.Who)); ok {
			n.Epoch, lost = max(n.Epoch, st.Epoch), st.Lost.Done()
		}
	})
	if lost {
		return &machine.TokenError{State: machine.TokenRevoked}
	}
	left := s.leaveHosts(csr, ownHost(had))
	if had == nil && len(left) > 0 {
		return errMixed // perhaps it has them: by another server, or once each has this build, it is known
	}
	s.tellLeft(r.Context(), ledger.SiteID(n.Who), left)
	return s.certify(w, n, csr)
}

// certify signs and answers. Hosts that are not the site's are left out of csr.
func (s *Server) certify(w http.ResponseWriter, n identity.Name, csr *x509.CertificateRequest) error {
	state, now := s.trust.now(), s.env.Clock.Wall()
	chain, err := state.Issue(n, csr, s.env.Random("authority"), now)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, enrol.Answer{Certificate: string(authority.MarshalCert(chain...)), Roots: string(rootsPEM(state.Trust(now))), Servers: s.reached()})
}

// answerServer gives a new server what makes it one. Its own certificates it makes itself, by the authority
// that comes with this one.
func (s *Server) answerServer(w http.ResponseWriter, csr *x509.CertificateRequest, t identity.Token) error {
	state, now := s.trust.now(), s.env.Clock.Wall()
	n := identity.Name{Company: state.Company, Role: identity.RoleHQ, Who: "joining-" + t.ID.String()}
	chain, err := state.Issue(n, csr, s.env.Random("authority"), now)
	if err != nil {
		return err
	}
	keys, err := state.Marshal()
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, enrol.Answer{Certificate: string(authority.MarshalCert(chain...)), Roots: string(rootsPEM(state.Trust(now))),
		Servers: s.reached(), Authority: string(keys), OwnerToken: s.token})
}

// hostOf is the host of a URL.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// tokenRefused says to whoever came with a join token why it is not taken.
func tokenRefused(e *machine.TokenError) *contract.Problem {
	why := map[machine.TokenState]string{
		machine.TokenUsed:    "This join token was used up: it is good once.",
		machine.TokenExpired: "This join token has expired: it is good for 24 hours.",
		machine.TokenRevoked: "This join token was revoked, or another was given in its place.",
		machine.TokenUnknown: "Head office does not know this join token.",
	}[e.State]
	p := contract.New(contract.CodeForbidden, why)
	p.Hint = "Have head office give another: holdfast hq token add NAME, or holdfast site replace NAME where the node is a new one."
	return p
}

func (s *Server) linkAuthority(w http.ResponseWriter, r *http.Request) error {
	switch {
	case s.trust == nil:
		return errNoAuthority
	case !s.isServer(r):
		return errIdentity
	}
	raw, err := s.trust.now().Marshal()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(raw) // a server that has gone asks again
	return nil
}
