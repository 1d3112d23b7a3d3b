package sim

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// What a person has written off of an account in a life that is lost may be used beside what others were given of it, and no more than that.
func TestTheJudgeKnowsWhatALostLifeWroteOff(t *testing.T) {
	c := rested(t)
	h := c.hq
	a, _ := h.m.Asset(accountOf(0))
	if a.Used <= 0 {
		t.Fatalf("got %+v, want an account that is used", a)
	}
	h.must(&machine.SetAsset{Asset: a.ID, Do: machine.AssetLimit, Amount: 0, By: "manager", At: h.wall()})
	for _, f := range []struct {
		forgotten ledger.Qty
		want      bool
	}{{0, true}, {a.Used - 1, true}, {a.Used, false}} {
		h.forgotten[a.ID] = f.forgotten
		c.report.Broken = nil
		c.checkCredit()
		got := slices.ContainsFunc(c.report.Broken, func(s string) bool { return strings.Contains(s, string(a.ID)+" are used, its limit is 0") })
		if got != f.want {
			t.Errorf("%d used of a limit of 0, %d written off: got %v, want a fault: %t", a.Used, f.forgotten, c.report.Broken, f.want)
		}
	}
}

func TestWhatWasWrittenOffIsForgottenWithTheLifeThatDidIt(t *testing.T) {
	for _, known := range []bool{false, true} { // by the backup
		c := rested(t)
		h := c.hq
		a, _ := h.m.Asset(accountOf(0))
		i := slices.IndexFunc(a.Holders, func(h machine.AssetHolder) bool { return h.Has > 0 })
		if i < 0 {
			t.Fatalf("got %+v, want an account that a site has some of", a)
		}
		site, want := a.Holders[i].Site, a.Holders[i].Has
		h.backups = nil
		if !known {
			h.backup()
		}
		c.person(&machine.DeclareLost{Site: site, Reason: "test", By: "operator", At: h.wall()})
		c.person(&machine.WriteOff{Site: site, Reason: "test", By: "operator", At: h.wall()})
		if known {
			h.backup()
			want = 0
		}
		h.goBack(&Act{For: time.Second})
		if got := h.forgotten[a.ID]; got != want {
			t.Errorf("known to the backup %t: got %d forgotten, want %d", known, got, want)
		}
	}
}
