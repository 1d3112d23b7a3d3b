package node_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// At the shop that joined there are three taps.
func TestAShopSendsAndReceivesGoodsCutOff(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		made := as[contract.Transfer](t, s.do("POST", "/v1/transfers", `{"id":"T-1","from":"leeds","to":"hull",`+line("TAP-22", 2)+`}`, key("make")), 201)
		if made.Status != "reserved" || made.Lines[0].Qty != 2 || made.Seq == 0 {
			t.Errorf("got %+v, want two set aside", made)
		}
		s.holds("TAP-22", 3, 1, 2)
		s.w.net.setCut(hqAddr, true)
		waitFor(t, "the line to be down", func() bool { return !s.node.Status().Link.Online })
		p := s.do("POST", "/v1/transfers", `{"from":"leeds","to":"hull",`+line("TAP-22", 2)+`}`, key("short")).want(t, 409, contract.CodeStockShort)
		if len(p.Lines) != 1 || p.Lines[0].Have != 1 || p.Lines[0].Want != 2 || !strings.Contains(p.Detail, "2 of TAP-22 are wanted, and 1 here are promised to nobody") || p.Hint == "" {
			t.Errorf("got %+v, want what there is", p)
		}
		left := s.do("POST", "/v1/transfers/T-1/dispatch", ``, key("go"))
		if got := as[contract.Transfer](t, left, 200); got.Status != "dispatched" || got.Lines[0].Dispatched != 2 {
			t.Errorf("got %+v, want both gone", got)
		}
		s.holds("TAP-22", 1, 1, 0)
		s.do("POST", "/v1/transfers/T-1/dispatch", ``, key("go again")).want(t, 409, contract.CodeTransferState)
		s.do("POST", "/v1/transfers/T-1/cancel", `{}`, key("no")).want(t, 409, contract.CodeTransferState)
		// What comes is known by its paper only, and is sold at once.
		paper := `{"from":"hull","lines":[{"sku":"TAP-22","received":5,"damaged":1,"sent":6,"bin":"B-2"}]}`
		s.do("POST", "/v1/transfers/T-9/receive", `{"lines":[{"sku":"TAP-22","received":5}]}`, key("blind")).want(t, 404, contract.CodeNotFound)
		got := as[contract.Transfer](t, s.do("POST", "/v1/transfers/T-9/receive", paper, key("in")), 200)
		if l := got.Lines[0]; got.Status != "received" || l.Received != 5 || l.Damaged != 1 || l.Missing != 1 || l.Dispatched != 6 {
			t.Errorf("got %+v, want five, one of them damaged, and one missing by the paper", got)
		}
		s.holds("TAP-22", 6, 5, 0)
		s.sell("at once", 5, 201)
		s.shut()
		s.start()
		again := s.do("POST", "/v1/transfers/T-9/receive", paper, key("in"))
		if again.status != 200 || again.header.Get(contract.HeaderReplayed) != "true" {
			t.Errorf("repeated after a restart: got %d %s, want the first answer", again.status, again.body)
		}
		s.do("POST", "/v1/transfers/T-9/receive", paper, key("in again")).want(t, 409, contract.CodeTransferState)
		s.do("POST", "/v1/transfers/T-9/receive", strings.Replace(paper, "5", "4", 1), key("in")).want(t, 422, contract.CodeKeyReused)
		if got := as[contract.Transfer](t, s.get("/v1/transfers/T-1"), 200); got.Status != "dispatched" || got.To != "hull" {
			t.Errorf("got %+v, want it as it was", got)
		}
		s.get("/v1/transfers/T-5").want(t, 404, contract.CodeNotFound)
	})
}

func TestATransferIsReadStrictly(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		two := line("TAP-22", 2)
		for name, c := range map[string]struct {
			path, body string
			status     int
			code       contract.Code
			words      string
		}{
			"no sites":            {"", `{` + two + `}`, 400, contract.CodeBadValue, "from"},
			"to itself":           {"", `{"from":"leeds","to":"leeds",` + two + `}`, 400, contract.CodeBadValue, "comes from|come from"},
			"between two others":  {"", `{"from":"hull","to":"york",` + two + `}`, 400, contract.CodeBadValue, "this is leeds"},
			"no lines":            {"", `{"from":"leeds","to":"hull","lines":[]}`, 400, contract.CodeBadValue, "lines"},
			"an id of a dot":      {"", `{"id":".","from":"leeds","to":"hull",` + two + `}`, 400, contract.CodeBadValue, "id"},
			"no such item":        {"", `{"from":"leeds","to":"hull",` + line("TAP-23", 2) + `}`, 400, contract.CodeUnknownSKU, "TAP-23"},
			"no units":            {"", `{"from":"leeds","to":"hull",` + line("TAP-22", 0) + `}`, 400, contract.CodeBadValue, "qty"},
			"an unknown field":    {"", `{"source":"leeds","to":"hull",` + two + `}`, 400, contract.CodeUnknownField, "source"},
			"of nobody":           {"/T-1/dispatch", `{}`, 404, contract.CodeNotFound, "T-1"},
			"received as nothing": {"/T-1/receive", `{"from":"hull","lines":[{"sku":"TAP-22"}]}`, 400, contract.CodeBadValue, "received"},
			"no lines received":   {"/T-1/receive", `{"from":"hull"}`, 400, contract.CodeBadValue, "lines"},
			"damaged beyond all":  {"/T-1/receive", `{"from":"hull","lines":[{"sku":"TAP-22","received":1,"damaged":2}]}`, 400, contract.CodeBadValue, "damaged"},
			"from here":           {"/T-1/receive", `{"from":"leeds","lines":[{"sku":"TAP-22","received":1}]}`, 404, contract.CodeNotFound, "T-1"},
		} {
			p := s.do("POST", "/v1/transfers"+c.path, c.body, key(name)).want(t, c.status, c.code)
			found := false
			for _, w := range strings.Split(c.words, "|") {
				found = found || strings.Contains(p.Detail+p.Field, w)
			}
			if !found {
				t.Errorf("%s: got %q of %q, want %q in it", name, p.Detail, p.Field, c.words)
			}
		}
		s.do("POST", "/v1/transfers", `{"from":"leeds","to":"hull",`+two+`}`).want(t, 400, contract.CodeKeyMissing)
	})
}

// Head office tells a shop what is on its way to it, and what of its own did not arrive.
func TestAShopHearsOfTransfersFromHeadOffice(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		s.do("POST", "/v1/transfers", `{"id":"T-1","from":"leeds","to":"hull",`+line("TAP-22", 2)+`}`, key("make"))
		s.do("POST", "/v1/transfers/T-1/dispatch", `{}`, key("go"))
		about := func(id ledger.TransferID, act ledger.TransferAct, q ledger.Qty) ledger.HQCommand {
			return ledger.HQCommand{ID: ledger.TransferCommandID(id, act), Kind: ledger.CommandTransfer, Site: "hull", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: q}}}
		}
		h.commands(about("T-2", ledger.TransferExpect, 4), about("T-1", ledger.TransferSettle, 1))
		h.obeyed()
		if got := as[contract.Transfer](t, s.get("/v1/transfers/T-2"), 200); got.Status != "dispatched" || got.From != "hull" || got.Lines[0].Dispatched != 4 {
			t.Errorf("got %+v, want four expected", got)
		}
		if got := as[contract.Transfer](t, s.get("/v1/transfers/T-1"), 200); got.Status != "settled" || got.Lines[0].Missing != 1 {
			t.Errorf("got %+v, want one missing", got)
		}
		got := as[contract.Transfer](t, s.do("POST", "/v1/transfers/T-2/receive", `{"lines":[{"sku":"TAP-22","received":5}]}`, key("in")), 200)
		if l := got.Lines[0]; l.Surplus != 1 || l.Missing != 0 {
			t.Errorf("got %+v, want one too many", got)
		}
		s.holds("TAP-22", 6, 6, 0)
	})
}
