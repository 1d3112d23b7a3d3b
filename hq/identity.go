package hq

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// cookieName holds the session of a person who signed in. It is good at every server: it is
// signed with the owner's token, which all have, and says when it ends.
const (
	cookieName  = "holdfast_hq"
	sessionLife = 12 * time.Hour
)

func bearer(h http.Header) string {
	token, ok := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return strings.TrimSpace(token)
}

// same compares in a time that tells nothing of where they differ, nor of the length.
func same(got, want string) bool {
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// isOwner says whether the request has the owner's token.
func (s *Server) isOwner(r *http.Request) bool {
	token := bearer(r.Header)
	return token != "" && same(token, s.token)
}

// permit lets in whoever may do what the call needs, and gives the request with who that is, and their turn at the
// turnstile, which ends with the request. Sites and servers have none: the handlers know which of them calls, and hold
// them to their own bounds. Who is unknown has a turn by their address.
func (s *Server) permit(r *http.Request, rt *route) (_ *http.Request, turn *door.Turn, err error) {
	var c *door.Caller
	unknown := door.ErrNoIdentity
	switch rt.who {
	case forSites:
		if n, named := s.caller(r); named || s.trust == nil {
			door.Known(r.Context(), "peer "+cmp.Or(n.Who, door.Address(r.RemoteAddr)))
			return r, nil, nil
		}
	case forOwner:
		c, unknown = s.identify(r)
	case forAll:
		if rt.Path == "/healthz" || rt.Path == "/readyz" {
			return r, nil, nil // as often as they like: a server that is crowded must not be taken for a dead one
		}
	}
	if unknown != nil {
		turn, err = s.turnstile.Stranger(s.comesFrom(r))
		if err != nil || rt.who == forAll {
			return r, turn, err
		}
		if rt.who == forOwner {
			c, unknown = s.heardOf(r, unknown)
		}
		if unknown != nil {
			if rt.who == forOwner && !s.knowsPeople() {
				unknown = errUnheard
			}
			return r, turn, unknown
		}
		s.turnstile.Leave(turn)
	}
	door.Known(r.Context(), c.Called())
	if turn, err = s.turnstile.Caller(c, rt.long); err != nil {
		return r, nil, err
	}
	if approval := r.Header[contract.HeaderApproval]; len(approval) > 0 && c != nil {
		s.hears(r)
		if c, err = s.door.Approve(r.Context(), c, door.From(c, s.comesFrom(r)), approval[0], rt.needs()); err != nil {
			return r, turn, err
		}
	}
	if !c.May(rt.needs()) {
		return r, turn, &door.ForbiddenError{Caller: c, Needs: rt.needs()}
	}
	if c != nil {
		r = r.WithContext(door.With(r.Context(), c))
	}
	return acts(r, rt, c), turn, nil
}

// errUnheard says that a server cannot know yet who may call.
var errUnheard = contract.New(contract.CodeNotReady, "This server has just started, and has not heard from the others yet who may call; ask another.")

// knowsPeople says whether this server knows who may call. One that has just started knows nobody, and what it had on disk only
// once the others have said that it stands: until then it says so, and turns nobody away for good whom another lets in.
func (s *Server) knowsPeople() bool {
	if s.informed.Load() {
		return true
	}
	known := s.lead.answers()
	if !known && s.past.over(s.raft.AppliedIndex(), s.fsm) {
		s.View(func(m *machine.Machine) { known = m.H().Known() })
	}
	if known {
		s.informed.Store(true)
	}
	return known
}

// identify finds out who calls: the owner (nil), a program by its token, or a person who has signed in. What was signed
// in at the page with the owner's token only reads: a cookie comes along unasked.
func (s *Server) identify(r *http.Request) (*door.Caller, error) {
	token := bearer(r.Header)
	switch {
	case token != "" && same(token, s.token):
		return nil, nil
	case strings.HasPrefix(token, passPrefix):
		return s.standing(token)
	case token != "":
		return s.door.Bearer(token)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return nil, door.ErrNoIdentity
	default:
		return s.atPage(r)
	}
}

// atPage finds out who has signed in at the page: the owner (nil), or a person.
func (s *Server) atPage(r *http.Request) (*door.Caller, error) {
	if s.signedIn(r) {
		return nil, nil
	}
	if k, err := r.Cookie(cookieName); err == nil && strings.HasPrefix(k.Value, passPrefix) {
		return s.standing(k.Value)
	}
	return nil, door.ErrNoIdentity
}

// pageOf is atPage, a second look included: who signs in at one server may be shown the page by another.
func (s *Server) pageOf(r *http.Request) (*door.Caller, error) {
	c, err := s.atPage(r)
	if err != nil {
		return s.heardOf(r, err)
	}
	return c, nil
}

// signer is who signs what a request asks for: who is signed in, or for the bearer of the owner's token whom it names.
func signer(ctx context.Context, named string) string {
	if c := door.CallerOf(ctx); c != nil {
		return c.Name()
	}
	return cmp.Or(named, door.OwnerName)
}

func (s *Server) signedIn(r *http.Request) bool {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return false
	}
	until, mac, ok := strings.Cut(c.Value, ".")
	end, err := strconv.ParseInt(until, 10, 64)
	return ok && err == nil && same(mac, s.signature(until)) && s.now().Unix() < end
}

// session is the cookie of a page that has signed in. It goes over TLS only where there is any: a page on loopback has none.
func (s *Server) session(r *http.Request) *http.Cookie {
	until := strconv.FormatInt(s.now().Add(sessionLife).Unix(), 10)
	// #nosec G124 -- as is said above
	return &http.Cookie{Name: cookieName, Value: until + "." + s.signature(until), Path: "/", MaxAge: int(sessionLife.Seconds()),
		HttpOnly: true, Secure: door.Secured(r), SameSite: http.SameSiteStrictMode}
}

func (s *Server) signature(until string) string {
	mac := hmac.New(sha256.New, []byte(s.token))
	mac.Write([]byte("session until " + until))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// isSite says whether the request comes from the site that it speaks for: by its certificate, or, in the clear, by the
// site's join token.
func (s *Server) isSite(r *http.Request, site ledger.SiteID) bool {
	if s.trust != nil {
		return s.speaksFor(r, site)
	}
	got := sha256.Sum256([]byte(bearer(r.Header)))
	var want [32]byte
	known := false
	s.View(func(m *machine.Machine) {
		if st, ok := m.Site(site); ok {
			want, known = st.Token, true
		}
	})
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && known
}
