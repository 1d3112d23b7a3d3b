package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

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
	if err := act(); err == nil || errors.Is(err, ErrUnsure) || sign != 2 {
		t.Errorf("a wrong PIN: got %v", err)
	}
}

// A node that was made anew knows nobody until head office has told it: whoever waits for that repeats what they do.
func TestAPersonWaitsUntilANodeKnowsThemAgain(t *testing.T) {
	asked, acts := 0, 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/v1/sign-in":
			acts++
			fmt.Fprint(w, `{}`)
		case asked < 3:
			asked++
			w.WriteHeader(401)
			fmt.Fprintf(w, `{"code":%q}`, contract.CodeNoIdentity)
		default:
			fmt.Fprint(w, `{"token":"in"}`)
		}
	}))
	defer srv.Close()
	c := &Client{URLs: []string{srv.URL}, HTTP: srv.Client(), Retry: time.Millisecond, Tries: 10, Person: &Person{User: "ann", Device: "till", PIN: "830217", Waits: true}}
	if _, err := c.Do(t.Context(), "POST", "/v1/orders", "k", struct{}{}, nil); err != nil || acts != 1 {
		t.Errorf("got %v and %d acts, want one when the node knows them", err, acts)
	}
	asked, c.Tries = 0, 2
	c.Person = &Person{User: "ann", Device: "till", PIN: "830217", Waits: true}
	if _, err := c.Do(t.Context(), "POST", "/v1/orders", "k", struct{}{}, nil); !errors.Is(err, ErrUnsure) || acts != 1 {
		t.Errorf("got %v and %d acts, want no answer while the node knows nobody", err, acts)
	}
}
