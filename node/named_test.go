package node_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Who lets a price, a count or an adjustment be is somebody who may. Whoever has signed in has them prove it; the owner's token and programs
// prove nothing, and may name nobody else. Before anybody is known, a name is a word.
func TestWhoeverIsNamedForAnActMayLetItBe(t *testing.T) {
	for what, act := range map[string]struct {
		path  string
		body  func(named string) string
		field string
	}{
		"a price": {"/v1/orders", func(n string) string {
			return `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":1,"currency":"GBP"},"price_approver":"` + n + `"}]}`
		}, "lines[0].price_approver"},
		"a discount": {"/v1/orders", func(n string) string {
			return `{"lines":[{"sku":"TAP-22","qty":1,"discount":{"ppm":500000,"reason":"worn","approver":"` + n + `"}}]}`
		}, "lines[0].discount.approver"},
		"an adjustment": {"/v1/adjustments", func(n string) string {
			return `{"reason":"damaged","approver":"` + n + `","lines":[{"sku":"TAP-22","qty":-1}]}`
		}, "approver"},
		"a count": {"/v1/counts", func(n string) string {
			return `{"counted_by":"carl","recounted_by":"beth","approver":"` + n + `","lines":[{"sku":"TAP-22","bin":"MAIN","counted":50}]}`
		}, "approver"},
	} {
		t.Run(what, func(t *testing.T) {
			inShopOf(t, func(c *node.Config) { c.DiscountPercent = 10 }, func(t *testing.T, s *shop) {
				s.put("TAP-22", `{"name":"Tap","price":{"amount":1000,"currency":"GBP","tax":"included"}}`)
				s.receive("TAP-22", 50)
				says := func(named string, more ...with) said { return s.post(act.path, act.body(named), more...) }
				booked := func(got said) {
					t.Helper()
					if got.status != 201 {
						t.Errorf("got %d %s", got.status, got.body)
					}
				}
				booked(says("the manager")) // nobody is known yet
				till := s.user("till-1", `{"kind":"device"}`)
				s.user("ann", `{"roles":["cashier"],"pin":"4711"}`)
				s.user("stan", `{"roles":["stock_controller"],"pin":"4714"}`)
				s.user("sue", `{"roles":["supervisor"],"pin":"4712"}`)
				shop := bearing(s.user("shop", `{"kind":"program","roles":["supervisor"]}`))
				for named, ok := range map[string]bool{"owner": true, "sue": true, "shop": true, "ann": false, "till-1": false, "the manager": false, "SUE": false} {
					for who, by := range map[string][]with{"the owner": nil, "a program": {shop}} {
						if got, fine := says(named, by...), ok && (by == nil || named != "owner"); fine {
							booked(got)
						} else if p := got.want(t, 400, contract.CodeBadValue); p.Field != act.field || !strings.Contains(p.Detail, "names "+named+", who is nobody here that may let this be: it takes ") || !strings.Contains(p.Detail, "; name a user of this site") {
							t.Errorf("%s names %s: got %+v, want field %s", who, named, p, act.field)
						}
					}
				}
				who, roleless := s.signIn(till, "stan", "4714"), contract.CodeApproverNeeded
				if what == "a price" || what == "a discount" {
					who = s.signIn(till, "ann", "4711")
				} else {
					roleless = contract.CodeBadValue // stan may adjust himself, and names somebody who knows nothing of it
				}
				status := 403
				if roleless == contract.CodeBadValue {
					status = 400
				}
				if p := says("sue", who).want(t, status, roleless); status == 400 && !strings.Contains(p.Detail, "names sue, who has not approved this: leave it out, for you may yourself, or have them type their name and secret") {
					t.Errorf("somebody who may himself names sue: got %+v", p)
				}
				booked(says("sue", who, header(contract.HeaderApproval, "sue:4712")))
				if p := says("stan", who, header(contract.HeaderApproval, "sue:4712")); what == "a price" || what == "a discount" {
					if no := p.want(t, 400, contract.CodeBadValue); !strings.Contains(no.Detail, "names stan, and it is sue who approved this: leave it out, or name them") {
						t.Errorf("got %+v", no)
					}
				}
				booked(says("sue", s.signIn(till, "sue", "4712"))) // her own act
			})
		})
	}
}

// Whoever is refused for a name is told why, and what can be done.
func TestWhyANameIsNotTakenIsSaid(t *testing.T) {
	inShop(t, 9, func(t *testing.T, s *shop) {
		till := s.user("till-1", `{"kind":"device"}`)
		s.user("stan", `{"roles":["stock_controller"],"pin":"4714"}`)
		s.user("sue", `{"roles":["supervisor"],"pin":"4712"}`)
		stan := s.signIn(till, "stan", "4714")
		for want, says := range map[string]struct {
			named string
			by    []with
		}{
			"approver names ann, who is nobody here that may let this be: it takes a supervisor, a stock controller or an administrator; name a user of this site, or owner": {"ann", nil},
			"approver names sue, who has not approved this: leave it out, for you may yourself, or have them type their name and secret":                                     {"sue", []with{stan}},
			"approver names ann, and it is sue who approved this: leave it out, or name them":                                                                                {"ann", []with{stan, header(contract.HeaderApproval, "sue:4712")}},
		} {
			if p := s.post("/v1/adjustments", `{"reason":"damaged","approver":"`+says.named+`",`+line("TAP-22", -1)+`}`, says.by...).want(t, 400, contract.CodeBadValue); !strings.Contains(p.Detail, want) {
				t.Errorf("got %q, want %q", p.Detail, want)
			}
		}
	})
}
