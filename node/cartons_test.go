package node_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A picker packs two cartons, a scan at the door says which leaves, and what the carrier could not deliver comes back with its carton.
func TestCartonsGoOutOfTheDoorAndComeBack(t *testing.T) {
	inShopOf(t, func(c *node.Config) { c.Cartons = ledger.CartonNumbers{Prefix: "5012345", Range: "07"} }, func(t *testing.T, s *shop) {
		s.put("TAP-22", `{"name":"Basin tap","barcodes":["5012345678900"]}`)
		s.receive("TAP-22", 9)
		_, path := s.part(t, `{"fulfil":"deliver",`+line("TAP-22", 6)+`}`)
		as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":6}]}`), 200)
		const body = `{"contents":[{"lines":[{"line":1,"qty":4}],"weight_g":1250},{"lines":[{"line":1,"qty":1}]}]}`
		first := s.do("POST", path+"/pack", body, key("p"))
		packed := as[contract.FulfilmentAnswer](t, first, 200)
		if len(packed.Cartons) != 2 || packed.Cartons[0].WeightG != 1250 || packed.Cartons[0].Lines[0].Qty != 4 || !strings.HasPrefix(string(packed.Cartons[0].SSCC), "0501234507") {
			t.Fatalf("got %+v, want two cartons with numbers of this site's", packed.Cartons)
		}
		first.same(t, s.do("POST", path+"/pack", body, key("p")))
		a, b := string(packed.Cartons[0].SSCC), string(packed.Cartons[1].SSCC)
		moved := as[contract.FulfilmentAnswer](t, s.post(path+"/repack", `{"from":"`+a+`","into":{"sscc":"(00)`+b+`"},"lines":[{"line":1,"qty":1}]}`), 200)
		if len(moved.Cartons) != 2 || moved.Cartons[0].Lines[0].Qty != 3 || moved.Cartons[1].Lines[0].Qty != 2 {
			t.Errorf("got %+v, want one laid into the other", moved.Cartons)
		}
		show := as[contract.CartonAnswer](t, s.get("/v1/cartons/"+a), 200)
		if show.Status != "packed" || show.Lines[0].Name != "Basin tap" || show.Lines[0].Qty != 3 || !strings.HasSuffix(path, show.Fulfilment) {
			t.Errorf("got %+v, want three taps for this order", show)
		}
		for _, c := range []struct{ act, body, want string }{
			{"dispatch", `{"cartons":["` + a + `"],"check":[{"barcode":"(00)` + b + `"}]}`, "Carton " + b + " was scanned, and is no part of what leaves. Take it out, and look its number up to see whose it is. Nothing was written down."},
			{"dispatch", `{"check":[{"barcode":"(00)` + a + `"},{"barcode":"(00)` + a + `"}]}`, "Carton " + a + " was scanned twice. Scan each carton once. Nothing was written down."},
			{"dispatch", `{"check":[{"barcode":"(00)` + a + `"}]}`, "5 of TAP-22 (Basin tap) are to leave, 3 were scanned. Look for the rest, or dispatch fewer. Nothing was written down."},
			{"dispatch", `{"lines":[{"line":1,"qty":1}]}`, "Line 1: 1 of TAP-22 are named, 0 are in no carton. The rest lies in " + a + ", " + b + ": name the cartons that are meant."},
			{"deliver", `{"cartons":["` + a + `"]}`, "This part of the order has no carton " + a + " that it can be done with. It may be another order's, or have left: look it up (holdfast carton show)."},
			{"repack", `{"from":"` + a + `","lines":[{"line":1,"qty":9}]}`, "Line 1: 9 of TAP-22 are named, 3 are there to be laid elsewhere. Look at what the carton holds (holdfast carton show)."},
		} {
			if got := as[contract.Problem](t, s.post(path+"/"+c.act, c.body), 409); got.Detail != c.want {
				t.Errorf("%s %s: got %q, want %q", c.act, c.body, got.Detail, c.want)
			}
		}
		as[contract.FulfilmentAnswer](t, s.post(path+"/dispatch", `{"cartons":["`+a+`"],"check":[{"barcode":"(00)`+a+`"}],"carrier":"Royal Mail"}`), 200)
		part := as[contract.SiteFulfilment](t, s.get(path), 200)
		if part.Lines[0].OnTheWay != 3 || part.Lines[0].Packed != 2 || part.Lines[0].Picked != 1 || len(part.Cartons) != 2 {
			t.Errorf("got %+v, want what is not packed yet to stay", part)
		}
		as[contract.FulfilmentAnswer](t, s.post(path+"/undelivered", `{"reason":"nobody in","cartons":["`+a+`"]}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/come-back", `{"cartons":["`+a+`"],"bin":"RET"}`), 200)
		if show := as[contract.CartonAnswer](t, s.get("/v1/cartons/"+a), 200); show.Status != "came_back" || show.Lines[0].Qty != 3 {
			t.Errorf("got %+v, want it known for ever", show)
		}
		if st := s.stock("TAP-22"); st.OnHand != 9 || st.Blocked != 3 || st.Picked != 3 {
			t.Errorf("got %+v, want what came back blocked", st)
		}
		for act, bodies := range map[string][]string{
			"pack":   {`{"cartons":["350123450700000026","350123450700000033"]}`, `{"contents":[{"weight_g":-1}]}`, `{"contents":[{"sscc":"123"}]}`, `{"contents":[{},{}]}`},
			"repack": {`{}`, `{"from":"` + b + `","into":{"sscc":"` + b + `"}}`},
		} {
			for _, body := range bodies {
				s.post(path+"/"+act, body).want(t, 400, contract.CodeBadValue)
			}
		}
		s.get("/v1/cartons/350123450700000026").want(t, 404, contract.CodeNotFound)
		s.get("/v1/cartons/12").want(t, 400, contract.CodeBadValue)
	})
}

// A node that has no numbers says how it gets some.
func TestANodeWithoutNumbersAsksForACartons(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		_, path := s.part(t, `{"fulfil":"deliver",`+line("TAP-22", 2)+`}`)
		as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":2}]}`), 200)
		p := s.post(path+"/pack", `{"contents":[{}]}`).want(t, 400, contract.CodeBadValue)
		if want := "cartons need a number: say the carton's SSCC, or give the node numbers of its own (holdfast node --gs1-prefix)."; p.Detail != want {
			t.Errorf("got %q, want %q", p.Detail, want)
		}
	})
}
