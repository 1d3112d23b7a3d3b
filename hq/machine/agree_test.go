package machine_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Before builds agreed on what Apply does.
func TestASnapshotOnWhichNoBuildsAgreedIsRead(t *testing.T) {
	for name, want := range map[string][]byte{"snapshot_sourcing": encode(t, full(t).m), "snapshot_amended": encode(t, amended(t, newBenchOf(t, ledger.KindRejected)).m)} {
		m, err := machine.Restore(bytes.NewReader(stone(t, name)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := encode(t, m); !bytes.Equal(got, want) || m.Agreed() != 0 {
			t.Errorf("%s: agreed on %d; want 0, and the bytes of the same state today: %t", name, m.Agreed(), bytes.Equal(got, want))
		}
	}
}

// TestWhatBuildsAgreedOnNeverGoesBack: and a build that does not know a kind says so, rather than to go on without it.
func TestWhatBuildsAgreedOnNeverGoesBack(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct{ say, want int }{{machine.AgreeCommands, machine.AgreeCommands}, {machine.AgreeCommands - 1, machine.AgreeCommands}} {
		if b.ok(&machine.Agree{Commands: c.say, At: at}); b.m.Agreed() != c.want {
			t.Errorf("after %d: got %d, want %d", c.say, b.m.Agreed(), c.want)
		}
	}
	if res := b.apply(&machine.Agree{Commands: machine.ThisBuild().Commands + 1, At: at}); !errors.Is(res.Err, machine.ErrUnknownCommand) || b.m.Agreed() != machine.AgreeCommands {
		t.Errorf("got %v and %d, want a kind that this build does not know refused", res.Err, b.m.Agreed())
	}
	m, err := machine.Restore(bytes.NewReader(encode(t, b.m)))
	if err != nil || m.Agreed() != machine.AgreeCommands {
		t.Errorf("restored: got %d (%v), want %d", m.Agreed(), err, machine.AgreeCommands)
	}
}
