package door

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

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
