package hq

import (
	"net/http"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What the node of a site knew: for whoever has to say what a thief of it has, and what is to be done about it.

const pathKnew = "/v1/sites/{site}/knew"

// KnownUser is somebody whom the node could let in.
type KnownUser struct {
	User    string   `json:"user"`
	Kind    string   `json:"kind" jsonschema:"person, program or device"`
	Name    string   `json:"name,omitempty"`
	Roles   []string `json:"roles"`
	PIN     bool     `json:"pin" jsonschema:"the node had the hash of a PIN, which is found by trying in hours"`
	Token   bool     `json:"token" jsonschema:"the node had the hash of a token; it is of 256 drawn bits, and nobody finds it"`
	Changed string   `json:"changed" jsonschema:"when the user was set last"`
	Due     bool     `json:"due" jsonschema:"true: it still has the PIN that the node knew"`
}

// KnownAsset is what the node may give out without asking: of an account, a gift card, a promotion.
type KnownAsset struct {
	Asset string `json:"asset"`
	May   int64  `json:"may" jsonschema:"minor units, or uses, that it may still give out; what it told of later is off"`
}

// Knew is what the node of a site knew, as far as head office has told it or has heard of it.
type Knew struct {
	Site      string        `json:"site"`
	State     string        `json:"state"`
	Lost      *SignedRow    `json:"lost,omitempty" jsonschema:"who declared it lost; left out where nobody did"`
	Entries   uint64        `json:"entries" jsonschema:"of its journal that head office has: receipts, orders with who they go to, payments (never a card's number)"`
	Open      int           `json:"orders_open"`
	Customers int           `json:"customers" jsonschema:"whose names, addresses and terms it was told: those of the whole company where it sells over a counter"`
	Users     []KnownUser   `json:"users"`
	Assets    []KnownAsset  `json:"assets"`
	BookKeys  KnownReleases `json:"book_keys" jsonschema:"when its node was given what opens its sealed book; a time after the theft is the thief's"`
	Never     []string      `json:"never" jsonschema:"what it was never told"`
	Next      []string      `json:"next" jsonschema:"what is to be done, in order"`
}

func (s *Server) knewRoutes() []route {
	return []route{{doc(get, pathKnew, "What the node of a site knew"), forOwner, readable, false, s.getKnew},
		{doc(put, "/v1/sites/{site}", "Put right what a site was added as"), forOwner, atLeader, false, s.putSite}}
}

func knowing() map[string]contract.Route {
	return map[string]contract.Route{"GET " + pathKnew: {Query: reads(), Answers: ok("What it knew, and what is to be done.", Knew{}),
		Codes: []contract.Code{contract.CodeNoLeader, contract.CodeUnknownSite, contract.CodeBadValue, contract.CodeUnknownField}}}
}

func (s *Server) getKnew(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	name, err := variable(r, "site")
	if err != nil {
		return err
	}
	var st *machine.Site
	s.View(func(m *machine.Machine) {
		if err = siteKnown(m, "site", name); err == nil {
			st, _ = m.Site(ledger.SiteID(name))
		}
	})
	if err != nil {
		return err
	}
	off, _ := s.leader() // nil where this server does not lead: the row is then the state's
	row := s.siteRow(off, st)
	out := Knew{Site: name, State: string(row.State), Entries: uint64(st.Stored.Seq), Open: row.Open, Users: []KnownUser{}, Assets: []KnownAsset{},
		Never: []string{"passwords of head office", "the secrets of webhooks", "the keys of the company's authority", "the journals of other sites"}}
	s.View(func(m *machine.Machine) {
		if st.Lost.Done() {
			out.Lost = signedRow(st.Lost)
		}
		if st.Counter {
			out.Customers = m.CustomerCount()
		}
		out.BookKeys = releasesOf(m, st.ID)
		for _, u := range knownAt(m, st.ID) {
			out.Users = append(out.Users, KnownUser{User: string(u.ID), Kind: u.Kind.String(), Name: u.Name, Roles: u.Roles.Names(), PIN: u.PIN != "", Token: u.Token != [32]byte{},
				Changed: contract.Moment(u.Set.At), Due: dueAt(st, u)})
		}
		after := ledger.AssetID("")
		for page := m.Assets(after, listMax); len(page) > 0; page = m.Assets(after, listMax) {
			for _, a := range page {
				after = a.ID
				for i := range a.Holders {
					if h := &a.Holders[i]; h.Site == st.ID && h.Claimed() > 0 {
						out.Assets = append(out.Assets, KnownAsset{Asset: string(a.ID), May: int64(h.Claimed())})
					}
				}
			}
		}
	})
	out.Next = knewNext(&out)
	return writeJSON(w, http.StatusOK, out)
}

// listMax is how many rows of the state are read at a time.
const listMax = 1000

// knownAt lists the users whom a site's node knows.
func knownAt(m *machine.Machine, site ledger.SiteID) (out []*machine.User) {
	after := ledger.UserID("")
	for page := m.Users(after, listMax); len(page) > 0; page = m.Users(after, listMax) {
		for _, u := range page {
			if after = u.ID; u.At(site) {
				out = append(out, u)
			}
		}
	}
	return out
}

// dueAt says whether a user has the PIN still that the node of a lost site knew.
func dueAt(st *machine.Site, u *machine.User) bool {
	return st.Lost.Done() && u.PIN != "" && u.Disabled == "" && !u.PINSet.After(st.Lost.At)
}

func knewNext(k *Knew) []string {
	var out []string
	if k.Lost == nil {
		out = append(out, "if the node is stolen or seized: holdfast site declare-lost "+k.Site+" --forget-pins --reason WHY; from then on it is promised nothing and told nothing"+opensNoMore(k))
	}
	for _, u := range k.Users {
		if u.Due {
			out = append(out, "holdfast site declare-lost "+k.Site+" --forget-pins --reason WHY once more, or a new PIN for each user that is due: holdfast user set-pin")
			break
		}
	}
	if len(k.Assets) > 0 {
		out = append(out, "when you are sure that nothing of it is used any more: holdfast site write-off "+k.Site+"; until then what it may give out stays taken off accounts and cards")
	}
	if k.Customers > 0 {
		out = append(out, customersOn(k)+": see whether your law has them, or an authority, told")
	}
	return append(out, "its owner.token opens that node alone, and nothing else; tills and handhelds of the site keep their own tokens, which the node did not have")
}

// opensNoMore says what becomes of a book that head office has had a part in, once its site is declared lost.
func opensNoMore(k *Knew) string {
	if k.BookKeys.Count == 0 {
		return ""
	}
	return ", and what opens its sealed book is destroyed: without a passphrase the disk is noise for ever"
}

// customersOn says how customers lay on the node's disk, as far as head office can know.
func customersOn(k *Knew) string {
	n := len(k.BookKeys.Latest)
	if n == 0 {
		return "customers' names and addresses lay on its disk in the clear, unless its book was sealed by a passphrase"
	}
	return "customers' names and addresses lay on its disk sealed; its node was last given what opens it at " + k.BookKeys.Latest[n-1].At + ": if that was after the theft, or a passphrase of it is known, they can be read"
}
