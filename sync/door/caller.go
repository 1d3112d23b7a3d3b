package door

import (
	"context"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// OwnerName is whom entries name where the bearer of the owner's token acted.
const OwnerName = "owner"

// A Caller is who a request was let in as. nil is the bearer of the owner's token, who may do all.
type Caller struct {
	User     ledger.UserID
	Device   ledger.UserID // that a person signed in at; "" where none was named
	Approver ledger.UserID // who approved this one act; "" for nobody

	roles ledger.Roles
	scope []string
	lent  ledger.Roles // the approver's, for permissions that lend
	is    ledger.UserKind
}

// CallerFor is a user who was let in. A device has no roles, so it may do nothing by itself.
func CallerFor(u *ledger.User, device ledger.UserID) *Caller {
	c := &Caller{User: u.ID, Device: device, roles: u.Roles, scope: u.Scope, is: u.Kind}
	if u.Kind == ledger.UserDevice {
		c.Device = u.ID
	}
	return c
}

// May says whether the caller may do what needs p.
func (c *Caller) May(p Permission) bool {
	if c == nil {
		return p != Linked
	}
	if c.roles&p.Roles() != 0 && (len(c.scope) == 0 || p <= SignedIn || slices.Contains(c.scope, p.String())) {
		return true
	}
	return p.Lends() && c.lent&p.Roles() != 0
}

// Approvable says whether somebody can approve an act of the caller: of a person's, never of a program's.
func (c *Caller) Approvable() bool { return c != nil && c.is == ledger.UserPerson }

// ApprovedBy gives the caller with somebody's approval of one act.
func (c *Caller) ApprovedBy(u *ledger.User) *Caller {
	v := *c
	v.Approver, v.lent = u.ID, u.Roles
	return &v
}

// Name is whom entries name as the actor, and what keys are scoped to.
func (c *Caller) Name() string {
	if c == nil {
		return OwnerName
	}
	return string(c.User)
}

// Called is by whom requests and connections are counted: the device where there is one, for people change at it.
func (c *Caller) Called() string {
	if c != nil && c.Device != "" {
		return string(c.Device)
	}
	return c.Name()
}

// Signs says whose name stands under what is asked for, where a request names somebody: of a person their own, or that of who approved it. The bearer of
// the owner's token, and a program, speak for others, and the name is taken that they give; "" is nobody's.
func (c *Caller) Signs(named string) string {
	if named == "" || !c.Approvable() || named == string(c.Approver) {
		return named
	}
	return c.Name()
}

// LetsThrough says who lets an order through that trips a check: whoever acts, where they may decide, or else who approved it. Of the owner's token
// the name is taken that the request gives.
func (c *Caller) LetsThrough(named string) (by string, err error) {
	switch {
	case c == nil:
		return named, nil
	case !c.May(Decide):
		return "", &ForbiddenError{Caller: c, Needs: Decide}
	case c.roles&Decide.Roles() == 0 || len(c.scope) > 0 && !slices.Contains(c.scope, Decide.String()):
		return string(c.Approver), nil
	default:
		return c.Name(), nil
	}
}

type callerKey struct{}

// With gives ctx with a caller who is not the owner.
func With(ctx context.Context, c *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf is who the request of ctx was let in as.
func CallerOf(ctx context.Context) *Caller {
	c, _ := ctx.Value(callerKey{}).(*Caller)
	return c
}

// Render says as whom somebody was let in.
func (c *Caller) Render() contract.Me {
	out := contract.Me{User: c.Name(), Permissions: []string{}}
	if c != nil {
		out.Device = string(c.Device)
	}
	for p := Look; p < permissions; p++ {
		if c.May(p) {
			out.Permissions = append(out.Permissions, p.String())
		}
	}
	return out
}
