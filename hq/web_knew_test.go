package hq_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Whoever has a stolen node has what it knew: it is listed, and the PINs that it knew open nothing any more, at no site.
func TestWhatALostNodeKnewIsListed(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	for _, site := range []string{"leeds", "york"} {
		c.must(201, 0, "POST", "/v1/sites", "add-"+site, hq.SiteRequest{Site: site, Kind: "counter"}, nil)
	}
	set := func(id string, in contract.UserRequest) { c.must(200, 0, "PUT", "/v1/users/"+id, "", in, nil) }
	cashier := &[]string{"cashier"}
	set("ann", contract.UserRequest{Roles: cashier, PIN: "483920", Sites: &[]string{"leeds"}})
	set("bob", contract.UserRequest{Roles: cashier, PIN: "593017"}) // everywhere
	set("cat", contract.UserRequest{Roles: cashier, PIN: "672914", Sites: &[]string{"york"}})
	set("till-1", contract.UserRequest{Kind: "device", Sites: &[]string{"leeds"}})
	c.must(200, 0, "PUT", "/v1/customers/c1", "", map[string]any{"name": "Mill Ltd"}, nil)
	knew := func() (out hq.Knew, pins, due string) {
		c.must(200, 0, "GET", "/v1/sites/leeds/knew", "", nil, &out)
		var p, d []string
		for _, u := range out.Users {
			if u.PIN {
				p = append(p, u.User)
			}
			if u.Due {
				d = append(d, u.User)
			}
		}
		return out, strings.Join(p, " "), strings.Join(d, " ")
	}
	got, pins, due := knew()
	if pins != "ann bob" || due != "" || got.Lost != nil || got.Customers != 1 || len(got.Users) != 3 || !strings.Contains(strings.Join(got.Next, "\n"), "declare-lost leeds --forget-pins") {
		t.Errorf("before: got %+v", got)
	}
	lost := hq.LostRequest{SignedRequest: hq.SignedRequest{By: "beth", Reason: "stolen"}}
	c.must(200, 0, "POST", "/v1/sites/leeds/declare-lost", "l1", lost, nil)
	if got, pins, due = knew(); due != "ann bob" || pins != due || got.Lost == nil || got.Lost.By != "beth" {
		t.Errorf("lost: got %+v, want the PINs due", got)
	}
	lost.ForgetPINs = true
	c.must(200, 0, "POST", "/v1/sites/leeds/declare-lost", "l2", lost, nil)
	if got, pins, due = knew(); pins != "" || due != "" {
		t.Errorf("forgotten: got %+v, want no PIN that it knew", got)
	}
	var history struct {
		Changes []struct {
			What string `json:"what"`
			By   string `json:"by"`
		} `json:"changes"`
	}
	c.must(200, 0, "GET", "/v1/policy/history", "", nil, &history)
	signed := 0
	for _, h := range history.Changes {
		if (h.What == "user.ann" || h.What == "user.bob") && h.By == "beth" {
			signed++
		}
	}
	if signed != 2 {
		t.Errorf("got %+v, want both PINs taken away by beth", history.Changes)
	}
	c.must(200, 0, "POST", "/v1/sites/leeds/declare-lost", "l3", lost, nil) // done again it changes nothing
	c.no(400, contract.CodeUnknownSite, "GET", "/v1/sites/lees/knew", "", nil)
	if status := c.call(0, http.MethodGet, "/v1/sites/leeds/knew?who=me", "", nil, nil); status != 400 {
		t.Errorf("a parameter that nobody knows: got %d", status)
	}
}
