package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A person signs in once, and once more where the node has forgotten; what they do is repeated as theirs, and a wrong PIN
// is no reason to go on guessing.
func TestAPersonSignsInAgainWhereThatHasEnded(t *testing.T) {
	sign, valid := 0, ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		no := func(status int, code contract.Code) {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"code":%q}`, code)
		}
		token := r.Header.Get("Authorization")
		var in contract.SignInRequest
		switch {
		case r.URL.Path == "/v1/sign-in" && (token != "Bearer till" || json.NewDecoder(r.Body).Decode(&in) != nil || in.User != "ann" || in.PIN != "830217"):
			no(401, contract.CodeSignInWrong)
		case r.URL.Path == "/v1/sign-in":
			sign++
			valid = fmt.Sprint("in-", sign)
			fmt.Fprintf(w, `{"token":%q}`, valid)
		case token != "Bearer "+valid || valid == "":
			no(401, contract.CodeNoIdentity)
		default:
			fmt.Fprint(w, `{}`)
		}
	}))
	defer srv.Close()
	ann := &Person{User: "ann", Device: "till", PIN: "830217"}
	c := &Client{URLs: []string{srv.URL}, HTTP: srv.Client(), Person: ann}
	act := func() error {
		_, err := c.Do(t.Context(), "POST", "/v1/orders", "k", struct{}{}, nil)
		return err
	}
	for range 3 {
		if err := act(); err != nil || sign != 1 {
			t.Fatalf("got %v after %d sign-ins, want one", err, sign)
		}
	}
	valid = "" // the node was started anew
	if err := act(); err != nil || sign != 2 {
		t.Errorf("got %v after %d sign-ins, want a second one", err, sign)
	}
	c.Person = &Person{User: "ann", Device: "till", PIN: "000000"}
	if err := act(); err == nil || sign != 2 {
		t.Errorf("a wrong PIN: got %v", err)
	}
}
