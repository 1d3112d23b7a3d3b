package node_test

import (
	"fmt"
	"reflect"
	"slices"
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
		"goods in the hand": {"/v1/orders", func(n string) string {
			return `{"in_hand":true,"approver":"` + n + `","lines":[{"sku":"TAP-22","qty":1}]}`
		}, "approver"},
		"an adjustment": {"/v1/adjustments", func(n string) string {
			return `{"reason":"damaged","approver":"` + n + `","lines":[{"sku":"TAP-22","qty":-1}]}`
		}, "approver"},
		"a count": {"/v1/counts", func(n string) string {
			return `{"counted_by":"carl","approver":"` + n + `","lines":[{"sku":"TAP-22","bin":"MAIN","counted":50}]}`
		}, "approver"},
	} {
		t.Run(what, func(t *testing.T) {
			ofSale := act.path == "/v1/orders"
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
				if ofSale {
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
				if p := says("stan", who, header(contract.HeaderApproval, "sue:4712")); ofSale {
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

// namesIn gives the fields of a request that name a person for what is done, as they stand in JSON.
func namesIn(t reflect.Type, at string) (out []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return namesIn(t.Elem(), at)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case name == "" && f.Anonymous:
				out = append(out, namesIn(f.Type, at)...)
			case name == "" || name == "-" || !f.IsExported():
			case f.Type.Kind() == reflect.String && name != "need_by" && (name == "by" || strings.HasSuffix(name, "_by") || strings.HasSuffix(name, "approver")):
				out = append(out, at+name)
			default:
				out = append(out, namesIn(f.Type, at+name+".")...)
			}
		}
	}
	return out
}

// Whoever a request names is held against the door: each field of each request that names somebody is one of those below, and a field that is new has to be
// thought of. Where nobody may be named but who may let it be, a name of nobody is refused; where somebody signs, whoever has signed in does.
func TestEachFieldThatNamesAPersonIsHeldAgainstTheDoor(t *testing.T) {
	bodies := map[string]string{ // with a name of nobody, which is refused
		"POST /v1/orders approver":                        `{"in_hand":true,"approver":"mallory","lines":[{"sku":"TAP-22","qty":1}]}`,
		"POST /v1/orders lines.price_approver":            `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":1,"currency":"GBP"},"price_approver":"mallory"}]}`,
		"POST /v1/orders lines.discount.approver":         `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":9,"currency":"GBP"},"discount":{"ppm":1000,"reason":"worn","approver":"mallory"}}]}`,
		"POST /v1/orders override.by":                     `{"override":{"by":"mallory","reason":"known"},"lines":[{"sku":"TAP-22","qty":1}]}`,
		"POST /v1/orders/{id}/place override.by":          `{"override":{"by":"mallory","reason":"known"}}`,
		"POST /v1/adjustments approver":                   `{"reason":"found","approver":"mallory","lines":[{"sku":"TAP-22","qty":1}]}`,
		"POST /v1/counts approver":                        `{"approver":"mallory","lines":[{"sku":"TAP-22","bin":"MAIN","counted":1}]}`,
		"POST /v1/counts recounted_by":                    `{"recounted_by":"mallory","lines":[{"sku":"TAP-22","bin":"MAIN","counted":1}]}`,
		"POST /v1/exchanges sale.approver":                `{"sale":{"in_hand":true,"approver":"mallory","lines":[{"sku":"TAP-22","qty":1}]},"till":"T1","reason":"size","order":"ID","lines":[{"line":1,"qty":1}]}`,
		"POST /v1/exchanges sale.lines.price_approver":    `{"sale":{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":1,"currency":"GBP"},"price_approver":"mallory"}]},"till":"T1","reason":"size","order":"ID","lines":[{"line":1,"qty":1}]}`,
		"POST /v1/exchanges sale.lines.discount.approver": `{"sale":{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":9,"currency":"GBP"},"discount":{"ppm":1000,"reason":"worn","approver":"mallory"}}]},"till":"T1","reason":"size","order":"ID","lines":[{"line":1,"qty":1}]}`,
		"POST /v1/exchanges sale.override.by":             `{"sale":{"override":{"by":"mallory","reason":"known"},"lines":[{"sku":"TAP-22","qty":1}]},"till":"T1","reason":"size","order":"ID","lines":[{"line":1,"qty":1}]}`,
	}
	words := map[string]string{ // with why a name is a word there
		"POST /v1/counts counted_by":         "who sends a count is its actor; who counted first is said, for two people count",
		"POST /v1/orders/{id}/decide by":     "LetsThrough: whoever has signed in decides (TestWhoDecidesIsWhoActs)",
		"POST /v1/orders/{id}/amend by":      "is refused: a site's book cannot change what an order is for",
		"POST /v1/transfers/{id}/approve by": "head office judges",
		"POST /v1/transfers/{id}/refuse by":  "head office judges",
	}
	found := map[string]bool{}
	for _, rt := range node.Routes() {
		if rt.Request == nil {
			continue
		}
		_, signed := reflect.New(reflect.TypeOf(rt.Request)).Interface().(contract.Signed)
		for _, field := range namesIn(reflect.TypeOf(rt.Request), "") {
			name := rt.Method + " " + rt.Path + " " + field
			if found[name] = true; bodies[name] == "" && words[name] == "" && !(signed && field == "by") {
				t.Errorf("%s names somebody, and nothing says who may be named", name)
			}
		}
	}
	for _, name := range slices.Concat(mapKeys(bodies), mapKeys(words)) {
		if !found[name] && !strings.HasPrefix(words[name], "head office") && !strings.HasPrefix(words[name], "is refused") {
			t.Errorf("%s: got no such field", name)
		}
	}
	inShop(t, 9, func(t *testing.T, s *shop) {
		s.user("sue", `{"roles":["supervisor"],"pin":"4712"}`)
		parked := as[contract.Order](t, s.post("/v1/orders", `{"draft":{"kind":"parked"},"lines":[{"sku":"TAP-22","qty":1}]}`), 201)
		sold := as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"TAP-22","qty":1}]}`), 201)
		before := s.node.Status().Seq
		for name, body := range bodies {
			call, field, _ := strings.Cut(name[len("POST "):], " ")
			p := s.post(strings.ReplaceAll(call, "{id}", string(parked.ID)), strings.ReplaceAll(body, "ID", string(sold.ID))).want(t, 400, contract.CodeBadValue)
			field = strings.Replace(strings.TrimPrefix(field, "sale."), "lines.", "lines[0].", 1)
			if strings.TrimPrefix(p.Field, "sale.") != field || !strings.Contains(p.Detail, "names mallory, who is nobody here") {
				t.Errorf("%s: got %q of %s", name, p.Detail, p.Field)
			}
		}
		if after := s.node.Status().Seq; after != before {
			t.Errorf("got entry %d, want none after %d", after, before)
		}
	})
}

func mapKeys(m map[string]string) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

// What was far off is counted again by somebody who shows it: they send it, or type their PIN with it. Where nobody is signed in the name is of somebody who
// counts here.
func TestWhoeverHasCountedAgainShowsIt(t *testing.T) {
	inShopOf(t, func(c *node.Config) { c.CountUnits = 1 }, func(t *testing.T, s *shop) {
		s.receive("TAP-22", 50)
		counts := func(again string, by ...with) said {
			return s.post("/v1/counts", `{"counted_by":"pia","recounted_by":"`+again+`","lines":[{"sku":"TAP-22","bin":"MAIN","counted":40}]}`, by...)
		}
		if got := counts("the manager"); got.status != 201 {
			t.Errorf("nobody is known yet: got %d %s", got.status, got.body)
		}
		till := s.user("till-1", `{"kind":"device"}`)
		s.user("pia", `{"roles":["picker"],"pin":"4711"}`)
		s.user("stan", `{"roles":["stock_controller"],"pin":"4714"}`)
		s.user("ann", `{"roles":["cashier"],"pin":"4715"}`)
		for named, ok := range map[string]bool{"stan": true, "ann": false, "the manager": false} {
			if got := counts(named); (got.status == 201) != ok || !ok && got.want(t, 400, contract.CodeBadValue).Field != "recounted_by" {
				t.Errorf("the owner names %s: got %d %s", named, got.status, got.body)
			}
		}
		pia := s.signIn(till, "pia", "4711")
		if p := counts("stan", pia).want(t, 400, contract.CodeBadValue); p.Detail != "recounted_by names stan, who has not shown that they have counted: have them send it as signed in, or type their name and secret with it." {
			t.Errorf("got %q", p.Detail)
		}
		if got := counts("stan", pia, header(contract.HeaderApproval, "stan:4714")); got.status != 201 {
			t.Errorf("stan stands beside her: got %d %s", got.status, got.body)
		}
		if got := counts("stan", s.signIn(till, "stan", "4714")); got.status != 201 {
			t.Errorf("stan sends it: got %d %s", got.status, got.body)
		}
	})
}

// Who decides about an order that waits is whoever acts, or who approved it: whatever name is given. The owner's token speaks for others.
func TestWhoDecidesIsWhoActs(t *testing.T) {
	inShop(t, 90, func(t *testing.T, s *shop) {
		s.do("PUT", "/v1/policy/checks", `{"checks":[{"name":"bulk","kind":"quantity","limit":5,"then":"wait","owner":"sales","default":"cancel","wait_for":"4h"}]}`)
		till := s.user("till-1", `{"kind":"device"}`)
		s.user("sue", `{"roles":["supervisor"],"pin":"4712"}`)
		s.user("ann", `{"roles":["cashier"],"pin":"4711"}`)
		n := 0
		decided := func(by ...with) string {
			n++
			o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"deliver","ship_to":{"country":"GB"},"lines":[{"sku":"TAP-22","qty":9}]}`), 201)
			out := as[contract.Order](t, s.do("POST", "/v1/orders/"+string(o.ID)+"/decide", `{"decision":"release","by":"mallory","reason":"known"}`, append(by, key(fmt.Sprint("word ", n)))...), 200)
			if out.Review == nil {
				t.Fatalf("got %+v, want one that waited", out)
			}
			return out.Review.By
		}
		for want, by := range map[string][]with{"mallory": nil, "sue": {s.signIn(till, "ann", "4711"), header(contract.HeaderApproval, "sue:4712")}} {
			if got := decided(by...); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		if got := decided(s.signIn(till, "sue", "4712")); got != "sue" {
			t.Errorf("got %q, want sue", got)
		}
	})
}
