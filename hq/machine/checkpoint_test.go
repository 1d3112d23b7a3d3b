package machine_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
)

// Whoever has a snapshot and whoever lived through the log say the same of one state.
func TestTheSumOfAStateIsTheChecksumOfItsSnapshot(t *testing.T) {
	b := full(t)
	whole := encode(t, b.m)
	restored, err := machine.Restore(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*machine.Machine{"lived": b.m, "restored": restored} {
		var paced bytes.Buffer
		sum, err := m.Freeze().Sum(&paced)
		if err != nil || !bytes.Equal(sum[:], whole[len(whole)-len(sum):]) {
			t.Errorf("%s: got %x (%v), want the last bytes of the snapshot", name, sum, err)
		}
		if !bytes.Equal(paced.Bytes(), whole) {
			t.Errorf("%s: %d bytes went through, want the snapshot's %d", name, paced.Len(), len(whole))
		}
	}
	if res := b.ok(&machine.Checkpoint{At: at}); !res.Checkpoint {
		t.Error("a checkpoint does not say that the state is to be fixed")
	}
	if _, err := b.m.Freeze().Sum(&fullDisk{len(whole) / 2}); err == nil {
		t.Error("a pace that fails: got no error")
	}
}

func TestADifferenceIsRaisedOnceWhoeverFindsIt(t *testing.T) {
	b := newBench(t)
	alone := machine.Differs{Server: "hq2", Index: 77, Alone: true, At: at}
	nobody := machine.Differs{Server: "hq2", Index: 99, At: at}
	for range 3 {
		b.ok(&alone)
		b.ok(&nobody)
	}
	got := b.m.Exceptions(9)
	if len(got) != 2 {
		t.Fatalf("got %d exceptions, want one for each checkpoint", len(got))
	}
	for i, want := range []string{"no majority", "out of service, replace it"} {
		e := got[i]
		if e.What != "state_differs" || e.Owner == "" || !strings.Contains(e.Why, "hq2") || !strings.Contains(e.Why, want) {
			t.Errorf("got %+v, want it to name the server, an owner and %q", e, want)
		}
	}
	if !strings.Contains(got[1].Why, "entry 77 ") {
		t.Errorf("got %q, want it to name entry 77", got[1].Why)
	}
	for _, name := range []string{"", strings.Repeat("x", 65)} {
		if res := b.apply(&machine.Differs{Server: name, Index: 1, At: at}); res.Err == nil {
			t.Errorf("server %q: got no error", name)
		}
	}
}

// A build that writes records down in another way must have another shape, so every kind of record has to be in it.
func TestTheShapeIsOfEveryKindOfRecord(t *testing.T) {
	if first, second := machine.Shape(), machine.Shape(); first != second {
		t.Errorf("got %s and %s, want one shape of a build", first, second)
	}
	shaped := machine.ShapedForTest()
	for kind := range recordsIn(t, encode(t, full(t).m)) {
		if !shaped[kind] {
			t.Errorf("records of kind %d are no part of the shape", kind)
		}
	}
	for kind := byte(1); int(kind) <= len(shaped); kind++ {
		if !shaped[kind] {
			t.Errorf("records of kind %d are no part of the shape", kind)
		}
	}
}

// recordsIn counts the records of a snapshot by kind.
func recordsIn(t *testing.T, snapshot []byte) map[byte]int {
	t.Helper()
	out := map[byte]int{}
	r := bytes.NewReader(snapshot[len("holdfast hq\x00")+4:])
	for {
		kind, err := r.ReadByte()
		if err != nil {
			t.Fatal(err)
		}
		if kind == 0 {
			return out
		}
		out[kind]++
		n := 0
		for range 4 {
			b, err := r.ReadByte()
			if err != nil {
				t.Fatal(err)
			}
			n = n<<8 | int(b)
		}
		if _, err := r.Seek(int64(n), io.SeekCurrent); err != nil {
			t.Fatal(err)
		}
	}
}
