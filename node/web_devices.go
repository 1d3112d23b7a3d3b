package node

import (
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// devices lists the tills and handhelds that people may sign in at here, and when each was here last.
func (s *web) devices(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	out := contract.DeviceList{Devices: []contract.Device{}}
	people := s.book.People()
	for i := range people.Users {
		u := people.Users[i]
		if u.Sites = []ledger.SiteID{s.cfg.Site}; u.ID <= ledger.UserID(page.After) {
			continue
		}
		seen, _ := s.door.Seen(u.ID)
		if !out.Add(&u, seen.At, seen.User, page.Limit) {
			break
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

func docDevices() contract.Route {
	return contract.Route{Summary: "List the tills and handhelds that people may sign in at here, and when each was here last", Query: pageParams(),
		Answers: ok("Devices by id. Turning one away (PUT /v1/users/{user} with disabled) ends its token and every sign-in at it; where there is a head office it is done there, and holds here from the next contact on.", contract.DeviceList{}), Codes: listCodes()}
}
