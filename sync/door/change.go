package door

import (
	"context"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Change gives a user as a request has it, with new secrets worked out, and a token where one was drawn. old is nil of a
// new one.
func (d *Door) Change(ctx context.Context, id ledger.UserID, old *ledger.User, r *contract.UserRequest) (u ledger.User, token string, err error) {
	if u, err = r.Ledger(id, old); err != nil {
		return u, "", err
	}
	if r.Scope != nil {
		if u.Scope, err = ParseScope(*r.Scope); err != nil {
			return u, "", err
		}
	}
	if now := d.clock.Wall(); r.ExpiresAt != nil && !u.Expires.IsZero() && !now.Before(u.Expires) && (old == nil || !old.Expires.Equal(u.Expires)) {
		return u, "", &ledger.FormError{Field: "expires_at", Why: "is over already: say when the token is to end, or turn the user away to end it now"}
	}
	person := u.Kind == ledger.UserPerson
	switch {
	case person && (r.NewToken || r.ExpiresAt != nil):
		return u, "", &ledger.FormError{Field: "expires_at", Why: "and new_token go with a program or a device: a person signs in"}
	case !person && (r.PIN != "" || r.Password != ""):
		return u, "", &ledger.FormError{Field: "pin", Why: fmt.Sprintf("and password are a person's: a %s has a token", u.Kind)}
	case !person && (r.NewToken || old == nil): // one that has none any more gets another when somebody asks for it, and not with whatever else is changed
		if token, u.Token, err = d.NewToken(id); err != nil {
			return u, "", err
		}
	}
	if r.PIN != "" {
		if err := CheckPIN(r.PIN); err != nil {
			return u, "", err
		}
		if u.PIN, err = d.keep(ctx, u.PIN, r.PIN); err != nil {
			return u, "", err
		}
	}
	if r.Password != "" {
		if err := CheckPassword(r.Password); err != nil {
			return u, "", err
		}
		if u.Password, err = d.keep(ctx, u.Password, r.Password); err != nil {
			return u, "", err
		}
	}
	return u, token, u.Check()
}

// keep works out what is kept of a secret; of the one that is kept already, that: so a request that is repeated changes
// nothing and signs nobody out.
func (d *Door) keep(ctx context.Context, kept, secret string) (string, error) {
	if kept != "" {
		if is, err := d.secrets.Is(ctx, kept, secret); err != nil || is {
			return kept, err
		}
	}
	return d.secrets.Hash(ctx, secret)
}
