package demo

import (
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
)

// httpSet is the http.Clients of the demo: quick for questions about health, patient for acts.
type httpSet struct {
	quick   *http.Client
	patient *http.Client
}

func newHTTPSet() *httpSet {
	return &httpSet{quick: client.NewHTTP(time.Second), patient: client.NewHTTP(10 * time.Second)}
}
