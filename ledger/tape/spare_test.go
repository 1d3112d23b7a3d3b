package tape_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// preparing runs Prepare until stop, which waits for its end.
func preparing(t testing.TB, p *tape.Tape) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Prepare(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("prepare: %v, want nil", err)
		}
	}
}

func TestASpareIsReadyBeforeItIsNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.create(t, 1)
		stop := preparing(t, p)
		defer stop()
		synctest.Wait()
		w.actsSince()
		fill(t, p, 1, 10<<10)
		synctest.Wait()
		if got := w.actsSince(); slices.Contains(got, tape.ActPrewrite) {
			t.Fatalf("with a third used the tape did %v, want no spare yet", got)
		}
		room := p.Room()
		fill(t, p, 1, 6<<10)
		synctest.Wait()
		if got := w.actsSince(); !slices.Contains(got, tape.ActPrewrite) {
			t.Fatalf("with half used the tape did %v, want a spare", got)
		}
		if got := p.Room(); got < room {
			t.Fatalf("with a spare the room is %d, less than %d before", got, room)
		}
		fill(t, p, 1, 10<<10)
		synctest.Wait()
		if got := w.actsSince(); slices.Contains(got, tape.ActPrewrite) || !slices.Contains(got, tape.ActRoll) {
			t.Fatalf("rolling did %v, want the spare used", got)
		}
	})
}

func TestOnAFullDiskASpareIsTriedOnceASecondUntilThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.create(t, 1)
		stop := preparing(t, p)
		defer stop()
		w.noRoom.Store(true)
		all := fill(t, p, 1, 20<<10)
		synctest.Wait()
		w.actsSince()
		for range 100 {
			if err := p.Append(p.Last()+1, 1, make([]byte, 20<<10)); !errors.Is(err, tape.ErrFull) {
				t.Fatalf("append: %v, want ErrFull", err)
			}
		}
		if got := w.actsSince(); len(got) > 0 {
			t.Fatalf("refused appends did %v, want nothing", got)
		}
		time.Sleep(10*time.Second + time.Millisecond) // in the bubble's own time
		synctest.Wait()
		tries := 0
		for _, act := range w.actsSince() {
			if act == tape.ActPrewrite {
				tries++
			}
		}
		if tries != 10 {
			t.Fatalf("%d tries in ten seconds, want 10", tries)
		}
		w.noRoom.Store(false)
		time.Sleep(time.Second)
		synctest.Wait()
		all = append(all, fill(t, p, 5, 20<<10)...)
		holds(t, p, all)
	})
}

func TestAFaultWhilePreparingEndsTheTape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.create(t, 1)
		ended := make(chan error, 1)
		go func() { ended <- p.Prepare(t.Context()) }()
		w.failOnce(tape.ActPrewrite, errDisk)
		fill(t, p, 1, 20<<10)
		if err := <-ended; !errors.Is(err, errDisk) {
			t.Fatalf("prepare: %v, want the disk's failure", err)
		}
		if err := p.Append(p.Last()+1, 1, []byte{1}); !errors.Is(err, errDisk) {
			t.Fatalf("append: %v, want the disk's failure", err)
		}
	})
}

func TestCloseEndsPrepare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.create(t, 1)
		ended := make(chan error, 1)
		go func() { ended <- p.Prepare(t.Context()) }()
		synctest.Wait()
		shut(t, p)
		if err := <-ended; !errors.Is(err, tape.ErrClosed) {
			t.Fatalf("prepare: %v, want ErrClosed", err)
		}
	})
}

func TestWhateverALeftoverSpareHoldsIsNeverRead(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	all := fill(t, p, 10, 1500)
	old, err := os.ReadFile(files(t, w.dir)[0]) // valid records of this very tape, and longer than a spare
	if err != nil {
		t.Fatal(err)
	}
	old = append(old, old...)
	shut(t, p)
	if err := os.WriteFile(filepath.Join(w.dir, "spare.tmp"), append(old, old...), 0o600); err != nil {
		t.Fatal(err)
	}
	p = w.open(t, 0)
	holds(t, p, all)
	all = append(all, fill(t, p, 60, 1500)...)
	shut(t, p)
	holds(t, w.open(t, 0), all)
}
