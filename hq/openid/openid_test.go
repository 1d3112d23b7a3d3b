package openid_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/openid"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// Whoever asks for the form while the provider answers with errors writes a line to the log: a short one.
func TestWhatAProviderAnswersIsNotLoggedWhole(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, strings.Repeat("down for maintenance ", 10_000), http.StatusBadGateway)
	}))
	defer provider.Close()
	i := openid.New(openid.Config{Issuer: provider.URL, ClientID: "holdfast"}, testworld.New(1).Env())
	defer i.Close()
	_, _, err := i.Begin(t.Context())
	if !errors.Is(err, openid.ErrDown) || len(err.Error()) > 500 || !strings.Contains(err.Error(), "502") {
		t.Errorf("got %d bytes, %.600q; want that it is down, in short", len(err.Error()), err)
	}
}
