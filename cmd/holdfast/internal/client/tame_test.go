package client

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Whatever a server says, in an answer or in a refusal, does nothing on a terminal; what it may say comes as it is.
func TestWhatAServerSaysDoesNothingOnATerminal(t *testing.T) {
	for raw, want := range map[string]string{
		`"\u001b[2Jowned"`:             "\ufffd[2Jowned",
		`"\u001B]0;owned\u0007"`:       "\ufffd]0;owned\ufffd",
		`"over\rwritten\b"`:            "over\ufffdwritten\ufffd",
		`"\u009b31m \u202eright"`:      "\ufffd31m \ufffdright",
		"\"\u009b31m \u202eright\"":    "\ufffd31m \ufffdright",
		`"C:\\\\users\\\\bob"`:         `C:\\users\\bob`,
		`"\\u001b is six letters"`:     `\u001b is six letters`,
		`"caf\u00e9, 5 \u20ac\n\ttea"`: "caf\u00e9, 5 \u20ac\n\ttea",
		`"plain"`:                      "plain",
		`"\ud83d\udc4d"`:               "\U0001F44D",
	} {
		var got string
		if err := json.Unmarshal(tame([]byte(raw)), &got); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", raw, got, err, want)
		}
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			w.WriteHeader(http.StatusConflict)
		}
		_, _ = w.Write([]byte(`{"code":"x","detail":"\u001b[2J","name":"\u001b[31m"}`))
	}))
	defer s.Close()
	cl := Client{URLs: []string{s.URL}, HTTP: s.Client()}
	var out struct{ Name string }
	if _, err := cl.Do(t.Context(), http.MethodGet, "/yes", "", nil, &out); err != nil || out.Name != "\ufffd[31m" {
		t.Errorf("an answer: got %q, %v", out.Name, err)
	}
	_, err := cl.Do(t.Context(), http.MethodGet, "/no", "", nil, nil)
	if no, refused := errors.AsType[*Refusal](err); !refused || no.Detail != "\ufffd[2J" {
		t.Errorf("a refusal: got %v", err)
	}
}
