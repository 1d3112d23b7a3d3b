package invoices_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/invoices"
)

func TestOpeningStockIsFourWeeksAndEachMondayBringsTheWeekBefore(t *testing.T) {
	// 2010-12-01 was a Wednesday; the first four weeks end with 2010-12-28.
	file := heading + `1,A1,X,5,2010-12-01 08:26:00,1,5,UK
1,A1,X,2,2010-12-01 08:26:00,1,5,UK
2,B1,X,3,2010-12-05 23:59:00,1,5,UK
3,B1,X,4,2010-12-06 00:00:00,1,5,UK
C4,B1,X,-4,2010-12-06 00:00:00,1,5,UK
5,B1,damaged,-9,2010-12-06 00:00:00,0,,UK
6,C1,X,7,2010-12-28 23:59:00,1,5,UK
7,A1,X,8,2010-12-29 00:00:00,1,5,UK
`
	d := invoices.NewDemand()
	for _, doc := range read(t, strings.NewReader(file)).docs {
		if err := d.Add(doc); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := fmt.Sprint(d.Opening()), "[{A1 7} {B1 7} {C1 7}]"; got != want {
		t.Errorf("got opening stock %s, want %s", got, want)
	}
	var got strings.Builder
	for _, del := range d.Deliveries() {
		fmt.Fprintf(&got, "%s %v\n", del.Monday.Format(time.DateOnly), del.Stock)
		if del.Monday.Weekday() != time.Monday {
			t.Errorf("got a delivery on a %s, want Monday", del.Monday.Weekday())
		}
	}
	want := "2010-12-06 [{A1 7} {B1 3}]\n2010-12-13 [{B1 4}]\n2011-01-03 [{A1 8} {C1 7}]\n"
	if got.String() != want {
		t.Errorf("got deliveries\n%swant\n%s", got.String(), want)
	}
}

func TestNoOrdersNeedNoStock(t *testing.T) {
	d := invoices.NewDemand()
	if got := len(d.Opening()) + len(d.Deliveries()); got != 0 {
		t.Errorf("got %d, want no stock", got)
	}
}
