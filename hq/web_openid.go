package hq

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/hq/openid"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// Signing in by the company's own identity provider: it proves who, our table says what they may.

// cookieTrip holds a trip to the provider while the browser is there. It comes back from another site, so it is Lax.
const cookieTrip = "holdfast_oidc"

// tripsMax is how many ended trips are remembered, so that none is ended twice; they live for openid.TripLife.
const tripsMax = 4_096

// trips are those that have ended here. At another server the provider itself takes no code twice.
type trips struct {
	mu   sync.Mutex // guards over
	over map[string]time.Time
}

// end says whether a trip ends now for the first time.
func (t *trips) end(state string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, until := range t.over {
		if !now.Before(until) {
			delete(t.over, k)
		}
	}
	if _, again := t.over[state]; again || len(t.over) >= tripsMax {
		return false
	}
	if t.over == nil {
		t.over = map[string]time.Time{}
	}
	t.over[state] = now.Add(openid.TripLife)
	return true
}

func (s *Server) openidRoutes() []route {
	return []route{
		{doc(get, openid.PathBegin, "Go to the company's identity provider to sign in"), forAll, here, false, s.beginOpenID},
		{doc(get, openid.PathBack, "Come back from the company's identity provider"), forAll, here, false, s.endOpenID},
	}
}

func openidDetails() map[string]contract.Route {
	codes := []contract.Code{contract.CodeNotFound}
	return map[string]contract.Route{
		"GET " + openid.PathBegin: {Open: true, Answers: []contract.Answer{{Status: http.StatusSeeOther, About: "To the provider. 503, with the form to sign in, where it does not answer."}}, Codes: codes},
		"GET " + openid.PathBack: {Open: true, Query: []contract.Param{text("state", "of the trip"), text("code", "the provider's"), text("error", "why the provider signed nobody in")},
			Answers: media("Signed in. 403, with the form to sign in and why, where it is not.", "text/html"), Codes: codes},
	}
}

// openIssuer makes ready for the provider, where there is one.
func (s *Server) openIssuer() {
	if about := s.cfg.OpenID; about.On() {
		about.At = strings.TrimRight(cmp.Or(about.At, s.url), "/")
		s.issuer = openid.New(about, s.env)
	}
}

var errNoProvider = contract.NotFound("This head office has no identity provider (hq --oidc-issuer). Sign in by name and password.")

func (s *Server) beginOpenID(w http.ResponseWriter, r *http.Request) error {
	if s.issuer == nil {
		return errNoProvider
	}
	to, trip, err := s.issuer.Begin(r.Context())
	if err != nil {
		return s.providerFailed(w, r, err)
	}
	text := strings.Join([]string{trip.State, trip.Nonce, trip.Verifier, strconv.FormatInt(trip.Ends.Unix(), 10)}, ".")
	http.SetCookie(w, s.tripCookie(r, text+"."+s.signature("trip "+text), int(openid.TripLife.Seconds())))
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (s *Server) tripCookie(r *http.Request, value string, age int) *http.Cookie {
	// #nosec G124 -- Secure everywhere but on loopback; Lax, for a page of the provider sends the browser back
	return &http.Cookie{Name: cookieTrip, Value: value, Path: openid.PathBegin, MaxAge: age, HttpOnly: true, Secure: door.Secured(r), SameSite: http.SameSiteLaxMode}
}

// trip gives the trip that the browser began, by its cookie and the state that came back, once.
func (s *Server) trip(r *http.Request) (t openid.Trip, ok bool) {
	k, err := r.Cookie(cookieTrip)
	if err != nil {
		return t, false
	}
	text, mac, _ := cutLast(k.Value, ".")
	parts := strings.Split(text, ".")
	if !same(mac, s.signature("trip "+text)) || len(parts) != 4 {
		return t, false
	}
	ends, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil || s.now().Unix() >= ends || !same(r.URL.Query().Get("state"), parts[0]) {
		return t, false
	}
	return openid.Trip{State: parts[0], Nonce: parts[1], Verifier: parts[2]}, s.trips.end(parts[0], s.now())
}

// cutLast cuts text at the last sep.
func cutLast(text, sep string) (before, after string, found bool) {
	at := strings.LastIndex(text, sep)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(sep):], true
}

// endOpenID signs in whom the provider names, if an administrator has made them a user. The session is as one by password:
// it ends when anything is changed of the user.
func (s *Server) endOpenID(w http.ResponseWriter, r *http.Request) error {
	if s.issuer == nil {
		return errNoProvider
	}
	trip, ok := s.trip(r)
	http.SetCookie(w, s.tripCookie(r, "", -1))
	switch q := r.URL.Query(); {
	case !ok:
		return s.signInRefused(w, http.StatusForbidden, "This sign-in was begun in another browser, is over, or was used already. Begin it again.")
	case q.Get("error") != "":
		return s.providerFailed(w, r, &openid.RefusedError{Own: true, Why: "it answered with an error"})
	default:
		who, err := s.issuer.End(r.Context(), trip, q.Get("code"))
		if err != nil {
			return s.providerFailed(w, r, err)
		}
		return s.openTo(w, r, who)
	}
}

// openTo signs in somebody who is named, or says that nobody here has that name.
func (s *Server) openTo(w http.ResponseWriter, r *http.Request, who string) error {
	id, err := ledger.ParseUser(who)
	u, known := s.door.User(id)
	if err != nil || !known || u.Kind != ledger.UserPerson {
		s.refusals.Request(r.RemoteAddr, "oidc_user")
		return s.signInRefused(w, http.StatusForbidden, fmt.Sprintf("The identity provider says that you are %q. Nobody here has that name, or it is turned away: have an administrator add it (holdfast user add).", shortened(who)))
	}
	c := s.session(r) // #nosec G124 -- as the one that session makes
	c.Value = s.pass(u, "", s.now().Add(door.SignInLife).Truncate(time.Second))
	http.SetCookie(w, c)
	// A redirect would still be the provider's, and the browser would keep the session's cookie back from it.
	return s.showPage(w, http.StatusOK, "signed_in.html", "")
}

// shortened is a name from outside as a page may show it.
func shortened(name string) string {
	const most = 64
	if len(name) > most {
		return strings.ToValidUTF8(name[:most], "") + "…"
	}
	return name
}

// providerFailed says at the form that the provider signed nobody in, and the way that is left.
func (s *Server) providerFailed(w http.ResponseWriter, r *http.Request, err error) error {
	no, refused := errors.AsType[*openid.RefusedError](err)
	switch {
	case errors.Is(err, openid.ErrDown):
		s.log.LogAttrs(r.Context(), slog.LevelWarn, "identity provider does not answer", slog.Any(keyErr, err))
		return s.signInRefused(w, http.StatusServiceUnavailable, "The company’s identity provider does not answer. Sign in by name and password, or try again in a minute.")
	case refused && no.Own:
		s.refusals.Request(r.RemoteAddr, "oidc_refused")
		return s.signInRefused(w, http.StatusForbidden, "The company’s identity provider did not sign you in. Begin again, or sign in by name and password.")
	case refused:
		s.log.LogAttrs(r.Context(), slog.LevelWarn, "identity provider not believed", slog.String(keyErr, no.Why))
		return s.signInRefused(w, http.StatusForbidden, "What the company’s identity provider said is not to be believed, and nobody was signed in. Begin again; if it stays so, an administrator finds the reason in this server’s log.")
	default:
		return err
	}
}

func (s *Server) signInRefused(w http.ResponseWriter, status int, why string) error {
	return s.showPage(w, status, "sign_in.html", why)
}
