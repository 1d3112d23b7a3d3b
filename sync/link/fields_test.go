package link_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/sync/link"
)

// What cannot be set of a line is refused in words, all of it in one go.
func TestASettingOfTheLineThatCannotBeIsRefusedInWords(t *testing.T) {
	err := (&link.Config{Site: "leeds", Servers: []string{"ftp://hq", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"}, AskWait: -time.Second,
		PushesMax: -1, PushRest: -1, RetryMin: 2 * time.Second, RetryMax: time.Second}).Validate()
	said := map[string]bool{}
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		said[e.Error()] = true
	}
	for _, want := range []string{
		"servers has 17; it takes 1 to 16",
		`servers has "ftp://hq", which is no http or https address`,
		"wait is below zero",
		"pushes_max is -1; it is 1 to 16",
		"push_rest is -1; it is 1 to 100",
		"retry_max is below retry_min",
	} {
		if !said[want] {
			t.Errorf("got %v, want %q among them", fmt.Sprint(err), want)
		}
	}
}
