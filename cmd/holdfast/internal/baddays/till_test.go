package baddays_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// tills is how many clients sell at once, each on a connection that it keeps.
const tills = 64

// A wish is an order under its key, as often as it has to be sent.
type wish struct {
	key   string
	lines [3]line
}

type line struct {
	SKU string `json:"sku"`
	Qty int64  `json:"qty"`
}

// wishOf is till's n-th order: three lines, and content that its neighbours do not have.
func wishOf(till, n int) wish {
	w := wish{key: fmt.Sprintf("till-%d-%d", till, n)}
	for i := range w.lines {
		w.lines[i] = line{sku(till + n*7 + i*13), int64(1 + (till+n+i)%9)}
	}
	return w
}

func (w wish) body() []byte {
	raw, err := json.Marshal(map[string]any{"external_id": w.key, "lines": w.lines})
	if err != nil {
		panic(err) // strings and numbers
	}
	return raw
}

// A told is what a client was told of its wish: the order's id.
type told struct {
	wish
	id string
}

// toldOf reads a 201.
func toldOf(w wish, a answer) (told, error) {
	var o struct {
		ID         string `json:"id"`
		ExternalID string `json:"external_id"`
		Lines      []line `json:"lines"`
	}
	if err := json.Unmarshal(a.body, &o); err != nil {
		return told{}, err
	}
	if o.ID == "" || o.ExternalID != w.key || len(o.Lines) != len(w.lines) || [3]line(o.Lines) != w.lines {
		return told{}, fmt.Errorf("got the answer %s to order %s %v, want that order", a.body, w.key, w.lines)
	}
	return told{w, o.ID}, nil
}

// A till sells one order after the other. One without an answer it sends again, under its key,
// before any other.
type till struct {
	number    int
	n         int
	unclear   bool // the n-th was sent and not answered
	mayRefuse bool // a refusal ends the selling: the disk is about to go
	patient   bool // one that is told to come back in a moment may do so: it ends the selling
	told      []told
	judged    int // of told
	landed    int // of the unclear: were in the book when sent again
	lost      int // of the unclear: were not
}

// sell sells until want orders are answered, or until the process does not answer any more. What
// it was told it keeps.
func (c *till) sell(s *site, want int, first func()) error {
	for range want {
		w := wishOf(c.number, c.n)
		a, err := s.ask("POST", "/v1/orders", w.key, w.body())
		if err != nil {
			c.unclear = true
			return nil
		}
		if a.status >= 500 && c.mayRefuse { // 500 where what is asked again cannot be read
			c.unclear = true
			return nil
		}
		if a.status == 503 && a.code == "busy" && c.patient {
			c.unclear = true
			return nil
		}
		if a.status != 201 {
			return fmt.Errorf("order %s: got %d %s, want 201", w.key, a.status, a.body)
		}
		first()
		t, err := toldOf(w, a)
		if err != nil {
			return err
		}
		if a.replayed && !c.unclear {
			return fmt.Errorf("order %s: got the answer of an order before, and it was never sent before", w.key)
		}
		switch {
		case c.unclear && a.replayed:
			c.landed++
		case c.unclear:
			c.lost++
		}
		c.told, c.unclear = append(c.told, t), false
		c.n++
	}
	return nil
}

// A crowd is all tills of a site.
type crowd []*till

func newCrowd() crowd {
	all := make(crowd, tills)
	for i := range all {
		all[i] = &till{number: i}
	}
	return all
}

// sell lets all tills sell, want orders each at most, and gives how many were answered. first is
// called at the first answer.
func (all crowd) sell(s *site, want int, first func()) (int, error) {
	var group sync.WaitGroup
	var once sync.Once
	var answered atomic.Int64
	errs := make([]error, len(all))
	for i, c := range all {
		group.Go(func() {
			errs[i] = c.sell(s, want, func() { answered.Add(1); once.Do(first) })
		})
	}
	group.Wait()
	return int(answered.Load()), errors.Join(errs...)
}

// sellUntilRefused lets all tills sell until each is refused or gets no answer.
func (all crowd) sellUntilRefused(s *site, first func()) (int, error) {
	for _, c := range all {
		c.mayRefuse = true
	}
	n, err := all.sell(s, 1<<30, first)
	for _, c := range all {
		c.mayRefuse = false
	}
	return n, err
}

func (all crowd) told() []told {
	var out []told
	for _, c := range all {
		out = append(out, c.told...)
	}
	return out
}

// unjudged gives what was told since it was last called.
func (all crowd) unjudged() []told {
	var out []told
	for _, c := range all {
		out = append(out, c.told[c.judged:]...)
		c.judged = len(c.told)
	}
	return out
}
