package baddays_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestAFullDiskRefusesNewOrdersOnlyAndIsGotOverWithoutARestart fills a small disk under a selling
// node, kills the node on it once, and makes room in two ways: a file is removed, the disk grows.
func TestAFullDiskRefusesNewOrdersOnlyAndIsGotOverWithoutARestart(t *testing.T) {
	needDisks(t)
	at := mounted(t, "-t", "tmpfs", "-o", "size=48m", "tmpfs")
	d := &day{site: newSite(t, filepath.Join(at, "book"))}
	d.site.open()
	ballast := filepath.Join(at, "ballast")
	for round, room := range []func(){
		func() { sh(t, "rm", ballast) },
		func() { sh(t, "mount", "-o", "remount,size=96m", at) },
	} {
		waiting := order(d, fmt.Sprint("waiting-", round))
		fill(t, ballast)
		sellUntilFull(d)
		stillServes(d, round, waiting)
		if round == 1 { // it must also start on a disk that is full
			d.kill()
			if err := d.start(nil); err != nil {
				t.Fatalf("start on a full disk: got %v, want it to serve:\n%s", err, d.log())
			}
			answeredKeys(d)
		}
		room()
		d.await("orders are taken again", func() bool { return takeOpen(d) })
		answeredKeys(d)
	}
	if said := strings.Count(d.log(), `"msg":"disk is full, no new orders are taken"`); said < 2 {
		t.Errorf("got %d lines that say that the disk is full, want one each time:\n%s", said, d.log())
	}
	if !strings.Contains(d.log(), `"msg":"disk has room again, orders are taken"`) {
		t.Errorf("got no line that says that there is room again:\n%s", d.log())
	}
	if err := settled(d.site, "", d.told); err != nil {
		t.Error(err)
	}
	if err := d.stop(); err != nil {
		t.Errorf("stop: got %v, want nil", err)
	}
	d.audit()
	t.Logf("%d orders answered, all there once", len(d.told))
}

// order places an order to be delivered, which can be cancelled, and gives its id.
func order(d *day, key string) string {
	d.Helper()
	w := wish{key, [3]line{{sku(1), 1}, {sku(2), 1}, {sku(3), 1}}}
	body := strings.Replace(string(w.body()), "{", `{"fulfil":"deliver",`, 1)
	t, err := toldOf(w, answer{body: d.must(201, "POST", "/v1/orders", key, []byte(body))})
	if err != nil {
		d.Fatal(err)
	}
	d.told = append(d.told, t)
	return t.id
}

// fill writes a file until there is no room for another page.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	page := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(page)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("fill: got %v, want %v", err, syscall.ENOSPC)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// sellUntilFull sells until an order is refused for want of room.
func sellUntilFull(d *day) {
	d.Helper()
	d.refused = ""
	for n := 0; d.refused == "" && !d.gone; n++ {
		if n == 200 {
			d.Fatal("got 200,000 orders taken on a full disk, want an end of promises")
		}
		d.bulk(1000)
	}
	if d.refused != "disk_full" {
		d.Fatalf("got %q, want disk_full:\n%s", d.refused, d.log())
	}
}

// stillServes holds a node on a full disk: no new order, but goods in, a cancel, reads and answered keys.
func stillServes(d *day, round int, waiting string) {
	d.Helper()
	w := d.next()
	if a, err := d.ask("POST", "/v1/orders", w.key, w.body()); err != nil || a.status != 503 || a.code != "disk_full" {
		d.Errorf("a new order: got %d %s, %v; want 503 disk_full", a.status, a.body, err)
	}
	d.open = append(d.open, w)
	d.must(201, "POST", "/v1/receipts", fmt.Sprint("goods-", round), fmt.Appendf(nil, `{"lines":[{"sku":%q,"qty":5}]}`, sku(0)))
	var o struct {
		Status string `json:"status"`
	}
	if err := json.Unmarshal(d.must(200, "POST", "/v1/orders/"+waiting+"/cancel", fmt.Sprint("cancel-", round), nil), &o); err != nil || o.Status != "cancelled" {
		d.Errorf("cancel: got %q, %v; want it cancelled", o.Status, err)
	}
	for _, path := range []string{"/v1/stock/" + sku(0), "/v1/entries?limit=10", "/v1/orders", "/v1/orders/" + waiting, "/healthz"} {
		d.must(200, "GET", path, "", nil)
	}
	var st struct {
		State string `json:"state"`
	}
	if err := json.Unmarshal(d.must(200, "GET", "/v1/status", "", nil), &st); err != nil || st.State != "disk_full" {
		d.Errorf("status: got %q, %v; want disk_full", st.State, err)
	}
	answeredKeys(d)
}

// answeredKeys sends orders again that were answered: each gets its first answer.
func answeredKeys(d *day) {
	d.Helper()
	for n := 0; n < len(d.told); n += 1 + len(d.told)/20 {
		w := d.told[n]
		if strings.HasPrefix(w.key, "waiting") {
			continue // its body is another
		}
		a, err := d.ask("POST", "/v1/orders", w.key, w.body())
		if err != nil || a.status != 201 || !a.replayed {
			d.Errorf("order %s again: got %d %s, %v; want its first answer", w.key, a.status, a.body, err)
			continue
		}
		if again, err := toldOf(w.wish, a); err != nil || again != w {
			d.Errorf("order %s again: got %s, %v; want %s", w.key, again.id, err, w.id)
		}
	}
}

// takeOpen sends what was refused again, under its keys, and says whether all of it is taken now.
func takeOpen(d *day) bool {
	d.Helper()
	again := d.open
	d.open = nil
	for i, w := range again {
		a, err := d.ask("POST", "/v1/orders", w.key, w.body())
		d.heard(w, a, err)
		if len(d.open) > 0 {
			d.open = append(d.open, again[i+1:]...)
			return false
		}
	}
	return true
}
