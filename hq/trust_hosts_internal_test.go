// White box: what is told once an hour is told again within no test's time by a server that runs.
package hq

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// What a site's certificate does not say though its node asked is told once an hour, with what can be done.
func TestHostsThatAreLeftOutAreToldOnce(t *testing.T) {
	w := testworld.New(1)
	s := trusted(t, w)
	var log strings.Builder
	s.log = slog.New(slog.NewTextHandler(&log, nil))
	s.tellLeft(t.Context(), "leeds", nil)
	if log.Len() > 0 {
		t.Errorf("nothing was left out: got %q", log.String())
	}
	for range 3 {
		s.tellLeft(t.Context(), "leeds", []string{"www.example.com"})
	}
	s.tellLeft(t.Context(), "york", []string{"8.8.8.8"})
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "site=leeds hosts=[www.example.com]") || !strings.Contains(lines[0], "holdfast hq token add leeds") || !strings.Contains(lines[1], "site=york hosts=[8.8.8.8]") {
		t.Errorf("got %q, want each site's once", lines)
	}
	w.Clock.Advance(time.Hour)
	if s.tellLeft(t.Context(), "leeds", []string{"www.example.com"}); strings.Count(log.String(), "site=leeds") != 2 {
		t.Errorf("an hour later: got %q, want it told again", log.String())
	}
}
