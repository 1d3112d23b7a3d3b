package node

import (
	"context"
	"net/http"
	"strings"

	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// permit lets in whoever may do what the call needs, and gives the request with who that is, and their turn at the
// turnstile, which ends with the request. The bearer of the owner's token may do all, and costs nothing: most orders come
// so. Who is unknown has a turn by their address, so that asking in vain has a limit, too.
func (s *web) permit(r *http.Request, how entry, needs door.Permission) (_ *http.Request, turn *door.Turn, err error) {
	var c *door.Caller
	unknown := door.ErrNoIdentity
	if how != open {
		c, unknown = s.identify(r)
	}
	if unknown != nil {
		turn, err = s.turnstile.Stranger(r.RemoteAddr)
		if err == nil && how != open {
			err = unknown
		}
		return r, turn, err
	}
	door.Known(r.Context(), c.Called())
	if turn, err = s.turnstile.Caller(c, how == streamed); err != nil {
		return r, nil, err
	}
	r, err = s.allow(r, c, needs)
	return r, turn, err
}

// allow lets a caller in who may do what the call needs, or has somebody's approval of it.
func (s *web) allow(r *http.Request, c *door.Caller, needs door.Permission) (_ *http.Request, err error) {
	if approval := r.Header[contract.HeaderApproval]; len(approval) > 0 && c != nil {
		if c, err = s.door.Approve(r.Context(), c, door.From(c, r.RemoteAddr), approval[0], needs); err != nil {
			return r, err
		}
	}
	if !c.May(needs) {
		return r, &door.ForbiddenError{Caller: c, Needs: needs}
	}
	if c != nil {
		r = r.WithContext(door.With(r.Context(), c))
	}
	return r, nil
}

// signedBody reads what is asked for into in. Where that has a field for who signs, whoever has signed in does.
func signedBody(ctx context.Context, body []byte, in any) error {
	err := contract.Decode(body, in)
	if v, ok := in.(contract.Signed); ok && err == nil {
		by := v.Signer()
		*by = door.CallerOf(ctx).Signs(*by)
	}
	return err
}

// identify finds out who calls: the owner (nil), a program or a device by its token, or somebody who has signed in. What
// was signed in at the page with the owner's token only reads: a page on another site can make a browser send its
// cookie, and must not be able to sell with it.
func (s *web) identify(r *http.Request) (*door.Caller, error) {
	id, shown := bearer(r)
	switch {
	case shown && s.token.is(id):
		return nil, nil
	case shown && door.TokenOf(id) != "":
		return s.door.Bearer(id)
	case !shown:
		c, err := r.Cookie(s.cookieName())
		if err != nil {
			return nil, door.ErrNoIdentity
		}
		id = c.Value
	}
	in, ok := s.sessions.find(id)
	switch {
	case !ok:
		return nil, door.ErrNoIdentity
	case in.user != "":
		return s.door.Standing(in.user, in.device, in.seal)
	case r.Method != http.MethodGet || shown:
		return nil, errReadOnly
	default:
		return nil, nil
	}
}

// bearer is the token that a request shows.
func bearer(r *http.Request) (token string, shown bool) {
	token, shown = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return strings.TrimSpace(token), shown
}

// bears says whether the request has the owner's token.
func (s *web) bears(r *http.Request) bool {
	token, ok := bearer(r)
	return ok && s.token.is(token)
}
