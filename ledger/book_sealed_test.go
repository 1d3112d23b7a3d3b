package ledger_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// newSealedDesk is a desk whose book is sealed.
func newSealedDesk(t testing.TB, change ...func(*ledger.BookConfig)) *desk {
	t.Helper()
	w := testworld.New(7)
	w.Seal()
	return deskIn(t, w, change...)
}

// filesIn gives what each file under dir holds.
func filesIn(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all[path], err = os.ReadFile(path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// Planted secrets of a day: an order's id, a name, a price, a PIN's hash, a SKU, a customer's phone, an actor.
const (
	plantedID    = "CUSTOMERS-OWN-ORDER-ID-77"
	plantedName  = "Brass tap, hand made for Mrs Featherstonehaugh"
	plantedPIN   = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$cGxhbnRlZHBsYW50ZWRwbGFudGVkcGxhbnRlZHBsYW4"
	plantedPhone = "+44 1632 960961"
	plantedPrice = 0x5ec2e7c0de // minor units
)

// aDay plays all that a book may hold: sales, orders that stay open, items, customers, people.
func (d *desk) aDay() {
	d.Helper()
	for i, req := range acts(60) {
		d.do(req)
		if i%25 == 24 {
			d.reopen()
		}
	}
	p := sale("planted", "A", 1)
	p.Order.External, p.Actor = plantedID, "featherstonehaugh"
	p.Order.Fulfil, p.Order.Shortage = ledger.Deliver, ledger.Backorder
	p.Order.Lines[0].Price = ledger.Price{Money: ledger.Money{Amount: plantedPrice, Currency: "GBP"}}
	d.must(p)
	if err := errors.Join(
		d.book.PutItems([]ledger.Item{{SKU: "SKU-FEATHER-1", Name: plantedName, Version: 1, Price: ledger.Price{Money: ledger.Money{Amount: plantedPrice, Currency: "GBP"}}}}, 1),
		d.book.PutCustomers([]ledger.CustomerAccount{{ID: "C-FEATHER", Version: 1, Person: ledger.Person{Name: plantedName, Phone: plantedPhone}}}, 1),
		d.book.PutPeople(ledger.People{Version: 1, Users: []ledger.User{{ID: "featherstonehaugh", Kind: ledger.UserPerson, Name: plantedName, Roles: 1, PIN: plantedPIN}}}),
	); err != nil {
		d.Fatal(err)
	}
}

// The rule: who has the folder of a sealed book, and its backups, and not its key, reads nothing of what was sold, to
// whom, for how much, or by whom.
func TestASealedBookShowsNobodyAnything(t *testing.T) {
	id, _ := ledger.ParseUUID(oid("o3"))
	price := []byte{0x5e, 0xc2, 0xe7, 0xc0, 0xde}
	secrets := map[string][]byte{
		"an order's own id": []byte(plantedID), "an order's UUID": id[:], "a name": []byte("Featherstonehaugh"),
		"a name as an id": []byte("featherstonehaugh"), "a PIN's hash": []byte("cGxhbnRlZHBsYW50"), "a phone": []byte("960961"),
		"a SKU": []byte("FEATHER"), "a price": price, "a key": digestBytes("till", "o3"), "a word": []byte("argon2id"),
	}
	find := func(files map[string][]byte) (found []string) {
		for path, b := range files {
			for what, secret := range secrets {
				if bytes.Contains(b, secret) {
					found = append(found, what+" in "+filepath.Base(path))
				}
			}
		}
		return found
	}
	few := func(c *ledger.BookConfig) { c.CheckpointEvery = 5 }
	open := newDesk(t, few)
	open.aDay()
	open.close()
	seen := strings.Join(find(filesIn(t, open.cfg.Dir)), "; ")
	for what := range secrets { // else the test would find nothing in any book
		if !strings.Contains(seen, what) {
			t.Errorf("%s: not found in a book in the clear either", what)
		}
	}
	d := newSealedDesk(t, few)
	d.aDay()
	raw, _ := d.backedUp()
	files := filesIn(t, d.cfg.Dir) // while it is open
	d.close()
	maps.Copy(files, filesIn(t, d.cfg.Dir))
	files["backup"] = raw
	if found := find(files); len(found) > 0 {
		t.Errorf("got %s, want nothing found", strings.Join(found, "; "))
	}
	if len(files) < 6 {
		t.Errorf("got %d files, want journal, index, runs and witness", len(files))
	}
}

func digestBytes(parts ...string) []byte {
	var b [][]byte
	for _, p := range parts {
		b = append(b, []byte(p))
	}
	d := ledger.DigestOf(b...)
	return d[:]
}

func TestASealedBookComesToTheSameAsAnOpenOne(t *testing.T) {
	play := func(d *desk, again func(*desk)) string {
		for i, req := range acts(120) {
			d.do(req)
			if i%40 == 39 {
				again(d)
			}
		}
		return ledger.PortraitOf(d.book)
	}
	few := func(c *ledger.BookConfig) { c.CheckpointEvery, c.CompactFrom = 7, 1 }
	want := play(newDesk(t, few), (*desk).reopen)
	for name, again := range map[string]func(*desk){"closed": (*desk).reopen, "killed": (*desk).kill} {
		if got := play(newSealedDesk(t, few), again); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
}

// The rule: without the key, or with another, nothing is opened and nothing on the disk changes; nothing is made anew
// or set aside.
func TestAWrongKeyOpensNothingAndChangesNothing(t *testing.T) {
	d := newSealedDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 5 })
	d.aDay()
	raw, _ := d.backedUp()
	d.close()
	right := d.world.Key
	before := filesIn(t, d.cfg.Dir)
	other, err := sealed.NewKey(d.world.Random("another"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key  *sealed.Key
		want error
	}{"none": {nil, sealed.ErrSealed}, "another": {other, sealed.ErrKey}} {
		d.world.Key = c.key
		_, opened := ledger.OpenBook(d.world.Env(), d.cfg)
		_, audited := ledger.AuditBook(d.world.Env(), d.cfg.Dir, nil)
		walked := ledger.WalkBook(d.world.Env(), d.cfg.Dir, func(*ledger.Entry, ledger.Hash) error { return nil })
		for act, err := range map[string]error{"open": opened, "audit": audited, "walk": walked} {
			if !errors.Is(err, c.want) {
				t.Errorf("%s with %s: got %v, want %v", act, name, err, c.want)
			}
			if _, damage := errors.AsType[*ledger.DamageError](err); damage {
				t.Errorf("%s with %s: got damage, want none: a remedy for damage would cost the book", act, name)
			}
		}
		if _, err := d.restore(raw, t.TempDir(), ""); err == nil {
			t.Errorf("restore with %s: got nil, want it refused", name)
		}
	}
	d.world.Key = right
	if after := filesIn(t, d.cfg.Dir); !maps.EqualFunc(before, after, bytes.Equal) {
		t.Error("got other files, want nothing written")
	}
	d.open()
	d.world.Key = nil
	plain := newDesk(t)
	plain.close()
	plain.world.Key = right
	if _, err := ledger.OpenBook(plain.world.Env(), plain.cfg); !errors.Is(err, sealed.ErrOpen) {
		t.Errorf("a book in the clear with a key: got %v, want %v", err, sealed.ErrOpen)
	}
	plain.world.Key, d.world.Key = nil, right
}

// The rule: each changed byte is found, by the audit or at the opening, or changes nothing of what the book says.
func TestEachChangedByteOfASealedBookIsFound(t *testing.T) {
	d := newSealedDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery, c.JournalSize = 9, 64<<10 })
	for _, req := range acts(30) {
		d.do(req)
	}
	d.close()
	want, err := ledger.AuditBook(d.world.Env(), d.cfg.Dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	found, same := 0, 0
	for path, b := range filesIn(t, d.cfg.Dir) {
		step := max(1, len(b)/25)
		for at := 0; at < len(b); at += step + at%3 {
			changed := bytes.Clone(b)
			changed[at] ^= 0x10
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := ledger.AuditBook(d.world.Env(), d.cfg.Dir, nil)
			switch {
			case err != nil:
				found++
			case got != want:
				t.Errorf("byte %d of %s: got %+v without a fault, want it found", at, filepath.Base(path), got)
			default:
				same++
			}
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if found < 60 {
		t.Errorf("found %d, and %d changed nothing; want most found", found, same)
	}
}

// The rule: what was sealed at one place opens at no other, and what is of another book nowhere.
func TestSwappedPagesAndRecordsAreFound(t *testing.T) {
	d := newSealedDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 9 })
	for _, req := range acts(60) {
		d.do(req)
	}
	d.close()
	other := newSealedDesk(t)
	other.world.Key = d.world.Key
	other.close()
	const slot = 4608
	index := filepath.Join(d.cfg.Dir, ledger.BookFile)
	b, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := os.ReadFile(filepath.Join(other.cfg.Dir, ledger.BookFile))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	put := func(change func(c []byte)) {
		c := bytes.Clone(b)
		change(c)
		if err := os.WriteFile(index, c, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.AuditBook(d.world.Env(), d.cfg.Dir, nil); err != nil {
			refused++
		}
	}
	pages := len(b)/slot - 1
	for page := 2; page < pages; page++ {
		put(func(c []byte) { copy(c[slot*(page+1):], b[slot*(2+(page-1)%(pages-2)+1):][:slot]) }) // the next page's
	}
	if refused < 2 {
		t.Errorf("%d of %d pages that were another's were found, want all that are used", refused, pages-2)
	}
	was := refused
	for page := 0; page < 2; page++ {
		put(func(c []byte) { copy(c[slot:3*slot], foreign[slot:3*slot]) })
	}
	if refused != was+2 {
		t.Error("both meta pages of another book under the same key: got no fault, want it found")
	}
	if err := os.WriteFile(index, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// The rule: whatever write of a sealed book the power ends at, the book opens, and has what it has answered.
func TestASealedBookOpensWhereverItWasKilled(t *testing.T) {
	step := 5
	if os.Getenv("HOLDFAST_LONG") != "" {
		step = 1
	}
	for n := 1; ; n += step {
		w := testworld.New(7)
		w.Seal()
		cfg := ledger.BookConfig{Site: "leeds", Dir: filepath.Join(t.TempDir(), "book"), CheckpointEvery: 2, JournalSize: 64 << 10}
		done := 0
		w.Disk.Fail(func(act ledger.Act, _ string) error {
			if done++; done >= n {
				return testworld.ErrDisk
			}
			return nil
		})
		answered, whole := sellSome(t, w, cfg)
		w.Disk.Fail(nil)
		w.Reboot()
		d := &desk{TB: t, world: w, cfg: cfg}
		d.open()
		for _, name := range answered {
			if out := d.do(sale(name, "TAP-22", 1)); !out.Replayed {
				t.Fatalf("killed at act %d: %s was answered and is not there", n, name)
			}
		}
		d.close()
		d.audit()
		if whole {
			if n < 40 {
				t.Errorf("got %d acts, want those of a whole life", n)
			}
			return
		}
	}
}

// sellSome makes a book, sells and closes it; it gives what was answered, and whether nothing failed.
func sellSome(t *testing.T, w *testworld.World, cfg ledger.BookConfig) (answered []string, whole bool) {
	t.Helper()
	b, err := ledger.OpenBook(w.Env(), cfg)
	if err != nil {
		return nil, false
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	do := func(req ledger.Request) bool {
		out, err := b.Do(ctx, req)
		return err == nil && out.Err == nil
	}
	ok := do(&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}}) &&
		do(&ledger.Receive{ID: "r", Reference: "DN", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 50}}})
	for i := 0; i < 6 && ok; i++ {
		if name := fmt.Sprint("o", i); do(sale(name, "TAP-22", 1)) {
			answered = append(answered, name)
		} else {
			ok = false
		}
	}
	ok = ok && b.PutItems([]ledger.Item{{SKU: "TAP-22", Name: "tap", Version: 1}}, 1) == nil
	stop()
	ok = <-ended == nil && ok
	return answered, b.Close() == nil && ok
}

// The rule: a disk that is full while a sealed index is written stops no book. It promises nothing new, and goes on by
// itself once there is room; nothing is removed that the disk's own copy of the index still needs.
func TestASealedBookOutlivesAFullDisk(t *testing.T) {
	d := newSealedDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery, c.JournalSize = 1, 64<<10 })
	d.receive("TAP-22", 50)
	d.world.Disk.Fail(func(act ledger.Act, _ string) error {
		if act == ledger.ActSealPages {
			return syscall.ENOSPC
		}
		return nil
	})
	refused := false
	for i := 0; i < 40 && !refused; i++ {
		refused = errors.Is(d.do(sale(fmt.Sprint("o", i), "TAP-22", 1)).Err, ledger.ErrFull)
	}
	if !refused {
		t.Error("got all sold on a full disk, want new promises refused")
	}
	if err := d.book.PutItems([]ledger.Item{{SKU: "TAP-22", Name: "tap", Version: 1}}, 1); !errors.Is(err, ledger.ErrFull) {
		t.Errorf("items: got %v, want %v", err, ledger.ErrFull)
	}
	if _, err := d.book.Trim(ledger.TrimLimit{Archived: d.book.Head().Seq, Before: d.world.Clock.Wall().Add(time.Hour)}); !errors.Is(err, ledger.ErrFull) {
		t.Errorf("trim: got %v, want %v before any file goes", err, ledger.ErrFull)
	}
	if err := d.book.Err(); err != nil {
		t.Errorf("got %v, want the book going on", err)
	}
	d.world.Disk.Fail(nil)
	if err := d.book.PutItems([]ledger.Item{{SKU: "TAP-22", Name: "tap", Version: 1}}, 1); err != nil {
		t.Errorf("items, with room again: got %v, want nil", err)
	}
	d.kill()
	if _, ok := d.book.Item("TAP-22"); !ok {
		t.Error("got no item after a kill, want it on the disk")
	}
}

func TestABackupOfASealedBookIsRestoredUnderItsKey(t *testing.T) {
	d := newSealedDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 5 })
	d.aDay()
	raw, head := d.backedUp()
	again := d.restored(raw, "")
	if got := again.book.Head(); got.Seq < head.Seq {
		t.Errorf("got %v, want all up to %v", got, head)
	}
	if _, ok := again.book.Item("SKU-FEATHER-1"); !ok {
		t.Error("got no item, want it restored")
	}
	for at := len(raw) / 3; at < len(raw); at += len(raw) / 9 {
		bad := bytes.Clone(raw)
		bad[at] ^= 1
		if _, err := d.restore(bad, t.TempDir(), ""); err == nil {
			t.Errorf("byte %d changed: got it restored, want it refused", at)
		}
	}
}

func TestAKeyNeverPrints(t *testing.T) {
	w := testworld.New(1)
	w.Seal()
	said := fmt.Sprintf("%v %+v %#v %s %x %q %v", w.Key, w.Key, w.Key, w.Key, w.Key, w.Key, w.Env().Sealing)
	if strings.Contains(said, hex.EncodeToString(w.Key.Secret()[:4])) || strings.Contains(said, fmt.Sprint(w.Key.Secret()[:4])[1:8]) {
		t.Errorf("got %s, want the key hidden", said)
	}
}

// reseal writes the desk's book anew, sealed under key or, with none, in the clear.
func reseal(w *testworld.World, dir string, key *sealed.Key) error {
	from := w.Env()
	to := from
	to.Sealing = &ledger.Sealing{Key: key, Memory: from.Sealing.Memory, Lock: from.Sealing.Lock}
	keep := func(dir string) error {
		return os.WriteFile(filepath.Join(dir, ledger.KeyFile), []byte("wrapped"), 0o600)
	}
	if key == nil {
		keep = nil
	}
	return ledger.Reseal(from, to, dir, keep)
}

// The rule: a book is written anew, sealed or in the clear, whole or not at all, wherever it is killed; the file of
// its key says which it is, and nothing that was in it is lost.
func TestABookIsSealedAndOpenedWhole(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery, c.JournalSize = 5, 64<<10 })
	d.aDay()
	want := ledger.PortraitOf(d.book)
	d.close()
	key, err := sealed.NewKey(d.world.Random("key"))
	if err != nil {
		t.Fatal(err)
	}
	aside := filepath.Join(t.TempDir(), "aside") // one that was set aside
	if err := errors.Join(os.CopyFS(aside, os.DirFS(d.cfg.Dir)), os.Rename(aside, filepath.Join(d.cfg.Dir, "before-epoch-1"))); err != nil {
		t.Fatal(err)
	}
	step := 9
	if os.Getenv("HOLDFAST_LONG") != "" {
		step = 1
	}
	for _, goal := range []*sealed.Key{key, nil} {
		for n := 1; ; n += step {
			done := 0
			d.world.Disk.Fail(func(ledger.Act, string) error {
				if done++; done >= n {
					return testworld.ErrDisk
				}
				return nil
			})
			err := reseal(d.world, d.cfg.Dir, goal)
			d.world.Disk.Fail(nil)
			if end := ledger.EndReseal(d.world.Env(), d.cfg.Dir); end != nil {
				t.Fatal(end)
			}
			_, stat := os.Stat(filepath.Join(d.cfg.Dir, ledger.KeyFile))
			if isSealed := stat == nil; isSealed == (goal != nil) {
				d.world.Key = goal
			} else if err == nil {
				t.Fatal("done, and not what was asked for")
			}
			for _, dir := range []string{d.cfg.Dir, filepath.Join(d.cfg.Dir, "before-epoch-1")} {
				if _, auditErr := ledger.AuditBook(d.world.Env(), dir, nil); auditErr != nil {
					t.Fatalf("killed at act %d (%v): audit of %s: got %v", n, err, filepath.Base(dir), auditErr)
				}
			}
			if d.world.Key == goal {
				break
			}
		}
		if found := slices.ContainsFunc(slices.Collect(maps.Values(filesIn(t, d.cfg.Dir))), func(b []byte) bool { return bytes.Contains(b, []byte("Featherstonehaugh")) }); found == (goal != nil) {
			t.Errorf("sealed %v: a name found %v", goal != nil, found)
		}
		d.open()
		if got := strings.SplitN(ledger.PortraitOf(d.book), "\n", 2)[1]; !strings.HasPrefix(got, strings.SplitN(want, "\n", 2)[1][:200]) {
			t.Errorf("sealed %v: got\n%swant\n%s", goal != nil, got, want)
		}
		if _, ok := d.book.Item("SKU-FEATHER-1"); !ok {
			t.Error("got no item, want what is in no journal kept, too")
		}
		d.close()
		if err := os.RemoveAll(filepath.Join(d.cfg.Dir, "resealing")); err != nil {
			t.Fatal(err)
		}
	}
}
