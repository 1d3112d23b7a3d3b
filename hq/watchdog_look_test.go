// White box: how long a write has been seen is nobody else's to ask.
package hq

import (
	"testing"
	"time"
)

func TestAWriteIsSlowOnlyWhileItIsTheSameOne(t *testing.T) {
	var d watchdog
	for i, step := range []struct {
		write uint64
		now   time.Duration
		want  time.Duration
	}{{0, 10, 0}, {1, 20, 0}, {1, 50, 30}, {2, 60, 0}, {2, 90, 30}, {0, 100, 0}, {0, 900, 0}, {3, 910, 0}, {3, 1000, 90}} {
		if got := d.look(step.write, step.now); got != step.want {
			t.Errorf("step %d, write %d at %d: got %d, want %d", i, step.write, step.now, got, step.want)
		}
	}
}
