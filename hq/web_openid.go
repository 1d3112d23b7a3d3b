package hq

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
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

// How many ended trips are remembered, so that none is ended twice, in all and of one address; they live for
// openid.TripLife. Where there are more the eldest is forgotten: the provider itself takes no code twice.
const (
	tripsMax   = 4_096
	tripsOfOne = 64
)

// trips are those that have ended here. At another server the provider itself takes no code twice.
type trips struct {
	mu   sync.Mutex // guards over
	over []trip     // by age
}

// A trip that is over, with the address that it ended at.
type trip struct {
	state, from string
	until       time.Time
}

// end says whether a trip ends now for the first time. Whoever ends many drives out their own.
func (t *trips) end(state, from string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = slices.DeleteFunc(t.over, func(v trip) bool { return !now.Before(v.until) })
	own, eldest := 0, -1
	for i := range t.over {
		if t.over[i].state == state {
			return false
		}
		if t.over[i].from == from {
			if own++; eldest < 0 {
				eldest = i
			}
		}
	}
	switch {
	case own >= tripsOfOne:
		t.over = slices.Delete(t.over, eldest, eldest+1)
	case len(t.over) >= tripsMax:
		t.over = slices.Delete(t.over, 0, 1)
	}
	t.over = append(t.over, trip{state: state, from: from, until: now.Add(openid.TripLife)})
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
	// The device goes along, for the provider's page brings back no cookie that is only ours.
	text := strings.Join([]string{trip.State, trip.Nonce, trip.Verifier, strconv.FormatInt(trip.Ends.Unix(), 10), string(s.deviceAtPage(r))}, ".")
	http.SetCookie(w, s.tripCookie(r, text+"."+s.signature("trip "+text), int(openid.TripLife.Seconds())))
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (s *Server) tripCookie(r *http.Request, value string, age int) *http.Cookie {
	// #nosec G124 -- Secure everywhere but on loopback; Lax, for a page of the provider sends the browser back
	return &http.Cookie{Name: cookieTrip, Value: value, Path: openid.PathBegin, MaxAge: age, HttpOnly: true, Secure: door.Secured(r), SameSite: http.SameSiteLaxMode}
}

// trip gives the trip that the browser began, by its cookie and the state that came back, once, and the device that it began at.
func (s *Server) trip(r *http.Request) (t openid.Trip, device ledger.UserID, ok bool) {
	k, err := r.Cookie(cookieTrip)
	if err != nil {
		return t, "", false
	}
	text, mac, _ := cutLast(k.Value, ".")
	parts := strings.Split(text, ".")
	if !same(mac, s.signature("trip "+text)) || len(parts) != 5 {
		return t, "", false
	}
	ends, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil || s.now().Unix() >= ends || !same(r.URL.Query().Get("state"), parts[0]) {
		return t, "", false
	}
	return openid.Trip{State: parts[0], Nonce: parts[1], Verifier: parts[2]}, ledger.UserID(parts[4]), s.trips.end(parts[0], door.Address(s.comesFrom(r)), s.now())
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
	trip, device, ok := s.trip(r)
	http.SetCookie(w, s.tripCookie(r, "", -1))
	switch q := r.URL.Query(); {
	case !ok:
		return s.signInRefused(w, http.StatusForbidden, "This sign-in was begun in another browser, is over, or was used already. Begin it again.")
	case q.Get("error") != "":
		s.leaves(w, r)
		return s.providerFailed(w, r, &openid.RefusedError{Own: true, Why: "it answered with an error"})
	default:
		who, err := s.issuer.End(r.Context(), trip, q.Get("code"))
		if err != nil {
			s.leaves(w, r)
			return s.providerFailed(w, r, err)
		}
		return s.openTo(w, r, who, device)
	}
}

// provenOnce says whether the browser has a sign-in by the provider that is over for no other reason than that it is time to ask again.
// Whoever is signed in there need type nothing.
func (s *Server) provenOnce(r *http.Request) bool {
	k, err := r.Cookie(cookieName)
	if err != nil || s.issuer == nil {
		return false
	}
	p, ok := s.read(k.Value)
	u, known := s.door.User(p.user)
	return ok && p.byProvider() && !s.now().Before(p.until) && known && u.Seal() == p.seal
}

// leaves ends what the browser has of an earlier sign-in: the provider has said that it is nobody's any more, or nothing that can be believed.
func (s *Server) leaves(w http.ResponseWriter, r *http.Request) {
	c := s.session(r) // #nosec G124 -- as the one that session makes
	c.Value, c.MaxAge = "", -1
	http.SetCookie(w, c)
}

// openTo signs in somebody who is named, at a device where the trip began at one, or says that nobody here has that name.
func (s *Server) openTo(w http.ResponseWriter, r *http.Request, who string, device ledger.UserID) error {
	if !s.knowsPeople() {
		return s.signInRefused(w, http.StatusServiceUnavailable, unheardAtPage)
	}
	s.hears(r)
	id, err := ledger.ParseUser(who)
	u, known := s.door.User(id)
	if err != nil {
		s.refusals.Request(s.comesFrom(r), "oidc_user")
		return s.signInRefused(w, http.StatusForbidden, fmt.Sprintf("The identity provider says that you are %q. Nobody here has that name, and nobody can have it: names are 1 to 32 of a-z, 0-9, _ and -. Have an administrator choose a claim that holds such a name (hq --oidc-claim).", shortened(who)))
	}
	if !known || u.Kind != ledger.UserPerson {
		s.refusals.Request(s.comesFrom(r), "oidc_user")
		return s.signInRefused(w, http.StatusForbidden, fmt.Sprintf("The identity provider says that you are %q. Nobody here has that name, or it is turned away: have an administrator add it (holdfast user add).", shortened(who)))
	}
	c := s.session(r)                              // #nosec G124 -- as the one that session makes
	c.Value = s.write(s.passByProvider(u, device)) // the browser keeps it longer than it lasts, and so goes to the provider again by itself
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
	plain, inClear := errors.AsType[*openid.PlainError](err)
	switch {
	case inClear:
		s.log.LogAttrs(r.Context(), slog.LevelError, "identity provider is reached in the clear", slog.String(keyErr, plain.Error()))
		return s.signInRefused(w, http.StatusServiceUnavailable, "The company’s identity provider says to be reached in the clear, where whoever stands between could sign in as you. Sign in by name and password; an administrator finds the address in this server’s log.")
	case errors.Is(err, openid.ErrDown):
		s.log.LogAttrs(r.Context(), slog.LevelWarn, "identity provider does not answer", slog.Any(keyErr, err))
		return s.signInRefused(w, http.StatusServiceUnavailable, "The company’s identity provider does not answer. Sign in by name and password, or try again in a minute.")
	case refused && no.Own:
		s.refusals.Request(s.comesFrom(r), "oidc_refused")
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
