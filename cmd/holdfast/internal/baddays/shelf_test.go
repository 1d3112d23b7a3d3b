package baddays_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// A shelf is the journal as a client reads it: what was sold, by order.
type shelf struct {
	cursor string                      // behind the last entry that was read
	sold   map[string]map[string]int64 // order id -> SKU -> units
	twice  []string                    // orders that were placed more than once
}

func newShelf() *shelf { return &shelf{sold: map[string]map[string]int64{}} }

// follow reads what has come since. It gives an error when the process does not answer.
func (b *shelf) follow(s *site) error {
	for {
		a, err := s.ask("GET", "/v1/entries?limit=1000&after="+b.cursor, "", nil)
		if err != nil {
			return err
		}
		if a.status != 200 {
			return fmt.Errorf("entries after %q: got %d %s, want 200", b.cursor, a.status, a.body)
		}
		var page struct {
			Entries []entry `json:"entries"`
		}
		if err := json.Unmarshal(a.body, &page); err != nil {
			return err
		}
		for _, e := range page.Entries {
			b.read(e)
			b.cursor = fmt.Sprintf("%d.%d", e.Epoch, e.Seq)
		}
		if len(page.Entries) == 0 {
			return nil
		}
	}
}

type entry struct {
	Seq      uint64 `json:"seq"`
	Epoch    uint64 `json:"epoch"`
	Kind     string `json:"kind"`
	Ref      string `json:"ref"`
	Postings []struct {
		SKU     string `json:"sku"`
		Account string `json:"account"`
		Qty     int64  `json:"qty"`
	} `json:"postings"`
}

// read takes an order's entry in. What it was given stands in the postings to the customer, or in
// those that reserve.
func (b *shelf) read(e entry) {
	if e.Kind != "order_placed" {
		return
	}
	if _, ok := b.sold[e.Ref]; ok {
		b.twice = append(b.twice, e.Ref)
		return
	}
	sold := map[string]int64{}
	for _, p := range e.Postings {
		if p.Account == "where/customer" || strings.HasPrefix(p.Account, "whose/reserved/") {
			sold[p.SKU] += p.Qty
		}
	}
	b.sold[e.Ref] = sold
}

// faults judges what clients were told by what is in the book: every order that was answered is
// there once with its content, and no two keys got one order.
func (b *shelf) faults(all []told) []string {
	var out []string
	for _, id := range b.twice {
		out = append(out, "order "+id+" is in the book twice")
	}
	of := make(map[string]string, len(all))
	for _, t := range all {
		if key, ok := of[t.id]; ok {
			out = append(out, fmt.Sprintf("orders %s and %s were both answered with %s", key, t.key, t.id))
		}
		of[t.id] = t.key
		want := map[string]int64{}
		for _, l := range t.lines {
			want[l.SKU] += l.Qty
		}
		if got, ok := b.sold[t.id]; !ok {
			out = append(out, fmt.Sprintf("order %s was answered with %s and is lost", t.key, t.id))
		} else if !maps.Equal(got, want) {
			out = append(out, fmt.Sprintf("order %s was %v and is in the book as %v", t.key, want, got))
		}
	}
	return out
}

// strays judges a book whose clients have an answer to all they ever sent: an order that nobody
// was told of is one that was taken twice for one key.
func (b *shelf) strays(all []told) []string {
	known := make(map[string]bool, len(all))
	for _, t := range all {
		known[t.id] = true
	}
	var out []string
	for id := range b.sold {
		if !known[id] {
			out = append(out, "order "+id+" is in the book and was answered to nobody")
		}
	}
	slices.Sort(out)
	return out
}

// settled reads the book anew from a cursor on and judges it, with strays; every till has its answers.
func settled(s *site, after string, all []told) error {
	b := newShelf()
	b.cursor = after
	if err := b.follow(s); err != nil {
		return err
	}
	found := append(b.faults(all), b.strays(all)...)
	if n := len(found); n > 0 {
		return errors.New(fmt.Sprint(n, " faults; the first: ", strings.Join(found[:min(n, 5)], "; ")))
	}
	return nil
}

// TestTheJudgeFindsWhatIsLostTakenTwiceOrChanged is the control of all that is judged here.
func TestTheJudgeFindsWhatIsLostTakenTwiceOrChanged(t *testing.T) {
	a, b := wishOf(1, 1), wishOf(2, 2)
	all := []told{{a, "id-a"}, {b, "id-b"}}
	entryOf := func(w wish, id string) entry {
		raw := fmt.Sprintf(`{"kind":"order_placed","ref":%q,"postings":[{"sku":%q,"account":"where/customer","qty":%d},
			{"sku":%q,"account":"whose/reserved/x/2","qty":%d},{"sku":%q,"account":"where/customer","qty":%d},{"sku":%q,"account":"whose/stock","qty":1}]}`,
			id, w.lines[0].SKU, w.lines[0].Qty, w.lines[1].SKU, w.lines[1].Qty, w.lines[2].SKU, w.lines[2].Qty, w.lines[0].SKU)
		var e entry
		if err := json.Unmarshal([]byte(raw), &e); err != nil {
			t.Fatal(err)
		}
		return e
	}
	for name, c := range map[string]struct {
		book  []entry
		told  []told
		wrong string // in the only fault
	}{
		"all is well":             {[]entry{entryOf(a, "id-a"), entryOf(b, "id-b")}, all, ""},
		"an order is lost":        {[]entry{entryOf(a, "id-a")}, all, "is lost"},
		"an order is there twice": {[]entry{entryOf(a, "id-a"), entryOf(b, "id-b"), entryOf(a, "id-a")}, all, "in the book twice"},
		"a key was taken twice":   {[]entry{entryOf(a, "id-a"), entryOf(b, "id-b"), entryOf(b, "id-c")}, all, "answered to nobody"},
		"an order was changed":    {[]entry{entryOf(a, "id-a"), entryOf(wishOf(2, 3), "id-b")}, all, "is in the book as"},
		"two keys got one order":  {[]entry{entryOf(a, "id-a"), entryOf(b, "id-b")}, append(all, told{a, "id-a"}), "both answered"},
	} {
		shelf := newShelf()
		for _, e := range c.book {
			shelf.read(e)
		}
		got := append(shelf.faults(c.told), shelf.strays(c.told)...)
		if c.wrong == "" && len(got) > 0 || c.wrong != "" && (len(got) != 1 || !strings.Contains(got[0], c.wrong)) {
			t.Errorf("%s: got %q, want what %q says", name, got, c.wrong)
		}
	}
}
