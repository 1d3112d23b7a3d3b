// White box: which build sent an order before cannot be chosen on a command line.
package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A file that a build without ids has sent is answered as that was, and as there already; an order that
// was changed since is refused all the same.
func TestAnOrderThatWasSentWithoutAnIDIsThereAlready(t *testing.T) {
	first := contract.OrderRequest{ExternalID: "w-1", Lines: []contract.LineRequest{{SKU: "TAP-22", Qty: 2}}}
	taken, err := json.Marshal(&first)
	if err != nil {
		t.Fatal(err)
	}
	desk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := contract.ReadBody(w, r)
		if err != nil || string(body) != string(taken) {
			contract.New(contract.CodeKeyReused, "").Write(w)
			return
		}
		w.Header().Set(contract.HeaderReplayed, "true")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("{}"))
	}))
	defer desk.Close()
	cl := &client.Client{URLs: []string{desk.URL}, Token: "t", HTTP: desk.Client()}
	o := sheet.Order{Name: "w-1", Key: sheet.OrderKey("w-1"), Put: first}
	if got, err := placeOrder(t.Context(), cl, o, true, false); got != fateAlready || err != nil {
		t.Errorf("got %d, %v, want that it is there already", got, err)
	}
	o.Put.Lines = []contract.LineRequest{{SKU: "TAP-22", Qty: 3}}
	if got, err := placeOrder(t.Context(), cl, o, true, false); got == fateAlready || err == nil {
		t.Errorf("changed since: got %d, %v, want it refused", got, err)
	}
}
