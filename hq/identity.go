package hq

import (
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

// isOwner says whether the request has the owner's token, or is a read of somebody signed in.
// What changes something needs the token: a cookie comes along unasked.
func (s *Server) isOwner(r *http.Request) bool {
	if token := bearer(r.Header); token != "" {
		return same(token, s.token)
	}
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && s.signedIn(r)
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

func (s *Server) session() *http.Cookie {
	until := strconv.FormatInt(s.now().Add(sessionLife).Unix(), 10)
	return &http.Cookie{Name: cookieName, Value: until + "." + s.signature(until), Path: "/", MaxAge: int(sessionLife.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode}
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
