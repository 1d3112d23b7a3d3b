package door_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A program or a device is given a token when it is new, and when somebody asks for another. One whose token has ended for good is given none
// with a change of something else: who it would be shown to has not asked for it.
func TestATokenIsDrawnForWhoeverAsks(t *testing.T) {
	p := newPlace(t)
	for _, kind := range []ledger.UserKind{ledger.UserProgram, ledger.UserDevice} {
		u, token, err := p.Change(t.Context(), "shop", nil, &contract.UserRequest{Kind: kind.String()})
		if err != nil || token == "" || u.Token == [32]byte{} || contract.RenderUser(&u).NoToken {
			t.Errorf("a new %s: got %q, %v; want a token", kind, token, err)
		}
		u.Token = [32]byte{}
		name := "The web shop"
		changed, token, err := p.Change(t.Context(), "shop", &u, &contract.UserRequest{Name: &name})
		if err != nil || token != "" || changed.Token != [32]byte{} || changed.Name != name || !contract.RenderUser(&changed).NoToken {
			t.Errorf("a %s that has none, renamed: got %q, %+v, %v; want none drawn, and it said", kind, token, changed, err)
		}
		if changed, token, err = p.Change(t.Context(), "shop", &u, &contract.UserRequest{NewToken: true}); err != nil || token == "" || changed.Token == [32]byte{} {
			t.Errorf("a %s, asked for: got %q, %v", kind, token, err)
		}
	}
}
