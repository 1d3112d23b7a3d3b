package demo

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// seatsEach is how many tills and handhelds each site has, and desks head office: one for each hand.
const seatsEach = 24

// A staff is who works in the company, and where: whatever clients do after the shops have opened is done by one of them,
// signed in at a device. The owner's token is for setting up, and for looking afterwards.
type staff struct {
	people map[string]*contract.UserRequest // by name, with their secrets
	seats  map[string][]string              // tokens of devices, by site; head office has its own
	taken  map[string]int
	told   staffTold
}

// staffTold is what is known of them when all is counted.
type staffTold struct {
	people  map[string]bool
	devices map[string]string            // by name: where it is
	from    map[ledger.SiteID]ledger.Seq // the last entry before the shops opened
	acts    uint64                       // the last act at head office before

	operator bool // something goes back in time: nodes are replaced, by whoever looks after machines, with the owner's token
}

// enrol makes devices known and waits until each site knows them, and the people.
func (s *show) enrol(ctx context.Context) error {
	st := s.staff
	st.seats, st.taken = map[string][]string{}, map[string]int{}
	st.told = staffTold{people: map[string]bool{}, devices: map[string]string{}, from: map[ledger.SiteID]ledger.Seq{}}
	for name := range st.people {
		st.told.people[name] = true
	}
	st.told.operator = s.cfg.Chaos
	hq := s.company.hqClient(50)
	where := []string{string(ledger.HQ)}
	for _, spec := range s.company.sites {
		where = append(where, spec.name)
	}
	for _, site := range where {
		for i := range seatsEach {
			id := seat(site, i)
			var device contract.User
			if _, err := hq.Do(ctx, http.MethodPut, "/v1/users/"+id, "", contract.UserRequest{Kind: "device", Sites: &[]string{site}}, &device); err != nil {
				return fmt.Errorf("set device %s: %w", id, err)
			}
			st.seats[site], st.told.devices[id] = append(st.seats[site], device.Token), site
		}
	}
	for i, spec := range s.company.sites {
		cl := s.company.nodeClient(i, 1)
		var now contract.NodeStatus
		if err := until(ctx, readyWait, func() (bool, error) {
			if _, err := cl.Do(ctx, http.MethodGet, "/v1/users/"+seat(spec.name, seatsEach-1), "", nil, nil); err != nil {
				return false, nil
			}
			_, err := cl.Do(ctx, http.MethodGet, "/v1/status", "", nil, &now)
			return err == nil, nil
		}); err != nil {
			return fmt.Errorf("wait for the users at %s: %w", spec.name, err)
		}
		st.told.from[ledger.SiteID(spec.name)] = ledger.Seq(now.Seq)
	}
	var acts contract.History
	if _, err := hq.Do(ctx, http.MethodGet, "/v1/history?limit=1", "", nil, &acts); err != nil {
		return fmt.Errorf("look at head office's history: %w", err)
	}
	if len(acts.Acts) > 0 {
		st.told.acts = acts.Acts[0].Number
	}
	s.paper.staff = &st.told
	s.say("%d people work at %d tills, handhelds and desks: what they do names both, and who approved it", len(st.people), len(st.told.devices))
	return nil
}

// seat names the device of a site's i-th hand, from 0.
func seat(site string, i int) string { return fmt.Sprintf("seat-%s-%d", site, i+1) }

// worker is a client that somebody works with at a site of their own device; where nobody signs in, it is the owner's.
func (s *show) worker(site int, name string, tries int) *client.Client {
	cl := s.company.nodeClient(site, tries)
	if s.staff != nil {
		cl.Token, cl.Person = "", &client.Person{User: name, Device: s.staff.seat(s.company.sites[site].name), PIN: s.staff.people[name].PIN, Waits: s.cfg.Chaos}
	}
	return cl
}

// clerk is one that somebody works with at head office.
func (s *show) clerk(name string, tries int) *client.Client {
	cl := s.company.hqClient(tries)
	if s.staff != nil {
		cl.Token, cl.Person = "", &client.Person{User: name, Device: s.staff.seat(string(ledger.HQ)), Secret: s.staff.people[name].Password, Waits: s.cfg.Chaos}
	}
	return cl
}

// seat gives a device that nobody has yet.
func (st *staff) seat(site string) string {
	i := st.taken[site]
	if i >= len(st.seats[site]) {
		panic("demo: more hands than seats at " + site)
	}
	st.taken[site]++
	return st.seats[site][i]
}

// leave is a client with somebody's approval of each act.
func (s *show) leave(cl *client.Client, name string) *client.Client {
	if s.staff == nil {
		return cl
	}
	lent := *cl
	lent.Approval = name + ":" + s.staff.people[name].PIN
	return &lent
}

// takesLeave says whether a cashier or a picker needs a supervisor's approval of a call: it is money that goes out, or stock
// that somebody says is another.
func takesLeave(path string) bool {
	for _, end := range []string{"/v1/adjustments", "/v1/counts", "/inspect", "/v1/refunds", "/pay-in", "/pay-out", "/v1/days/end"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}
