package journey_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/journey"
)

func zipped(t testing.TB, text string) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

const heading = "household_id,store_id,basket_id,product_id,quantity,transaction_timestamp\n"

func TestLinesOfABasketAreOneRequest(t *testing.T) {
	w, passed, err := journey.Read(zipped(t, heading+
		"1,319,b1,p1,1,2017-01-01 07:30:27\n1,319,b1,p2,2,2017-01-01 07:30:27\n2,400,b2,p1,1,2017-01-02 09:00:00\n"+
		"2,400,b3,fuel,5000,2017-01-02 09:00:00\n2,400,b3,p1,0,2017-01-02 09:00:00\n"), 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Requests) != 2 || len(w.Requests[0].Lines) != 2 || w.Counters != 2 || w.SKUs != 2 || passed != 2 || w.Days != 8 {
		t.Errorf("got %+v, %d passed over", w, passed)
	}
	if w.Requests[0].At != 6*24*60+7*60+30 {
		t.Errorf("got minute %d", w.Requests[0].At)
	}
}

func TestWhatIsNoTillFileIsRefused(t *testing.T) {
	for name, text := range map[string]string{"no column": "a,b\n", "no number": heading + "1,319,b1,p1,x,2017-01-01 07:30:27\n",
		"no time": heading + "1,319,b1,p1,1,yesterday\n", "too few fields": heading + "1,2\n", "nothing": ""} {
		if _, _, err := journey.Read(zipped(t, text), 10); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	if _, _, err := journey.Read(bytes.NewBufferString(heading), 10); err == nil {
		t.Error("a file that is not gzipped was taken")
	}
}

func TestThirtySixWeeksOfTillsComeOutToTheLastRow(t *testing.T) {
	dir := os.Getenv("HOLDFAST_DATA")
	if dir == "" {
		t.Skip("skipped: HOLDFAST_DATA does not name a folder with complete_journey")
	}
	f, err := os.Open(filepath.Join(dir, "complete_journey", "lines_weeks_01-36.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, passed, err := journey.Read(f, 50)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, r := range w.Requests {
		lines += len(r.Lines)
	}
	if lines+passed != 50_656 || w.Counters < 245 || w.Counters > 251 {
		t.Errorf("got %d lines and %d passed over at %d counters, want 50656 in all at up to 251", lines, passed, w.Counters)
	}
}

func FuzzReadTakesAnyFile(f *testing.F) {
	f.Add(heading + "1,319,b1,p1,1,2017-01-01 07:30:27\n")
	f.Fuzz(func(t *testing.T, text string) {
		w, _, err := journey.Read(zipped(t, text), 10)
		if (err == nil) == (w == nil) {
			t.Errorf("got %v and %v", w, err)
		}
	})
}
