package tape_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// A model is a tape as anybody would explain it: a list, of which the beginning can go.
type model struct {
	w     *world
	tape  *tape.Tape
	all   []tape.Record // since the beginning
	last  uint64
	spare func() // ends Prepare; nil where none runs
}

func (m *model) Append(t *rapid.T) {
	r := tape.Record{First: m.last + 1, Count: rapid.Uint32Range(1, 300).Draw(t, "count")}
	r.Bytes = sample(r.First, r.Count, rapid.OneOf(rapid.IntRange(1, 200), rapid.IntRange(1, 90<<10)).Draw(t, "size"))
	if err := m.tape.Append(r.First, r.Count, r.Bytes); err != nil {
		t.Fatal(err)
	}
	m.all = append(m.all, r)
	m.last = r.Last()
}

func (m *model) Reopen(t *rapid.T) {
	m.stop(t)
	if err := m.tape.Close(); err != nil {
		t.Fatal(err)
	}
	after := rapid.Uint64Range(m.tape.First()-1, m.last).Draw(t, "after")
	var err error
	if m.tape, err = tape.Open(m.w.config(), m.w.env(), after); err != nil {
		t.Fatal(err)
	}
	if rapid.Bool().Draw(t, "prepare") {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func(p *tape.Tape) { ended <- p.Prepare(ctx) }(m.tape)
		m.spare = func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("prepare: %v", err)
			}
		}
	}
}

func (m *model) stop(*rapid.T) {
	if m.spare != nil {
		m.spare()
		m.spare = nil
	}
}

func (m *model) Trim(t *rapid.T) {
	before := rapid.Uint64Range(0, m.last+2).Draw(t, "before")
	first := m.tape.First()
	if _, err := m.tape.Trim(before); err != nil {
		t.Fatal(err)
	}
	if got := m.tape.First(); got < first || got > max(before, first) {
		t.Fatalf("trim below %d moved the first number from %d to %d", before, first, got)
	}
}

func (m *model) Read(t *rapid.T) {
	number := rapid.Uint64Range(0, m.last+1).Draw(t, "number")
	got, err := m.tape.Read(number, nil)
	switch {
	case number > m.last:
		if !errors.Is(err, tape.ErrAhead) {
			t.Fatalf("read %d of %d: %v, want ErrAhead", number, m.last, err)
		}
	case number < m.tape.First():
		if !errors.Is(err, tape.ErrTrimmed) {
			t.Fatalf("read %d before %d: %v, want ErrTrimmed", number, m.tape.First(), err)
		}
	case err != nil:
		t.Fatal(err)
	default:
		if err := same([]tape.Record{got}, m.from(number)[:1]); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *model) Walk(t *rapid.T) {
	from := rapid.Uint64Range(m.tape.First(), m.last+1).Draw(t, "from")
	got, err := walk(m.tape, from)
	if err == nil {
		err = same(got, m.from(from))
	}
	if err != nil {
		t.Fatalf("from %d: %v", from, err)
	}
}

// from is the records from the one that holds number.
func (m *model) from(number uint64) []tape.Record {
	for i, r := range m.all {
		if r.Last() >= number {
			return m.all[i:]
		}
	}
	return nil
}

func (m *model) Check(t *rapid.T) {
	if got := m.tape.Last(); got != m.last {
		t.Fatalf("last is %d, want %d", got, m.last)
	}
	if from := m.from(m.tape.First()); len(from) > 0 && from[0].First != m.tape.First() {
		t.Fatalf("the tape begins at %d, within the record from %d", m.tape.First(), from[0].First)
	}
}

func TestATapeIsAListWhoseBeginningCanGo(t *testing.T) {
	memory := scratch(t)
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(memory, "life")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		m := &model{w: &world{dir: dir, sizeMin: 16 << 10, sizeMax: 64 << 10, rand: newRand(1)}}
		first := rapid.Uint64Range(1, 1<<40).Draw(t, "first")
		m.last = first - 1
		if m.tape, err = tape.Create(m.w.config(), m.w.env(), first); err != nil {
			t.Fatal(err)
		}
		defer func() {
			m.stop(t)
			if err := m.tape.Close(); err != nil {
				t.Error(err)
			}
		}()
		t.Repeat(map[string]func(*rapid.T){"append": m.Append, "more": m.Append, "reopen": m.Reopen, "trim": m.Trim,
			"read": m.Read, "walk": m.Walk, "": m.Check})
	})
}
