package cow_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/cow"
)

// Head office's lists are read by many at once under one lock that they share: no reader may change anything. The race detector looks on (.ci/run race).
func TestAMapIsReadByManyAtOnceWhileNobodyWrites(t *testing.T) {
	const keys = 1000
	m := cow.New[string, int]()
	for i := range keys {
		m.Put(fmt.Sprintf("key-%04d", i), i)
	}
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			n := 0
			for k, v := range m.Sorted() {
				if got, ok := m.Get(k); !ok || got != v || v != n {
					t.Errorf("%s: got %d, %t and %d, want %d", k, got, ok, v, n)
				}
				n++
			}
			if n != keys {
				t.Errorf("got %d keys, want %d", n, keys)
			}
		})
	}
	readers.Wait()
}
