package baddays_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestAPowerCutTakesNothingThatWasAnswered cuts the power of a file system under a selling node 4
// times, or 30 times with HOLDFAST_LONG=1, and starts the node again on what is left.
func TestAPowerCutTakesNothingThatWasAnswered(t *testing.T) {
	needDisks(t, "mkfs.ext4")
	cycles := 4
	if long {
		cycles = 30
	}
	began := time.Now()
	p, r := newPower(t), rand.New(rand.NewPCG(20261125, 4))
	for n := range cycles {
		if err := p.cycle(r); err != nil {
			t.Fatalf("cycle %d: %v\n%s", n, err, p.log())
		}
		b := newShelf() // from the start: what was read before a cut proves nothing
		if err := b.follow(p.site); err != nil {
			t.Fatal(err)
		}
		if found := b.faults(p.all.told()); len(found) > 0 {
			t.Fatalf("cycle %d: got %d faults of %d orders answered, want none; the first: %s", n, len(found), len(p.all.told()), found[0])
		}
	}
	if _, err := p.all.sell(p.site, 1, func() {}); err != nil {
		t.Fatal(err)
	}
	if err := settled(p.site, "", p.all.told()); err != nil {
		t.Error(err)
	}
	if err := p.stop(); err != nil {
		t.Errorf("stop: got %v, want nil", err)
	}
	p.audit()
	t.Logf("%d power cuts in %v, %d orders answered, all there once", cycles, time.Since(began).Round(time.Second), len(p.all.told()))
}

// TestALyingDiskIsFoundOutByAPowerCut is the control: the node's syncs say yes and do nothing.
func TestALyingDiskIsFoundOutByAPowerCut(t *testing.T) {
	needDisks(t, "mkfs.ext4")
	if !canMeddle {
		t.Skip("calls to the system can be meddled with on Linux on amd64 only")
	}
	const cycles = 3
	r, losses := rand.New(rand.NewPCG(20261125, 5)), 0
	for range cycles {
		p := newPower(t)
		p.kill()
		p.spec = "lie"
		if err := p.start(nil); err != nil {
			t.Fatal(err)
		}
		err := p.cycle(r)
		b := newShelf()
		if err == nil {
			err = b.follow(p.site)
		}
		told := p.all.told()
		if found := b.faults(told); err != nil || len(found) > 0 {
			t.Logf("%d orders answered, %d lost; start: %v", len(told), len(found), err)
			losses++
		}
		p.kill()
	}
	if losses <= cycles/2 {
		t.Errorf("got losses in %d cycles of %d, want them in most: the cuts take nothing away", losses, cycles)
	}
}

// A power is a site on a disk whose power can be cut.
type power struct {
	*site
	image, at string
	all       crowd
}

// newPower gives a site that runs on a disk of its own. What it has so far is on it for certain.
func newPower(t *testing.T) *power {
	t.Helper()
	img := image(t)
	p := &power{image: img, at: mounted(t, "-o", "loop", img), all: newCrowd()}
	p.site = newSite(t, filepath.Join(p.at, "book"))
	p.open()
	syscall.Sync()
	return p
}

// cycle lets the crowd sell for a while that is drawn, cuts the power, and starts the node again on
// a disk that is mounted anew.
func (p *power) cycle(r *rand.Rand) error {
	p.Helper()
	after := time.Duration(20+r.IntN(200)) * time.Millisecond
	var cutter *time.Timer
	done := make(chan struct{})
	// From the cut on the node cannot write, so it refuses; whoever is refused goes home.
	_, err := p.all.sellUntilRefused(p.site, func() {
		cutter = time.AfterFunc(after, func() { cut(p, p.at); close(done) })
	})
	if err != nil {
		return err
	}
	if cutter == nil {
		return fmt.Errorf("no order was answered")
	}
	<-done
	p.kill()
	p.spec = ""
	sh(p, "umount", p.at)
	sh(p, "mount", "-o", "loop", p.image, p.at)
	return p.start(nil)
}
