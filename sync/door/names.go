package door

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Approved says whether an order may name those whom it does as letting a price, a discount, or what a customer holds already, be.
func (d *Door) Approved(c *Caller, r *contract.OrderRequest) error {
	for field, who := range r.Approvers() {
		if err := d.Names(c, field, who, Decide); err != nil {
			return err
		}
	}
	return nil
}

// Overrides says by whom an order is let through that trips a check (LetsThrough). Whom the owner's token names has to be somebody who may.
func (d *Door) Overrides(c *Caller, named string) (by string, err error) {
	if c == nil {
		return named, d.Names(nil, "override.by", named, Decide)
	}
	return c.LetsThrough(named)
}

// Recounted says whether somebody may be named as who has counted again what was far off: that lets a count be, so who is signed in has counted it
// themselves, or whoever has typed their secret with it. Of others the name has to be of somebody who counts here.
func (d *Door) Recounted(c *Caller, named string) error {
	if named == "" || c.Approvable() && (named == string(c.User) || named == string(c.Approver)) {
		return nil
	}
	if !c.Approvable() {
		return d.Names(c, "recounted_by", named, Count)
	}
	return &ledger.FormError{Field: "recounted_by", Why: fmt.Sprintf("names %s, who has not shown that they have counted: have them send it as signed in, or type their name and secret with it", named)}
}

// Names says whether a request may name somebody, in field, who lets be what needs p: a price that was lowered, a count that is far off, an
// adjustment. The name has to be of somebody who may, whoever asks:
//
//   - a person proves it: it is theirs, or of who approved this very act by their own secret;
//   - the bearer of the owner's token, and a program, prove nothing, but a name that is in no list, or of somebody who may not, is refused.
//     The owner may name the owner, too.
//
// Where nobody is known yet, there is no list to be in: names are words, as they are in a shop that has set up no users.
func (d *Door) Names(c *Caller, field, named string, p Permission) error {
	if named == "" {
		return nil
	}
	if c.Approvable() {
		switch {
		case named == string(c.Approver) && c.lent&p.Roles() != 0, named == string(c.User) && c.roles&p.Roles() != 0:
			return nil
		case c.Approver == "" && c.roles&p.Roles() != 0:
			return &ledger.FormError{Field: field, Why: fmt.Sprintf("names %s, who has not approved this: leave it out, for you may yourself, or have them type their name and secret", named)}
		case c.Approver != "":
			return &ledger.FormError{Field: field, Why: fmt.Sprintf("names %s, and it is %s who approved this: leave it out, or name them", named, c.Approver)}
		default:
			return &ForbiddenError{Caller: c, Needs: p}
		}
	}
	if c == nil && named == OwnerName || !d.peopled() {
		return nil
	}
	if u, ok := d.User(ledger.UserID(named)); ok && u.Kind != ledger.UserDevice && u.Roles&p.Roles() != 0 {
		return nil
	}
	who := "a user of this site"
	if c == nil {
		who += ", or owner"
	}
	return &ledger.FormError{Field: field, Why: fmt.Sprintf("names %s, who is nobody here that may let this be: it takes %s; name %s", named, p.Who(), who)}
}
