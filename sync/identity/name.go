package identity

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A Role is what a process is in the company.
type Role uint8

// The roles. The zero one is none.
const (
	RoleSite Role = 1 // a site's node
	RoleHQ   Role = 2 // a server of head office
)

// String is the role as it stands in names.
func (r Role) String() string {
	switch r {
	case RoleSite:
		return "site"
	case RoleHQ:
		return "hq"
	default:
		return "nobody"
	}
}

// Who and company are bounded, in bytes.
const (
	whoMax     = 64
	companyMax = 32
)

// A Name says which process of which company holds a key. The zero Name is nobody's.
type Name struct {
	Company string
	Role    Role
	Who     string       // the site, or the server's name
	Epoch   ledger.Epoch // of a site: certificates of an epoch below the site's fence are refused. 0 of a server
}

// scheme begins every name.
const scheme = "holdfast"

// String is the name as it stands in a certificate, for example holdfast://c-4f21/site/leeds?epoch=3.
func (n Name) String() string {
	text := scheme + "://" + n.Company + "/" + n.Role.String() + "/" + n.Who
	if n.Role == RoleSite {
		text += "?epoch=" + strconv.FormatUint(uint64(n.Epoch), 10)
	}
	return text
}

// Check says what is wrong with a name, or nil.
func (n Name) Check() error {
	if err := CheckCompany(n.Company); err != nil {
		return err
	}
	switch n.Role {
	case RoleSite:
		_, err := ledger.ParseSite(n.Who)
		return err
	case RoleHQ:
		if n.Epoch != 0 {
			return &ledger.FormError{Field: "epoch", Why: "is a site's, and this is a server"}
		}
		if n.Who == "" || len(n.Who) > whoMax || strings.Trim(n.Who, letters+strings.ToUpper(letters)+digits+"-.") != "" {
			return &ledger.FormError{Field: "server", Why: fmt.Sprintf("is not 1 to %d letters, digits, dots and hyphens", whoMax)}
		}
		return nil
	default:
		return &ledger.FormError{Field: "role", Why: "is not site or hq"}
	}
}

const (
	letters = "abcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// CheckCompany says what is wrong with a company's name in certificates, or nil.
func CheckCompany(s string) error {
	if s == "" || len(s) > companyMax || strings.Trim(s, letters+digits+"-") != "" {
		return &ledger.FormError{Field: "company", Why: fmt.Sprintf("is not 1 to %d of a to z, 0 to 9 and hyphens", companyMax)}
	}
	return nil
}

// ParseName reads a name in its one spelling: what String writes, and nothing else.
func ParseName(s string) (Name, error) {
	bad := func(why string) (Name, error) { return Name{}, &ledger.FormError{Field: "name", Why: why} }
	u, err := url.Parse(s)
	if err != nil || u.Scheme != scheme {
		return bad("is no holdfast:// name")
	}
	n := Name{Company: u.Host}
	role, who, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if !ok {
		return bad("names no role and holder")
	}
	switch n.Who = who; role {
	case RoleSite.String():
		n.Role = RoleSite
		epoch, err := strconv.ParseUint(strings.TrimPrefix(u.RawQuery, "epoch="), 10, 63)
		if err != nil {
			return bad("names no epoch")
		}
		n.Epoch = ledger.Epoch(epoch)
	case RoleHQ.String():
		n.Role = RoleHQ
	default:
		return bad("has a role that is not known")
	}
	if err := n.Check(); err != nil {
		return Name{}, err
	}
	if n.String() != s {
		return bad("is not in its one spelling")
	}
	return n, nil
}
