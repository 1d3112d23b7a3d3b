package node_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A day's dispatches stand on their carrier's manifest; it is closed once, is a file once, whole, also where the folder came late and the node was started in between.
func TestACarrierIsGivenItsManifestOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "labels")
	carriers, err := contract.ReadCarriers([]byte(`{"version":1,"carriers":[{"name":"PostHaste","services":["24","48"]},{"name":"Van"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	inShopOf(t, func(c *node.Config) {
		c.Cartons, c.Labels, c.Carriers = ledger.CartonNumbers{Prefix: "5012345", Range: "07"}, dir, carriers
	}, func(t *testing.T, s *shop) {
		s.receive("TAP-22", 9)
		send := func(with string) said {
			t.Helper()
			_, path := s.part(t, `{"fulfil":"deliver","ship_to":{"country":"GB","postcode":"LS1 4AP"},`+line("TAP-22", 2)+`}`)
			as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":2}]}`), 200)
			as[contract.FulfilmentAnswer](t, s.post(path+"/pack", `{"contents":[{"lines":[{"line":1,"qty":1}],"weight_g":1250}]}`), 200)
			as[contract.FulfilmentAnswer](t, s.post(path+"/pack", `{}`), 200)
			return s.post(path+"/dispatch", with)
		}
		const at = "/v1/carriers/PostHaste/manifest"
		if no := s.post(at+"/close", `{}`).want(t, 404, contract.CodeNotFound); no.Detail != "Nothing has left with PostHaste, so it has no manifest." {
			t.Errorf("got %q", no.Detail)
		}
		if no := send(`{"carrier":"Posthast"}`).want(t, 400, contract.CodeUnknownCarrier); no.Detail != "This site has no carrier Posthast." || no.Hint != "Did you mean PostHaste?" {
			t.Errorf("got %q, %q", no.Detail, no.Hint)
		}
		if no := send(`{"carrier":"PostHaste","service":"12"}`).want(t, 400, contract.CodeUnknownCarrier); no.Detail != "PostHaste has no service 12." || !strings.Contains(no.Hint, "24, 48") && !strings.Contains(no.Hint, "24 or 48") {
			t.Errorf("got %q, %q", no.Detail, no.Hint)
		}
		as[contract.FulfilmentAnswer](t, send(`{"carrier":"PostHaste","service":"24","tracking":"PH 1"}`), 200)
		as[contract.FulfilmentAnswer](t, send(`{"carrier":"PostHaste","service":"48","tracking":"PH 2"}`), 200)
		if m := as[contract.Manifest](t, s.get(at), 200); m.Status != "open" || m.Number != 1 || m.Count != 4 || m.WeightG != 2500 {
			t.Errorf("got %+v, want 4 parcels of 2.5 kg", m)
		}
		as[contract.Strike](t, s.post(at+"/strike", `{"shipment":1,"reason":"no room in the van","by":"olga"}`), 200)
		if m := as[contract.Manifest](t, s.get(at), 200); m.Count != 2 || !m.Parcels[0].Struck || m.Parcels[2].Struck {
			t.Errorf("got %+v, want the first shipment struck off", m)
		}
		m := as[contract.Manifest](t, s.do("POST", at+"/close", `{"by":"olga"}`, key("close")), 200)
		if m.Status != "closed" || m.Count != 2 || m.WeightG != 1250 || m.Parcels[0].Tracking != "PH 2" {
			t.Errorf("got %+v, want the second shipment", m)
		}
		for _, again := range []said{s.do("POST", at+"/close", `{"by":"olga"}`, key("close")), s.post(at+"/close", `{}`), s.get(at + "/last")} {
			if again.status != 200 || !bytes.Equal(again.body, s.get(at+"/last").body) {
				t.Errorf("closed again: got %d %s, want the same one", again.status, again.body)
			}
		}
		if no := s.post(at+"/strike", `{"shipment":2,"reason":"lost"}`).want(t, 409, contract.CodeManifestClosed); no.Detail != "Shipment 2 stands on manifest 1 of PostHaste, which is closed. Nothing was changed." {
			t.Errorf("got %q", no.Detail)
		}
		s.post(at+"/strike", `{"shipment":9,"reason":"lost"}`).want(t, 404, contract.CodeNotFound)
		s.shut()
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		s.start()
		path := filepath.Join(dir, m.File)
		for range 2 {
			waitFor(t, "the manifest", func() bool { _, err := os.Stat(path); return err == nil })
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			goldenManifest(t, raw)
			s.shut()
			s.start()
		}
		names, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(names) != 5 || !strings.HasPrefix(m.File, "1-") {
			t.Errorf("got %q (%v), want 4 labels and one manifest", names, err)
		}
		if l := as[contract.CarrierList](t, s.get("/v1/carriers"), 200); len(l.Carriers) != 2 {
			t.Errorf("got %+v, want the two carriers", l)
		}
	})
}

var moments = regexp.MustCompile(`T00:00:00\.\d{3}Z`)

func goldenManifest(t *testing.T, raw []byte) {
	t.Helper()
	const golden = "testdata/manifest.json"
	raw = moments.ReplaceAll(raw, []byte(`T00:00:00.010Z`)) // a tick more or less says nothing of the file
	if *update {
		if err := os.WriteFile(golden, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(raw, want) {
		t.Errorf("got\n%s\nwant\n%s(%v)", raw, want, err)
	}
}

func TestAFileOfCarriersIsReadStrictly(t *testing.T) {
	for _, bad := range []string{``, `{}`, `{"version":2,"carriers":[{"name":"A"}]}`, `{"version":1,"carriers":[]}`, `{"version":1,"carriers":[{"name":"A"},{"name":"A"}]}`,
		`{"version":1,"carriers":[{"name":" A"}]}`, `{"version":1,"carriers":[{"name":"A","services":[""]}]}`, `{"version":1,"carriers":[{"name":"A","colour":"red"}]}`} {
		if l, err := contract.ReadCarriers([]byte(bad)); err == nil {
			t.Errorf("%s: got %+v, want it refused", bad, l)
		}
	}
}
