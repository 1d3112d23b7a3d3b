package main

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Serial numbers that came are named in one word, and each damaged one by itself: the command line guesses none.
func TestSerialNumbersThatCameAreNamedAtTheCommandLine(t *testing.T) {
	var got contract.ReceiveRequest
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := contract.ReadBody(w, r)
		if err == nil {
			err = contract.Decode(body, &got)
		}
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write([]byte(`{"id":"T-1"}`)) // the test fails by what came
	}))
	defer node.Close()
	receive := func(lots ...string) toldBy {
		args := []string{"transfer", "receive", "T-1", "DRILL-9=3/1", "--to", node.URL, "--token", "hf_t"}
		for _, l := range lots {
			args = append(args, "--lot", l)
		}
		return saying(t, args...)
	}
	if said := receive("DRILL-9=2@SN1,SN2", "DRILL-9=1/1@SN3"); said.code != exitHolds {
		t.Fatalf("got %+v", said)
	}
	want := []contract.LotCame{{Lot: "SN1", Received: 1}, {Lot: "SN2", Received: 1}, {Lot: "SN3", Received: 1, Damaged: 1}}
	if len(got.Lines) != 1 || !reflect.DeepEqual(got.Lines[0].Lots, want) {
		t.Errorf("got %+v, want %+v", got.Lines, want)
	}
	if said := receive("DRILL-9=3/1@SN1,SN2,SN3"); said.code != exitUsage {
		t.Errorf("got %+v, want it to ask which one is damaged", said)
	}
}
