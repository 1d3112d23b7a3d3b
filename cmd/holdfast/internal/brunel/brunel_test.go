package brunel_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/brunel"
	"github.com/holdfast-stock/holdfast/hq/trial"
)

// The most that can be served, and why no more: the bound is added up here from the rows alone.
func TestTheRealDayIsServedAsFarAsItCanBe(t *testing.T) {
	dir := os.Getenv("HOLDFAST_DATA")
	if dir == "" {
		t.Skip("skipped: HOLDFAST_DATA does not name a folder with brunel_logistics")
	}
	d, err := brunel.Read(filepath.Join(dir, "brunel_logistics"))
	if err != nil {
		t.Fatal(err)
	}
	groups := d.Groups()
	most := trial.ServeMost(groups, d.Capacity)
	bound := 0
	for s, full := range most.Full {
		if full {
			bound += d.Capacity[s]
		}
	}
	for _, may := range d.Orders {
		for _, s := range may {
			if !most.Full[s] { // an order that a site outside the cut could serve counts for itself
				bound++
				break
			}
		}
	}
	used, served := make([]int, len(d.Sites)), 0
	for g, given := range most.Given {
		for at, n := range given {
			used[groups[g].Sites[at]] += n
			served += n
		}
	}
	for s, n := range used {
		if n > d.Capacity[s] {
			t.Errorf("%s serves %d of %d", d.Sites[s], n, d.Capacity[s])
		}
	}
	t.Logf("%d orders over %d sites, %d of them for nobody: %d served", len(d.Orders), len(d.Sites), d.Nobody, served)
	if len(d.Orders) != 9215 || len(d.Sites) != 19 || served != most.Served || bound != served {
		t.Errorf("got %d served (%d said) under a bound of %d, of %d orders at %d sites", served, most.Served, bound, len(d.Orders), len(d.Sites))
	}
}

func TestAFolderWithoutTheTablesIsRefused(t *testing.T) {
	if _, err := brunel.Read(t.TempDir()); err == nil {
		t.Error("an empty folder was taken")
	}
}
