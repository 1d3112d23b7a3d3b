package node_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A floor is a shop at which people have signed in: olga, an administrator, at till-1; carl, a cashier, at till-2, with
// otto beside him, whose PIN lends him what he may not do alone.
type floor struct {
	*shop
	olga, carl, lent with
	needs            map[string]door.Permission
	signed           map[string]bool // calls that may say who signs
	done             map[string]bool
	told             int
	entry            string // cursor behind the last entry that was looked at
	change           uint64 // the last change that was
}

const olgaPIN, carlPIN, ottoPIN = "830217", "640918", "759302"

func onFloor(s *shop, olga, carl with) *floor {
	f := &floor{shop: s, olga: olga, carl: carl, lent: header(contract.HeaderApproval, "otto:"+ottoPIN), needs: map[string]door.Permission{}, signed: map[string]bool{}, done: map[string]bool{}}
	for _, c := range node.Calls() {
		f.needs[c.Method+" "+c.Path] = c.Needs
	}
	for _, rt := range node.Routes() {
		if rt.Request != nil {
			_, f.signed[rt.Method+" "+rt.Path] = reflect.New(reflect.TypeOf(rt.Request)).Interface().(contract.Signed)
		}
	}
	return f
}

// act makes a call as a person at an enrolled device, with a second person's approval where one can be asked for, and
// looks at all that it wrote: each entry, and each change of reference data, names person, device and approver.
func (f *floor) act(call, path, body string) said {
	f.t.Helper()
	f.seen() // what was done to make ready
	needs, known := f.needs[call]
	if !known {
		f.t.Fatalf("%s is no call", call)
	}
	want := [3]string{"olga", "till-1", ""}
	f.told++
	opts := []with{key(fmt.Sprint("act ", f.told)), f.olga}
	if needs.Lends() {
		want, opts = [3]string{"carl", "till-2", "otto"}, []with{opts[0], f.carl, f.lent}
	}
	method, pattern, _ := strings.Cut(call, " ")
	if path == "" {
		path = pattern
	}
	if rest, object := strings.CutPrefix(body, "{"); object && f.signed[call] && !strings.Contains(body, `"by":`) { // another's name, which is not to stand anywhere
		if body = `{"by":"mallory"`; rest != "}" {
			body += ","
		}
		body += rest
	}
	got := f.do(method, path, body, opts...)
	if bytes.Contains(got.body, []byte("mallory")) {
		f.t.Errorf("%s: got %s, want nothing signed by somebody else than who did it", call, got.body)
	}
	if got.status >= 300 {
		f.t.Errorf("%s %s: got %d %s", call, body, got.status, got.body)
		f.done[call] = true
		return got
	}
	entries, changes := f.seen()
	if len(entries)+len(changes) == 0 {
		f.t.Errorf("%s: got nothing written that names anybody", call)
	}
	for _, e := range entries {
		if [3]string{e.Actor, e.Device, e.Approver} != want {
			f.t.Errorf("%s: got entry %d, %s, by %q at %q, approved by %q; want %q", call, e.Seq, e.Kind, e.Actor, e.Device, e.Approver, want)
		}
	}
	for _, a := range changes {
		if strings.Contains(a.What, "mallory") || [3]string{a.By, a.Device, a.Approver} != want || a.Call != method+" "+path {
			f.t.Errorf("%s: got change %+v; want %q", call, a, want)
		}
	}
	f.done[call] = true
	return got
}

// seen gives what was written since it was called last.
func (f *floor) seen() (entries []contract.Entry, changes []contract.Act) {
	f.t.Helper()
	for {
		path := "/v1/entries"
		if f.entry != "" {
			path += "?after=" + f.entry
		}
		page := as[contract.EntryList](f.t, f.get(path), 200)
		if len(page.Entries) == 0 {
			break
		}
		last := page.Entries[len(page.Entries)-1]
		f.entry, entries = fmt.Sprintf("%d.%d", last.Epoch, last.Seq), append(entries, page.Entries...)
	}
	for _, a := range as[contract.History](f.t, f.get("/v1/history?limit=50"), 200).Acts {
		if a.Number > f.change {
			changes = append(changes, a)
		}
	}
	if len(changes) > 0 {
		f.change = changes[0].Number
	}
	return entries, changes
}

// made places an order as the owner and gives its id, and the path of its part here.
func (f *floor) made(body string) (id, part string) {
	f.t.Helper()
	o := as[contract.Order](f.t, f.post("/v1/orders", body), 201)
	return string(o.ID), "/v1/fulfilments/" + contract.FulfilmentID(o.ID, "leeds")
}

// unactedHere are the calls that write nothing in which somebody could be named, each with why.
func unactedHere() map[string]string {
	const list = "is in no book: it holds nothing, is its picker's for a time, and what is picked by it names whoever picks"
	const door = "is about who is at the door, and changes nothing of the book"
	return map[string]string{
		"POST /v1/sign-in": door, "POST /v1/sign-out": door, "POST /sign-in": door, "POST /sign-out": door,
		"POST /v1/pick-lists": list, "POST /v1/pick-lists/{id}/release": list,
		"POST /v1/orders/{id}/amend": "is refused: a site's book cannot change what an order is for",
	}
}

// Whatever is done at a site names the person, the device they have signed in at, and who approved it: by an entry of the
// journal, or where reference data are kept here by a change beside it, and the API gives both. A call that is new has to
// be made here, or to say why it writes nothing.
func TestEachWriteOfASiteNamesWhoWhereAndByWhoseLeave(t *testing.T) {
	done := map[string]bool{}
	t.Run("that stands alone", func(t *testing.T) {
		carriers, err := contract.ReadCarriers([]byte(`{"version":1,"carriers":[{"name":"Van"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		inShopOf(t, func(c *node.Config) {
			c.Cartons, c.Labels, c.Carriers = ledger.CartonNumbers{Prefix: "5012345", Range: "07"}, filepath.Join(c.Dir, "labels"), carriers
		}, func(t *testing.T, s *shop) {
			till1, till2 := s.user("till-1", `{"kind":"device"}`), s.user("till-2", `{"kind":"device"}`)
			s.user("olga", `{"roles":["administrator"],"pin":"`+olgaPIN+`"}`)
			s.user("carl", `{"roles":["cashier"],"pin":"`+carlPIN+`"}`)
			s.user("otto", `{"roles":["administrator"],"pin":"`+ottoPIN+`"}`)
			f := onFloor(s, s.signIn(till1, "olga", olgaPIN), s.signIn(till2, "carl", carlPIN))
			for _, part := range []func(){f.sets, f.keepsStock, f.sends, f.sells} {
				part()
			}
			maps.Copy(done, f.done)
		})
	})
	t.Run("of a company", func(t *testing.T) {
		joined(t, func(t *testing.T, s *shop, h *hub) {
			f := s.staffed(h)
			f.moves(h)
			maps.Copy(done, f.done)
		})
	})
	for _, c := range node.Calls() {
		name := c.Method + " " + c.Path
		if why := unactedHere()[name]; c.Method != http.MethodGet && done[name] == (why != "") {
			t.Errorf("%s: done %v, and why not: %q; make it here, or say why it names nobody", name, done[name], why)
		}
	}
}

// sets changes reference data.
func (f *floor) sets() {
	f.act("PUT /v1/policy/company", "", `{"currency":"GBP"}`)
	f.act("PUT /v1/policy/checks", "", `{"checks":[{"name":"bulk","kind":"quantity","limit":50,"then":"wait","owner":"sales","default":"cancel","wait_for":"4h"}]}`)
	f.act("PUT /v1/items/{sku}", "/v1/items/TAP-22", `{"name":"Tap","price":{"amount":1299,"currency":"GBP"}}`)
	f.act("POST /v1/items/bulk", "", `{"items":[{"sku":"PIPE","name":"Pipe","price":{"amount":500,"currency":"GBP"}},{"sku":"MILK","name":"Milk","tracking":"lot"},{"sku":"SOFA","name":"Sofa","supplier":"Oak Ltd","lead_time_days":10,"drop_ship":true,"price":{"amount":90000,"currency":"GBP"}}]}`)
	f.act("PUT /v1/customers/{customer}", "/v1/customers/C-1", `{"name":"Anna","addresses":[{"label":"home","country":"GB","postcode":"LS1 1AA"}]}`)
	f.act("PUT /v1/customers/{customer}", "/v1/customers/C-2", `{"name":"Bob"}`)
	f.act("POST /v1/customers/{customer}/erase", "/v1/customers/C-2/erase", `{}`)
	f.act("PUT /v1/users/{user}", "/v1/users/dora", `{"roles":["picker"],"pin":"275914","reason":"hired"}`)
	acts := as[contract.History](f.t, f.get("/v1/history?of=TAP-22"), 200).Acts
	if len(acts) == 0 || acts[0].What != `new, "Tap", costs 1299 GBP` && acts[0].What != `costs 1299 GBP, was nothing said; is "Tap", was "A TAP-22"; other details` {
		f.t.Errorf("got %+v, want what TAP-22 costs from now on", acts)
	}
	before := f.change
	for call, body := range map[string]string{"/v1/items/TAP-22": `{"name":"Tap","price":{"amount":1299,"currency":"GBP"}}`, "/v1/policy/company": `{"currency":"GBP"}`, "/v1/customers/C-1": `{"name":"Anna","addresses":[{"label":"home","country":"GB","postcode":"LS1 1AA"}]}`, "/v1/users/dora": `{"pin":"275914"}`} {
		if got := f.do("PUT", call, body); got.status != 200 {
			f.t.Errorf("%s: got %d %s", call, got.status, got.body)
		}
	}
	if _, changes := f.seen(); f.change != before {
		f.t.Errorf("done again: got %+v, want nothing changed", changes)
	}
	text := string(f.get("/v1/history?limit=500").body)
	for _, secret := range []string{olgaPIN, "275914", "argon2", "Anna", "LS1 1AA"} {
		if strings.Contains(text, secret) {
			f.t.Errorf("got %q in %s", secret, text)
		}
	}
	if page := as[contract.History](f.t, f.get("/v1/history?limit=1&by=otto"), 200); len(page.Acts) != 1 || page.NextCursor == "" || page.Acts[0].Approver != "otto" {
		f.t.Errorf("got %+v, want the last that otto approved, and more behind it", page)
	} else if next := as[contract.History](f.t, f.get("/v1/history?limit=1&by=otto&cursor="+page.NextCursor), 200); len(next.Acts) != 1 || next.Acts[0].Number >= page.Acts[0].Number {
		f.t.Errorf("got %+v behind it", next)
	}
	f.get("/v1/history?cursor=zz").want(f.t, 400, contract.CodeBadValue)
	f.get("/v1/history?colour=red").want(f.t, 400, contract.CodeUnknownField)
}

// keepsStock takes goods in, moves, counts and adjusts them.
func (f *floor) keepsStock() {
	const po = `{"supplier":"Acme","site":"leeds","due":"2099-12-10","lines":[{"sku":"TAP-22","qty":4}]}`
	f.act("PUT /v1/purchases/{reference}", "/v1/purchases/PO-1", po)
	f.act("POST /v1/purchases/{reference}/send", "/v1/purchases/PO-1/send", `{}`)
	f.act("POST /v1/receipts", "", `{"reference":"PO-1","lines":[{"sku":"TAP-22","qty":1}]}`)
	f.act("POST /v1/purchases/{reference}/close", "/v1/purchases/PO-1/close", `{"reason":"out of production"}`)
	f.act("PUT /v1/purchases/{reference}", "/v1/purchases/PO-2", po)
	f.act("POST /v1/purchases/{reference}/cancel", "/v1/purchases/PO-2/cancel", `{}`)
	f.act("PUT /v1/purchases/{reference}", "/v1/purchases/PO-3", strings.Replace(po, `"due"`, `"status":"sent","due"`, 1))
	f.act("POST /v1/receipts", "", `{"reference":"PO-3","close":true,"lines":[{"sku":"TAP-22","qty":1}]}`)
	f.act("POST /v1/receipts", "", `{"reference":"DN-1","lines":[{"sku":"TAP-22","qty":60,"bin":"A"},{"sku":"PIPE","qty":60},{"sku":"MILK","qty":9,"lot":"L7"}]}`)
	f.act("POST /v1/moves", "", `{"lines":[{"sku":"TAP-22","qty":3,"from":"A","to":"B"}]}`)
	f.act("POST /v1/adjustments", "", `{"reason":"found","lines":[{"sku":"TAP-22","qty":1,"bin":"B"}]}`)
	f.act("POST /v1/counts", "", `{"lines":[{"sku":"TAP-22","bin":"B","counted":4}]}`)
	f.act("POST /v1/recalls", "", `{"sku":"MILK","lot":"L7","reason":"glass in it"}`)
	as[contract.Return](f.t, f.post("/v1/returns", `{"lines":[{"sku":"TAP-22","qty":1,"bin":"DOCK"}]}`), 201)
	f.act("POST /v1/blocked/inspect", "", `{"reason":"spoilt","lines":[{"sku":"MILK","lot":"L7","bin":"MAIN","qty":1,"disposition":"scrap"}]}`)
}

// sends has goods leave, and come back.
func (f *floor) sends() {
	const order = `{"fulfil":"deliver","ship_to":{"country":"GB","postcode":"LS1 4AP"},"lines":[{"sku":"TAP-22","qty":2}]}`
	const pick = `{"lines":[{"line":1,"qty":2}]}`
	_, part := f.made(order)
	deed := func(name, body string) said {
		f.t.Helper()
		return f.act("POST /v1/fulfilments/{id}/"+name, part+"/"+name, body)
	}
	deed("pick", pick)
	deed("pack", `{"contents":[{"sscc":"340123450000000000","lines":[{"line":1,"qty":1}]}]}`)
	deed("repack", `{"from":"340123450000000000","lines":[{"line":1,"qty":1}]}`)
	deed("pack", `{}`)
	deed("dispatch", `{"carrier":"Van"}`)
	deed("undelivered", `{"reason":"nobody in"}`)
	deed("come-back", `{}`)
	_, part = f.made(order)
	deed("pick", pick)
	deed("pack", `{}`)
	deed("dispatch", `{"carrier":"Van"}`)
	deed("deliver", `{}`)
	f.act("POST /v1/carriers/{carrier}/manifest/strike", "/v1/carriers/Van/manifest/strike", `{"shipment":1,"reason":"no room"}`)
	f.act("POST /v1/carriers/{carrier}/manifest/close", "/v1/carriers/Van/manifest/close", `{}`)
	id, part := f.made(order)
	deed = func(name, body string) said {
		f.t.Helper()
		return f.act("POST /v1/fulfilments/{id}/"+name, part+"/"+name, body)
	}
	deed("pick", pick)
	f.act("POST /v1/orders/{id}/cancel", "/v1/orders/"+id+"/cancel", ``)
	deed("put-back", `{}`)
	_, part = f.made(strings.Replace(order, "deliver", "collect", 1))
	deed("pick", pick)
	code := as[contract.FulfilmentAnswer](f.t, deed("ready", `{}`), 200).Code
	deed("collect", `{"code":"`+code+`"}`)
	const sofas = `{"fulfil":"deliver","customer":"C-1","deliver_to":"home","lines":[{"sku":"SOFA","qty":2}]}`
	id, _ = f.made(sofas)
	drop := func(name, body string) {
		f.t.Helper()
		f.act("POST /v1/drop-shipments/{id}/"+name, "/v1/drop-shipments/"+id+"/"+name, body)
	}
	drop("confirm", `{"due":"2099-02-01"}`)
	drop("dispatch", `{"lines":[{"line":1,"qty":1}]}`)
	drop("refuse", `{"reason":"no oak left"}`)
	drop("come-back", `{}`)
}

// sells takes orders and money.
func (f *floor) sells() {
	f.act("POST /v1/drawers/{till}/open", "/v1/drawers/T1/open", `{"float":10000,"currency":"GBP"}`)
	f.act("POST /v1/drawers/{till}/pay-in", "/v1/drawers/T1/pay-in", `{"amount":100,"reason":"change"}`)
	f.act("POST /v1/drawers/{till}/pay-out", "/v1/drawers/T1/pay-out", `{"amount":100,"reason":"window cleaner"}`)
	sold := as[contract.Order](f.t, f.act("POST /v1/orders", "", `{"lines":[{"sku":"PIPE","qty":3}]}`), 201)
	f.act("POST /v1/orders/bulk", "", `{"orders":[{"key":"b-1","order":{"lines":[{"sku":"PIPE","qty":1}]}},{"key":"b-2","order":{"lines":[{"sku":"PIPE","qty":1}]}}]}`)
	draft := as[contract.Order](f.t, f.act("POST /v1/orders", "", `{"draft":{"kind":"parked"},"lines":[{"sku":"PIPE","qty":1}]}`), 201)
	f.act("POST /v1/orders/{id}/place", "/v1/orders/"+string(draft.ID)+"/place", ``)
	many := as[contract.Order](f.t, f.act("POST /v1/orders", "", `{"fulfil":"collect","lines":[{"sku":"PIPE","qty":51}]}`), 201)
	f.act("POST /v1/orders/{id}/decide", "/v1/orders/"+string(many.ID)+"/decide", `{"decision":"cancel","by":"carl","reason":"five were meant"}`)
	f.act("POST /v1/payments", "", fmt.Sprintf(`{"order":%q,"till":"T1","tenders":[{"tender":"cash"}]}`, sold.ID))
	back := as[contract.Return](f.t, f.act("POST /v1/returns", "", fmt.Sprintf(`{"order":%q,"lines":[{"line":1,"qty":1}]}`, sold.ID)), 201)
	f.act("POST /v1/returns/{id}/inspect", "/v1/returns/"+string(back.ID)+"/inspect", `{"reason":"looked at","lines":[{"line":1,"qty":1,"disposition":"restock"}]}`)
	f.act("POST /v1/refunds", "", fmt.Sprintf(`{"order":%q,"till":"T1","reason":"came back","tenders":[{"number":1,"amount":500}]}`, sold.ID))
	f.act("POST /v1/exchanges", "", fmt.Sprintf(`{"order":%q,"till":"T1","reason":"too small","lines":[{"line":1,"qty":1,"disposition":"restock"}],"sale":{"lines":[{"sku":"PIPE","qty":1}]}}`, sold.ID))
	f.act("POST /v1/drawers/{till}/close", "/v1/drawers/T1/close", `{"counted":11000}`)
	f.act("POST /v1/days/end", "", `{}`)
	f.act("PUT /v1/policy/least-days", "", `{"rules":[{"category":"dairy","days":5}]}`)
	f.act("PUT /v1/policy/reasons", "", reasonsOfAShop)
	f.act("PUT /v1/policy/reasons", "", `{"end":["stolen"]}`)
	if got := as[contract.History](f.t, f.get("/v1/history?limit=2"), 200).Acts; got[0].What != "no reason stolen" || got[1].What != "reason damaged; reason found; reason stolen" {
		f.t.Errorf("got %+v, want which reasons there are from now on", got)
	}
}

// staffed has head office tell a site of two tills, two people and one who approves, and signs the two in.
func (s *shop) staffed(h *hub) *floor {
	s.t.Helper()
	random := h.w.Env().Random("people")
	secrets := door.NewSecrets(h.w.Env().Clock, random)
	people := ledger.People{Version: 9}
	for _, p := range []struct {
		id, pin string
		role    ledger.Role
	}{{"carl", carlPIN, ledger.Cashier}, {"olga", olgaPIN, ledger.Administrator}, {"otto", ottoPIN, ledger.Administrator}} {
		hash, err := secrets.Hash(s.t.Context(), p.pin)
		if err != nil {
			s.t.Fatal(err)
		}
		people.Users = append(people.Users, ledger.User{ID: ledger.UserID(p.id), Kind: ledger.UserPerson, Roles: ledger.RolesOf(p.role), PIN: hash})
	}
	var tills [2]string
	for i := range tills {
		id := ledger.UserID(fmt.Sprintf("till-%d", i+1))
		token, kept, err := door.NewToken(random, id)
		if err != nil {
			s.t.Fatal(err)
		}
		tills[i] = token
		people.Users = append(people.Users, ledger.User{ID: id, Kind: ledger.UserDevice, Token: kept})
	}
	h.mu.Lock()
	h.users = people
	h.mu.Unlock()
	h.ring()
	waitFor(s.t, "the users", func() bool { return s.get("/v1/me", bearing(tills[0])).status != http.StatusUnauthorized })
	return onFloor(s, s.signIn(tills[0], "olga", olgaPIN), s.signIn(tills[1], "carl", carlPIN))
}

// moves does what takes a company.
func (f *floor) moves(h *hub) {
	f.act("POST /v1/transfers", "", `{"id":"T-1","from":"leeds","to":"hull","lines":[{"sku":"TAP-22","qty":1}]}`)
	f.act("POST /v1/transfers/{id}/dispatch", "/v1/transfers/T-1/dispatch", `{}`)
	f.act("POST /v1/transfers", "", `{"id":"T-2","from":"leeds","to":"hull","lines":[{"sku":"TAP-22","qty":1}]}`)
	f.act("POST /v1/transfers/{id}/cancel", "/v1/transfers/T-2/cancel", `{}`)
	f.act("POST /v1/transfers/{id}/receive", "/v1/transfers/T-9/receive", `{"from":"hull","lines":[{"sku":"TAP-22","received":5,"sent":5}]}`)
	h.commands(ledger.HQCommand{Kind: ledger.CommandCredit, Owner: ledger.HQ, Lines: []ledger.CommandLine{{SKU: "credit:ACME", Qty: 900}}},
		ledger.HQCommand{Kind: ledger.CommandCredit, Owner: ledger.HQ, Lines: []ledger.CommandLine{{SKU: "risk:leeds", Qty: 900}}})
	h.obeyed()
	asset := func(name, act string) {
		f.t.Helper()
		f.act("POST /v1/assets/{asset}/"+act, "/v1/assets/"+name+"/"+act, `{"amount":100,"reference":"o-1"}`)
	}
	asset("credit:ACME", "charge")
	asset("credit:ACME", "release")
	asset("credit:ACME", "pay")
	asset("card:8817", "load")
	f.act("POST /v1/drawers/{till}/open", "/v1/drawers/T1/open", `{"float":10000,"currency":"GBP"}`)
	const claim = `{"order":"01900000-0000-7000-8000-0000000000%s","till":"T1","amount":500,"reason":"broken","by":"carl"}`
	f.act("POST /v1/refund-claims", "", fmt.Sprintf(claim, "aa"))
	h.w.net.setCut(hqAddr, true)
	f.act("POST /v1/refund-claims/at-risk", "", fmt.Sprintf(claim, "ab"))
	h.w.net.setCut(hqAddr, false)

	// What another site gives, and a cancel of an order that is another book's: their entries name the same people.
	h.answers(from("hull"))
	waitFor(f.t, "the line", func() bool { return f.node.Status().Link.Online })
	var told wire.Forward
	h.forward = func(_ *http.Request, m *wire.Forward) wire.ForwardReply {
		told = *m
		return wire.ForwardReply{Verdict: wire.VerdictOK, Status: 404, Body: []byte(`{"type":"urn:holdfast:problem:not_found","title":"There is no such thing","status":404,"code":"not_found"}`)}
	}
	f.act("POST /v1/orders", "", anywhere+line("TAP-22", 12)+`}`)
	f.do("POST", "/v1/orders/0193a1b2-0000-7000-8000-00000000ffff/cancel", "", key("cancel elsewhere"), f.olga, f.lent)
	if told.Actor != "olga" || told.Device != "till-1" || told.Approver != "otto" {
		f.t.Errorf("got a cancel passed on as %q's at %q, approved by %q", told.Actor, told.Device, told.Approver)
	}
	as[contract.Receipt](f.t, f.post("/v1/receipts", `{"lines":[{"sku":"TAP-22","qty":5}]}`), 201)
	_, part := f.made(anywhere + line("TAP-22", 1) + `}`)
	f.act("POST /v1/fulfilments/{id}/reject", part+"/reject", `{"reason":"bent"}`)
	id, _ := f.made(`{"fulfil":"collect",` + line("TAP-22", 1) + `}`)
	f.seen()
	h.call(wire.Call{ID: [16]byte{7}, DeadlineMS: 1000, Cancel: ledger.OrderID(id), Actor: "ann", Device: "desk-1", Approver: "beth", Key: ledger.DigestOf([]byte("k"))})
	entries, _ := f.seen()
	if len(entries) != 1 || entries[0].Actor != "ann" || entries[0].Device != "desk-1" || entries[0].Approver != "beth" {
		f.t.Errorf("cancelled from elsewhere: got %+v, want it ann's at desk-1, approved by beth", entries)
	}
}
