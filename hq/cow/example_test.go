package cow_test

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/hq/cow"
)

func Example() {
	onHand := cow.New[string, int]()
	onHand.Put("TAP-22", 4)
	onHand.Put("ELBOW-15", 90)

	frozen := onHand.Snapshot() // another goroutine may read it from now on
	onHand.Put("TAP-22", 3)

	for sku, qty := range frozen.Sorted() {
		fmt.Println(sku, qty)
	}
	now, _ := onHand.Get("TAP-22")
	fmt.Println("now", now)
	// Output:
	// ELBOW-15 90
	// TAP-22 4
	// now 3
}
