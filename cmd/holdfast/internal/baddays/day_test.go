package baddays_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A day is what one client of a site does, one thing after the other, always the same. Orders that
// were refused for what the disk did, or not answered, it keeps as open: their keys decide later.
type day struct {
	*site
	n       int // orders so far
	told    []told
	open    []wish
	refused string // the code that the disk's fault was first told with; "" while all is well
	gone    bool   // the process does not answer any more
}

// diskCodes are what a client may be told while a disk fails or is full.
var diskCodes = []string{"book_stopped", "unsure", "disk_full"}

// heard takes in what an order's client was told.
func (d *day) heard(w wish, a answer, err error) {
	d.Helper()
	switch {
	case err != nil:
		d.open, d.gone = append(d.open, w), true
	case a.status == 201:
		t, err := toldOf(w, a)
		if err != nil {
			d.Error(err)
		}
		d.told = append(d.told, t)
	default:
		d.open = append(d.open, w)
		d.no(a)
	}
}

// no takes in a refusal: it must be one that names the disk.
func (d *day) no(a answer) {
	d.Helper()
	if a.status != 503 || !strings.Contains(strings.Join(diskCodes, " "), a.code) {
		d.Errorf("got %d %s, want a 503 with one of %q", a.status, a.body, diskCodes)
	}
	if d.refused == "" {
		d.refused = a.code
	}
}

func (d *day) next() wish {
	d.n++
	return wishOf(900, d.n)
}

func (d *day) order() {
	d.Helper()
	w := d.next()
	a, err := d.ask("POST", "/v1/orders", w.key, w.body())
	d.heard(w, a, err)
}

// bulk puts n orders in one request.
func (d *day) bulk(n int) {
	d.Helper()
	wishes := make([]wish, n)
	for i := range wishes {
		wishes[i] = d.next()
	}
	d.send(wishes)
}

// send puts orders in one request.
func (d *day) send(wishes []wish) {
	d.Helper()
	type one struct {
		Key   string          `json:"key"`
		Order json.RawMessage `json:"order"`
	}
	all := make([]one, len(wishes))
	for i, w := range wishes {
		all[i] = one{w.key, w.body()}
	}
	body, err := json.Marshal(map[string]any{"orders": all})
	if err != nil {
		d.Fatal(err)
	}
	a, err := d.ask("POST", "/v1/orders/bulk", "", body)
	var said struct {
		Results []struct {
			Status  int             `json:"http_status"`
			Order   json.RawMessage `json:"order"`
			Problem struct {
				Code string `json:"code"`
			} `json:"problem"`
		} `json:"results"`
	}
	if err == nil && a.status == 200 {
		err = json.Unmarshal(a.body, &said)
	}
	for i, w := range wishes {
		if err == nil && a.status == 200 {
			r := said.Results[i]
			d.heard(w, answer{status: r.Status, code: r.Problem.Code, body: r.Order}, nil)
		} else {
			d.heard(w, a, err)
		}
	}
}

// other asks for what is no order: goods in, an item.
func (d *day) other(method, path, key string, body []byte) {
	d.Helper()
	a, err := d.ask(method, path, key, body)
	switch {
	case err != nil:
		d.gone = true
	case a.status >= 300:
		d.no(a)
	}
}

// bigReceipt is goods in of as many lines as may be, into many bins: it writes some tens of kilobytes.
func bigReceipt() []byte {
	var lines []string
	for n := range 5000 {
		lines = append(lines, fmt.Sprintf(`{"sku":%q,"qty":%d,"bin":"B-%d"}`, sku(n), 1000+n, n/skus))
	}
	return []byte(`{"lines":[` + strings.Join(lines, ",") + `]}`)
}

// halves is how many such receipts fill one half of a first file of the journal.
func halves(s *site) int {
	s.Helper()
	for n := 1; ; n++ {
		s.must(201, "POST", "/v1/receipts", fmt.Sprint("fill-", n), bigReceipt())
		if _, err := os.Stat(filepath.Join(s.dir, "journal", "spare.tmp")); err == nil {
			return n
		}
		if n == 500 {
			s.Fatal("got no second file of the journal made ready, want one once the first is half full")
		}
	}
}

// eve is a book on the eve of the day: its journal is about to roll to its next file. after is the
// cursor behind all that it holds.
func eve(t *testing.T) (dir, after string) {
	s := newSite(t, filepath.Join(t.TempDir(), "eve"))
	s.open()
	half := halves(s)
	var last struct {
		Seq uint64 `json:"seq"`
	}
	for n := range half * 9 / 10 {
		if err := json.Unmarshal(s.must(201, "POST", "/v1/receipts", fmt.Sprint("more-", n), bigReceipt()), &last); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.audit()
	return s.dir, fmt.Sprintf("1.%d", last.Seq)
}

// trade is the day: orders, goods in until the journal has rolled, so many orders that a checkpoint
// is due, an item.
func (d *day) trade() {
	d.Helper()
	receipt := bigReceipt()
	for range 4 {
		d.order()
	}
	for n := 0; !d.over() && !d.rolled(); n++ {
		d.other("POST", "/v1/receipts", fmt.Sprint("day-", n), receipt)
	}
	for range 5 {
		if !d.over() {
			d.bulk(1000)
		}
	}
	d.other("PUT", "/v1/items/NEW", "", []byte(`{"name":"New"}`))
	for range 4 {
		d.order()
	}
}

// over says that there is no use in going on.
func (d *day) over() bool { return d.gone || d.refused != "" }

// rolled says whether the journal has come to its second file.
func (d *day) rolled() bool {
	files, err := filepath.Glob(filepath.Join(d.dir, "journal", "*.tape"))
	if err != nil {
		d.Fatal(err)
	}
	return len(files) > 1
}
