package ledger_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

func sites(version uint64, ids ...ledger.SiteID) ledger.SiteList {
	l := ledger.SiteList{Version: version}
	for _, id := range ids {
		l.Sites = append(l.Sites, ledger.ListedSite{ID: id, Counter: id != "hull"})
	}
	return l
}

func TestTheListOfSitesThatWasHeardLastIsKept(t *testing.T) {
	d := newDesk(t)
	if l := d.book.Sites(); l.Version != 0 || l.Has("leeds") {
		t.Errorf("got %+v, want no list in a new book", l)
	}
	seq := d.book.Head().Seq
	for _, l := range []ledger.SiteList{sites(9, "hull", "leeds", "york"), sites(4, "hull", "leeds")} { // versions have no order
		if err := d.book.PutSites(l); err != nil {
			t.Fatal(err)
		}
		for _, again := range []func(){func() {}, d.reopen, d.kill} {
			again()
			if got := d.book.Sites(); !reflect.DeepEqual(got, l) {
				t.Errorf("got %+v, want %+v", got, l)
			}
		}
	}
	l := d.book.Sites()
	if !l.Has("hull") || l.Has("york") || l.Has("") || l.Has("hul") {
		t.Errorf("got %+v, want hull and leeds alone", l)
	}
	if got := d.book.Head().Seq; got != seq+4 { // reopened and killed twice: each writes that it was
		t.Errorf("got entry %d, want %d: a list is no entry", got, seq+4)
	}
}

func TestAListThatIsNoneIsRefusedWhole(t *testing.T) {
	d := newDesk(t)
	good := sites(3, "hull", "leeds")
	if err := d.book.PutSites(good); err != nil {
		t.Fatal(err)
	}
	long := ledger.SiteList{Version: 5, Sites: make([]ledger.ListedSite, ledger.SitesListedMax+1)}
	for what, bad := range map[string]ledger.SiteList{
		"a name that is none": sites(5, "Leeds!"), "head office": sites(5, "hq"), "no name": sites(5, ""),
		"out of order": sites(5, "york", "hull"), "twice": sites(5, "hull", "hull"), "too many": long,
	} {
		var form *ledger.FormError
		if err := d.book.PutSites(bad); !errors.As(err, &form) {
			t.Errorf("%s: got %v, want it refused", what, err)
		}
	}
	if got := d.book.Sites(); !reflect.DeepEqual(got, good) {
		t.Errorf("got %+v, want %+v still", got, good)
	}
}

func TestAListThatTheDiskDoesNotTakeIsNotShown(t *testing.T) {
	d := newDesk(t)
	d.world.Disk.Fail(func(act ledger.Act, _ string) error {
		if act == ledger.ActItems {
			return testworld.ErrDisk
		}
		return nil
	})
	if err := d.book.PutSites(sites(3, "leeds")); !errors.Is(err, testworld.ErrDisk) {
		t.Errorf("got %v, want %v", err, testworld.ErrDisk)
	}
	if l := d.book.Sites(); l.Version != 0 {
		t.Errorf("got %+v shown, want none", l)
	}
	if err := d.book.PutSites(sites(3, "leeds")); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("got %v, want the book stopped", err)
	}
}
