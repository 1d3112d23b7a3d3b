package node_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sends packs two of three taps into a carton and sends all three by a carrier whose name a printer would take for commands.
func (s *shop) sends(t *testing.T) (sscc string) {
	t.Helper()
	s.receive("TAP-22", 3)
	_, path := s.part(t, `{"fulfil":"deliver","ship_to":{"country":"GB","postcode":"LS1 4AP"},`+line("TAP-22", 3)+`}`)
	as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":3}]}`), 200)
	packed := as[contract.FulfilmentAnswer](t, s.post(path+"/pack", `{"contents":[{"lines":[{"line":1,"qty":2}],"weight_g":1250}]}`), 200)
	as[contract.FulfilmentAnswer](t, s.post(path+"/pack", `{}`), 200)
	as[contract.FulfilmentAnswer](t, s.post(path+"/dispatch", `{"carrier":"../^XZ~JA\\ Zürich","service":"24_h","tracking":"AB 1"}`), 200)
	return string(packed.Cartons[0].SSCC)
}

func labelsIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if !strings.HasSuffix(f, ".part") { // being written
			names = append(names, filepath.Base(f))
		}
	}
	return names
}

// A folder that cannot be written holds up nobody; its labels follow, also after a restart in between, and what a printer has taken away is not written again.
func TestLabelsFollowWhatHasLeft(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "labels")
	inShopOf(t, func(c *node.Config) {
		c.Cartons, c.Labels = ledger.CartonNumbers{Prefix: "5012345", Range: "07"}, dir
	}, func(t *testing.T, s *shop) {
		sscc := s.sends(t)
		waitFor(t, "the fault to be told", func() bool { return s.node.Status().Labels.Why != "" })
		if why := s.node.Status().Labels.Why; !strings.HasPrefix(why, "write label: ") {
			t.Errorf("got %q, want it said what cannot be done", why)
		}
		if !strings.Contains(string(s.get("/metrics").body), "node_labels_failing 1") {
			t.Error("got no figure that says so")
		}
		s.shut()
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		s.start()
		waitFor(t, "two labels", func() bool { return len(labelsIn(t, dir)) == 2 })
		names := labelsIn(t, dir)
		if got, want := strings.Join(names, " "), "1-000000007-1.zpl 1-000000007-2.zpl"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		label, err := os.ReadFile(filepath.Join(dir, names[0]))
		if err != nil {
			t.Fatal(err)
		}
		const golden = "testdata/label.zpl"
		if *update {
			if err := os.WriteFile(golden, label, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || !bytes.Equal(label, want) {
			t.Errorf("got\n%s\nwant\n%s(%v)", label, want, err)
		}
		if again := s.get("/v1/cartons/" + sscc + "/label"); again.status != 200 || !bytes.Contains(again.body, []byte("^FD>;>800"+sscc+"^FS")) {
			t.Errorf("got %d %s, want the label once more", again.status, again.body)
		}
		for _, name := range names { // the printer takes them
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		waitFor(t, "all to be looked at", func() bool { return s.node.Status().Labels.Behind == 0 && s.node.Status().Labels.Why == "" })
		s.shut()
		s.start()
		s.sends(t)
		waitFor(t, "two more labels", func() bool { return len(labelsIn(t, dir)) == 2 })
		for _, name := range labelsIn(t, dir) {
			if name == names[0] || name == names[1] {
				t.Errorf("got %s once more, which was taken", name)
			}
		}
	})
}
