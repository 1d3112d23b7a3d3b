package machine

import (
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Renew replaces a site's join token. Whoever has the old one is turned away from then on: it is for
// the site whose disk is lost with its token, and what keeps the old node away should it come back.
type Renew struct {
	Site   ledger.SiteID
	Token  [32]byte // SHA-256 of the new join token
	By     string
	Reason string
	At     time.Time
}

func (m *Machine) renew(c *Renew) Result {
	return Result{Err: m.atomically(func() error {
		switch {
		case c.By == "":
			return &ledger.FormError{Field: "by", Why: "is empty: somebody has to sign"}
		case c.Reason == "":
			return &ledger.FormError{Field: "reason", Why: "is empty"}
		}
		if _, ok := m.sites.get(c.Site); !ok {
			return &SiteUnknownError{Site: c.Site}
		}
		m.editSite(c.Site).Token = c.Token
		m.raise(Exception{What: "token_renewed", Site: c.Site, Why: "new join token by " + c.By + ": " + c.Reason}, c.At)
		return nil
	})}
}
