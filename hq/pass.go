package hq

import (
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// passPrefix begins what a person who has signed in shows. It is good at every server, for it is signed with the owner's
// token, which all have; it says whom it is of, under which seal, when it ends, and at which device they signed in, if at
// one. What is changed of the person ends it, and so does a device that is turned away.
const passPrefix = "hfp_"

// A pass is what is in one.
type pass struct {
	user   ledger.UserID
	seal   uint64
	until  time.Time
	device ledger.UserID // "": none
	proved time.Time     // when the company's identity provider said who it is; zero: they typed a password of ours
}

// byProvider says whether it is the provider's word that it stands on.
func (p *pass) byProvider() bool { return !p.proved.IsZero() }

// write gives a pass as it is shown. One by password has the fields that it had before there was a provider.
func (s *Server) write(p pass) string {
	parts := []string{string(p.user), strconv.FormatUint(p.seal, 16), strconv.FormatInt(p.until.Unix(), 10)}
	if p.device != "" || p.byProvider() {
		parts = append(parts, string(p.device))
	}
	if p.byProvider() {
		parts = append(parts, strconv.FormatInt(p.proved.Unix(), 10))
	}
	text := strings.Join(parts, ".")
	return passPrefix + text + "." + s.signature("pass "+text)
}

// read gives the pass that a token is, whether or not it has ended; false where it is none of ours.
func (s *Server) read(token string) (p pass, ok bool) {
	text, is := strings.CutPrefix(token, passPrefix)
	at := strings.LastIndexByte(text, '.')
	if !is || at < 0 || !same(text[at+1:], s.signature("pass "+text[:at])) {
		return p, false
	}
	parts := strings.Split(text[:at], ".")
	if len(parts) < 3 || len(parts) > 5 {
		return p, false
	}
	seal, errSeal := strconv.ParseUint(parts[1], 16, 64)
	until, errUntil := strconv.ParseInt(parts[2], 10, 64)
	if errSeal != nil || errUntil != nil {
		return p, false
	}
	p = pass{user: ledger.UserID(parts[0]), seal: seal, until: time.Unix(until, 0).UTC()}
	if len(parts) > 3 {
		p.device = ledger.UserID(parts[3])
	}
	if len(parts) > 4 {
		proved, err := strconv.ParseInt(parts[4], 10, 64)
		if err != nil {
			return p, false
		}
		p.proved = time.Unix(proved, 0).UTC()
	}
	return p, true
}

// passFor is what somebody gets who signs in now by a password of ours.
func (s *Server) passFor(u *ledger.User, device ledger.UserID) pass {
	return pass{user: u.ID, seal: u.Seal(), until: s.now().Add(door.SignInLife).Truncate(time.Second), device: device}
}

// passByProvider is what somebody gets whom the provider names now: its word holds for a while, and is then asked for again.
func (s *Server) passByProvider(u *ledger.User, device ledger.UserID) pass {
	p := s.passFor(u, device)
	p.proved = s.now().Truncate(time.Second)
	p.until = p.proved.Add(s.cfg.OpenID.Asked())
	return p
}

// standing lets in whoever shows a pass, as long as it lasts and what it stands on does.
func (s *Server) standing(token string) (*door.Caller, error) {
	p, ok := s.read(token)
	if !ok || !s.now().Before(p.until) {
		return nil, door.ErrNoIdentity
	}
	return s.door.Standing(p.user, p.device, p.seal)
}
