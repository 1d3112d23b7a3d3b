//go:build !race

package hugepages

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func TestTheHeapGrowsOnHugePages(t *testing.T) {
	before := resident(t)
	if err := Reserve(512 << 20); err != nil {
		t.Skip(err)
	}
	if grown := resident(t) - before; grown > 16<<20 {
		t.Errorf("reserved addresses take %d bytes of memory", grown)
	}
	var state [][]byte
	for range 1000 {
		state = append(state, make([]byte, 16<<10))
	}
	if last := state[len(state)-1]; !marked(t, reflect.ValueOf(&last[0]).Pointer()) {
		t.Error("what the heap has grown by is not marked for huge pages")
	}
	runtime.KeepAlive(state)
}

// resident is how many bytes of this process are in memory.
func resident(t *testing.T) int {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var all, pages int
	if _, err := fmt.Sscan(string(raw), &all, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// marked says whether the kernel has been asked for huge pages at an address.
func marked(t *testing.T, at uintptr) bool {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inside := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var from, end uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &end); n == 2 {
			inside = from <= at && at < end
		}
		if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && inside {
			return strings.Contains(flags+" ", " hg ")
		}
	}
	return false
}
