package machine_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func (c *trusting) release(epoch ledger.Epoch, of, drawn byte) error {
	cmd := &machine.Release{Site: "leeds", Epoch: epoch, Book: [16]byte{5}, Secret: machine.BookSecret{drawn}, Print: [32]byte{31: drawn}, At: c.now}
	if of > 0 {
		cmd.Of = [32]byte{31: of}
	}
	return c.m.Apply(machine.Marshal(cmd)).Err
}

func (c *trusting) lose() {
	c.t.Helper()
	if res := c.m.Apply(machine.Marshal(&machine.DeclareLost{Site: "leeds", By: "beth", Reason: "stolen", At: c.now})); res.Err != nil {
		c.t.Fatal(res.Err)
	}
}

// What opens a site's books is drawn once, given to its own node only, and gone for ever once the site is declared lost.
func TestWhatOpensABookIsDestroyedWithItsSite(t *testing.T) {
	c := newTrusting(t)
	is := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	}
	is("of a secret that was never drawn", c.release(1, 9, 8), machine.ErrReleaseOther)
	is("the first", c.release(1, 0, 1), nil)
	is("another draw", c.release(1, 0, 2), nil)
	is("the book's own", c.release(1, 1, 3), nil)
	is("of another secret", c.release(1, 2, 3), machine.ErrReleaseOther)
	got := c.m.Releasing("leeds")
	if got.Secret != (machine.BookSecret{1}) || got.Count != 3 || len(got.Latest) != 3 || got.Latest[0].Epoch != 1 || got.Latest[0].Book != [16]byte{5} {
		t.Errorf("got %+v, want the first secret kept and three releases", got)
	}
	if text := fmt.Sprintf("%+v %#v %s", got, got.Secret, got.Secret); strings.Contains(text, "1 0 0") || strings.Contains(text, "0x1") || !strings.Contains(text, "[secret]") {
		t.Errorf("got %s, want the secret hidden", text)
	}
	if none := (machine.Releasing{Site: "york"}); c.m.Releasing("york").Count != none.Count {
		t.Error("york has releases")
	}
	var state bytes.Buffer
	if err := c.m.Freeze().Encode(&state); err != nil || !bytes.Contains(state.Bytes(), append([]byte{1}, make([]byte, 31)...)) {
		t.Fatalf("%v: the secret is not in the state, so what follows shows nothing", err)
	}
	c.lose()
	is("lost", c.release(1, 1, 4), machine.ErrReleaseLost)
	if got = c.m.Releasing("leeds"); got.Secret != (machine.BookSecret{}) || got.Print != [32]byte{} || got.Over.By != "beth" || got.Count != 3 {
		t.Errorf("got %+v, want the secret destroyed by beth", got)
	}
	c.wants("a new node", c.do(machine.TrustGive, "leeds", 1, 1, 0, true), "")
	is("the lost node", c.release(1, 1, 5), machine.ErrReleaseFenced)
	is("the new node, for the lost book", c.release(2, 1, 5), machine.ErrReleaseOther)
	is("the new node, for its own", c.release(2, 0, 6), nil)
	c.lose() // said once more, before the new node has said hello: it is not the new one that is lost
	is("the new node, later", c.release(2, 6, 7), nil)
	if err := c.m.Check(); err != nil {
		t.Error(err)
	}
}

func TestTheLatestReleasesAreRemembered(t *testing.T) {
	c := newTrusting(t)
	for range machine.ReleasesMax + 5 {
		if err := c.release(1, 0, 1); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.m.Releasing("leeds"); len(got.Latest) != machine.ReleasesMax || got.Count != machine.ReleasesMax+5 {
		t.Errorf("got %d of %d, want %d of %d", len(got.Latest), got.Count, machine.ReleasesMax, machine.ReleasesMax+5)
	}
	if res := c.m.Apply(machine.Marshal(&machine.Release{Site: "york", Secret: machine.BookSecret{1}, Print: [32]byte{1}, At: c.now})); !errors.Is(res.Err, machine.ErrSiteUnknown) {
		t.Errorf("got %v of a site that is none", res.Err)
	}
	if err := newTrusting(t).release(1, 0, 0); err == nil {
		t.Error("got a release without a secret")
	}
}
