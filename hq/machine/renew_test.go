package machine_test

import (
	"errors"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func TestANewTokenTakesTheOldOnesPlaceAndBearsAName(t *testing.T) {
	b := newBench(t)
	b.ok(&machine.AddSite{Site: "hull", Token: [32]byte{1}, Key: digest("hull"), At: at})
	b.ok(&machine.Renew{Site: "hull", Token: [32]byte{2}, By: "olga", Reason: "disk lost", At: at})
	if s, _ := b.m.Site("hull"); s.Token != [32]byte{2} {
		t.Errorf("got token %x, want the new one", s.Token[:1])
	}
	if e := b.m.Exceptions(1); len(e) != 1 || e[0].What != "token_renewed" || e[0].Site != "hull" {
		t.Errorf("got exceptions %+v, want one that names the site", e)
	}
	if res := b.apply(&machine.Renew{Site: "bath", By: "olga", Reason: "x", At: at}); !errors.Is(res.Err, machine.ErrSiteUnknown) {
		t.Errorf("of no site: got %v", res.Err)
	}
	for _, c := range []*machine.Renew{{Site: "hull", Reason: "x"}, {Site: "hull", By: "olga"}} {
		if _, ok := errors.AsType[*ledger.FormError](b.apply(c).Err); !ok {
			t.Errorf("%+v was taken unsigned", c)
		}
	}
}
