package raftlog_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/raft"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/hq/raftlog"
)

const (
	tailEnd  = ".tail"
	tailPage = 4096
)

// killed is what a process leaves that ends at once: a copy of its two files.
func killed(t testing.TB, path string) string {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Dir(path), "killed")
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, filepath.Base(path))
	for _, end := range []string{"", tailEnd} {
		b, err := os.ReadFile(path + end)
		if err == nil {
			err = os.WriteFile(to+end, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// spoil changes one byte of a file.
func spoil(t testing.TB, path string, at int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		b[at]++
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// damaged opens a file that is not to be opened.
func damaged(t testing.TB, what, path string) {
	t.Helper()
	s, err := raftlog.Open(path, raftlog.Options{OpenFile: os.OpenFile, MapSize: smallMap})
	if err == nil {
		err = s.Close()
		t.Fatalf("%s: opened (%v), want a DamagedError", what, err)
	}
	if d, ok := errors.AsType[*raftlog.DamagedError](err); !ok || d.Key != "tail" {
		t.Fatalf("%s: got %v, want a DamagedError of the tail", what, err)
	}
}

func TestWhatWasAppendedOutlivesTheProcess(t *testing.T) {
	path := file(t)
	s := open(t, path, raftlog.Options{TailSize: 4 * tailPage})
	for last := uint64(1); last <= 18; last += 3 { // the tail is moved
		store(t, s, entries(last, last+2, 3))
		holds(t, s, 1, last+2, 3)
		dead := killed(t, path)
		again := open(t, dead, raftlog.Options{})
		holds(t, again, 1, last+2, 3)
		store(t, again, entries(last+3, last+5, 3))
		holds(t, reopen(t, again, dead), 1, last+5, 3)
	}
	if err := s.StoreLog(&raft.Log{Index: 19, Data: make([]byte, 5*tailPage)}); err != nil {
		t.Fatalf("store what no tail takes: got %v, want nil", err)
	}
	var l raft.Log
	if err := open(t, killed(t, path), raftlog.Options{}).GetLog(19, &l); err != nil || len(l.Data) != 5*tailPage {
		t.Fatalf("what no tail takes: got %d bytes, %v, want %d", len(l.Data), err, 5*tailPage)
	}
}

func TestOfTheLastAppendAllIsThereOrNothing(t *testing.T) {
	path := file(t)
	s := open(t, path, raftlog.Options{})
	store(t, s, entries(1, 3, 1))
	store(t, s, entries(4, 6, 1))
	for _, at := range []int{0, 4, 9, 17, 25, 30, 40, 120} { // each part of a frame
		torn := killed(t, path)
		spoil(t, torn+tailEnd, tailPage+at)
		again := open(t, torn, raftlog.Options{})
		holds(t, again, 1, 3, 1)
		store(t, again, entries(4, 5, 2))
		if err := again.DeleteRange(4, 5); err != nil {
			t.Fatal(err)
		}
		holds(t, again, 1, 3, 1)
	}
}

func TestWhatWasReportedAndIsLostIsNoticed(t *testing.T) {
	path := file(t)
	s := open(t, path, raftlog.Options{})
	store(t, s, entries(1, 3, 1))
	early := killed(t, path)
	store(t, s, entries(4, 6, 1))
	middle := killed(t, path)
	spoil(t, middle+tailEnd, 50)
	damaged(t, "an append that another follows", middle)

	gone := killed(t, path)
	if err := os.Remove(gone + tailEnd); err != nil {
		t.Fatal(err)
	}
	damaged(t, "no tail", gone)

	cut := killed(t, path)
	if err := os.Truncate(cut+tailEnd, 100); err != nil {
		t.Fatal(err)
	}
	damaged(t, "a tail that is cut off", cut)

	if err := s.DeleteRange(1, 1); err != nil { // what the tail holds is moved
		t.Fatal(err)
	}
	store(t, s, entries(7, 7, 1))
	back := killed(t, path)
	b, err := os.ReadFile(early)
	if err == nil {
		err = os.WriteFile(back, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	damaged(t, "a file that has gone back", back)
}

func TestAClosedLogLiesInOneFile(t *testing.T) {
	path := file(t)
	s := open(t, path, raftlog.Options{})
	store(t, s, entries(1, 5, 1))
	marked := func(path string) (marked bool, n int) {
		t.Helper()
		tamper(t, path, func(tx *bolt.Tx) error {
			marked = tx.Bucket([]byte("log")).Get([]byte{0}) != nil
			n = tx.Bucket([]byte("log")).Stats().KeyN
			return nil
		})
		return marked, n
	}
	if is, n := marked(killed(t, path)); !is || n != 1 {
		t.Errorf("while it is open: got a mark: %t, %d keys, want the mark alone, at which an older build stops", is, n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if is, n := marked(path); is || n != 5 {
		t.Errorf("closed: got a mark: %t, %d keys, want five entries, and none", is, n)
	}
	tamper(t, path, func(tx *bolt.Tx) error { // as a build does that knows no tail
		b := tx.Bucket([]byte("log"))
		for _, index := range []byte{4, 5} {
			if err := b.Delete([]byte{0, 0, 0, 0, 0, 0, 0, index}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := os.Remove(path + tailEnd); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	holds(t, open(t, path, raftlog.Options{}), 1, 3, 1)
}

// A file that is made anew beside the tail of one that is gone takes nothing over.
func TestANewFileTakesNothingFromAnOldTail(t *testing.T) {
	path := file(t)
	s := open(t, path, raftlog.Options{})
	store(t, s, entries(1, 5, 1))
	left := killed(t, path)
	if err := os.Remove(left); err != nil {
		t.Fatal(err)
	}
	holds(t, open(t, left, raftlog.Options{}), 0, 0, 0)
}

// Whatever is appended, cut off and trimmed, and wherever the process ends: the log is what was reported.
func TestALogAgreesWithAPlainOneWhateverIsDone(t *testing.T) {
	seeds := uint64(4)
	if os.Getenv("HOLDFAST_LONG") == "1" {
		seeds = 400
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := &plain{t: t, r: rand.New(rand.NewPCG(seed, 1)), path: file(t), first: 1, term: 1}
			p.open()
			for range 50 {
				p.act()
				p.check()
			}
			p.must(p.s.Close())
		})
	}
}

// A plain log is the terms of its entries, beside the store that is to have the same.
type plain struct {
	t    *testing.T
	r    *rand.Rand
	path string
	s    *raftlog.Store

	first uint64
	terms []uint64 // from first on
	data  []int    // how many bytes each carries
	term  uint64
}

func (p *plain) last() uint64 { return p.first + uint64(len(p.terms)) - 1 }

func (p *plain) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *plain) open() {
	p.t.Helper()
	var err error
	p.s, err = raftlog.Open(p.path, raftlog.Options{OpenFile: os.OpenFile, MapSize: smallMap, TailSize: 3 * tailPage})
	p.must(err)
}

func (p *plain) act() {
	some := 0 // of the entries there are, but not all
	if len(p.terms) > 1 {
		some = 1 + p.r.IntN(len(p.terms)-1)
	}
	switch n := p.r.IntN(20); {
	case n < 12:
		var logs []*raft.Log
		size := []int{1, 100, 3000, 9000}[p.r.IntN(4)]
		for range 1 + p.r.IntN(4) {
			p.terms, p.data = append(p.terms, p.term), append(p.data, size)
			logs = append(logs, &raft.Log{Index: p.last(), Term: p.term, Data: make([]byte, size)})
		}
		p.must(p.s.StoreLogs(logs))
	case n < 14 && some > 0: // another history
		p.must(p.s.DeleteRange(p.first+uint64(some), p.last()))
		p.terms, p.data, p.term = p.terms[:some], p.data[:some], p.term+1
	case n < 16 && some > 0:
		p.must(p.s.DeleteRange(0, p.first+uint64(some)-1))
		p.first, p.terms, p.data = p.first+uint64(some), p.terms[some:], p.data[some:]
	case n == 16:
		p.must(p.s.SetUint64([]byte("CurrentTerm"), p.term))
	case n == 17:
		p.must(p.s.Close())
		p.open()
	case n > 17:
		dead := killed(p.t, p.path)
		p.must(errors.Join(p.s.Close(), os.Rename(dead, p.path), os.Rename(dead+tailEnd, p.path+tailEnd)))
		p.open()
	}
}

func (p *plain) check() {
	p.t.Helper()
	first, err1 := p.s.FirstIndex()
	last, err2 := p.s.LastIndex()
	if p.must(errors.Join(err1, err2)); len(p.terms) > 0 && (first != p.first || last != p.last()) {
		p.t.Fatalf("got %d to %d, want %d to %d", first, last, p.first, p.last())
	}
	weight := int64(0)
	for i, want := range p.terms {
		var l raft.Log
		index := p.first + uint64(i)
		if err := p.s.GetLog(index, &l); err != nil || l.Term != want || l.Index != index || len(l.Data) != p.data[i] {
			p.t.Fatalf("entry %d: got %d of term %d with %d bytes, %v, want term %d and %d", index, l.Index, l.Term, len(l.Data), err, want, p.data[i])
		}
		weight += int64(p.data[i]) + 38
	}
	if n, err := p.s.Newest(1<<40, 1<<40); p.s.Bytes() != weight || err != nil || n != max(uint64(len(p.terms)), 1) {
		p.t.Fatalf("got %d bytes, the newest %d, %v, want %d and %d", p.s.Bytes(), n, err, weight, len(p.terms))
	}
}
