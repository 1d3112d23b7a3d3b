package wire_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/wire"
)

func TestARequestAndItsReplyGoThere(t *testing.T) {
	for _, size := range []int{10, 100_000} { // plain and packed
		sent := &wire.Push{Site: "leeds", Epoch: 1, Frames: [][]byte{bytes.Repeat([]byte{7}, size)}}
		r, err := wire.NewRequest(t.Context(), "http://hq"+wire.PathPush, sent)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Header.Get(wire.HeaderProtocol); got != "1" {
			t.Errorf("got protocol %q, want 1", got)
		}
		var got wire.Push
		if err := wire.ReadRequest(r, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(&got, sent) {
			t.Errorf("got %+v, want %+v", got, sent)
		}
		w := httptest.NewRecorder()
		if err := wire.WriteReply(w, sent); err != nil {
			t.Fatal(err)
		}
		var back wire.Push
		if err := wire.ReadReply(w.Result(), &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(&back, sent) {
			t.Errorf("got %+v, want %+v", back, sent)
		}
	}
}

func TestABodyThatIsNotOursIsRefused(t *testing.T) {
	body := func(kind string, from io.Reader) *http.Request {
		r := httptest.NewRequest(http.MethodPost, wire.PathPush, from)
		r.Header.Set("Content-Type", kind)
		return r
	}
	cut := errors.New("cut")
	for what, c := range map[string]struct {
		r    *http.Request
		want error
	}{
		"another media type": {body("application/json", strings.NewReader("{}")), wire.ErrMediaType},
		"no media type":      {body("", strings.NewReader("{}")), wire.ErrMediaType},
		"too much":           {body(wire.ContentType, io.LimitReader(endless{}, wire.BodyMax+2)), wire.ErrTooLarge},
		"rubbish":            {body(wire.ContentType+"; v=1", strings.NewReader("{}")), wire.ErrMalformed},
		"a cut body":         {body(wire.ContentType, io.MultiReader(strings.NewReader("x"), broken{cut})), cut},
	} {
		if err := wire.ReadRequest(c.r, &wire.Push{}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
	}
}

// Each bit of an ask, flipped: many of them give another quantity, or another order, and would be taken.
func TestAMessageThatWasDamagedOnItsWayIsNotTaken(t *testing.T) {
	sent := &wire.Look{Site: "leeds", SKU: "TAP-22"}
	for _, older := range []bool{false, true} {
		taken := 0
		r, err := wire.NewRequest(t.Context(), "http://hq"+wire.PathLook, sent)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if older { // an older build's message has no sum, and is taken as it is
			r.Header.Del(wire.HeaderSum)
		}
		for bit := range 8 * len(body) {
			damaged := bytes.Clone(body)
			damaged[bit/8] ^= 1 << (bit % 8)
			r.Body = io.NopCloser(bytes.NewReader(damaged))
			if wire.ReadRequest(r, &wire.Look{}) == nil {
				taken++
			}
		}
		if older != (taken > 0) {
			t.Errorf("older %v: got %d damaged messages taken, want none of those that have a sum", older, taken)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if err := wire.ReadRequest(r, &wire.Look{}); err != nil {
			t.Errorf("older %v: got %v, want the whole one taken", older, err)
		}
	}
}

func TestAnAnswerWithoutAMessageIsAnError(t *testing.T) {
	w := httptest.NewRecorder()
	http.Error(w, "no leader", http.StatusServiceUnavailable)
	err := wire.ReadReply(w.Result(), &wire.PushReply{})
	se, ok := errors.AsType[*wire.StatusError](err)
	if !ok || se.Status != http.StatusServiceUnavailable || se.Error() != "answered 503: no leader" {
		t.Errorf("got %v, want answered 503: no leader", err)
	}
	if got, want := (&wire.StatusError{Status: 404}).Error(), "answered 404 Not Found"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAMessageBeyondABoundIsNotSent(t *testing.T) {
	m := &wire.CallReply{Site: "leeds", Body: make([]byte, wire.DataMax+1)}
	w := httptest.NewRecorder()
	if err := wire.WriteReply(w, m); err == nil || w.Body.Len() != 0 {
		t.Errorf("got %v and %d bytes, want an error and none", err, w.Body.Len())
	}
	if _, err := wire.NewRequest(t.Context(), "http://hq", m); err == nil {
		t.Error("got no error")
	}
	if _, err := wire.NewRequest(t.Context(), "::", &wire.PushReply{}); err == nil {
		t.Error("got no error for a bad address")
	}
}

func TestARefusingVerdictIsKnown(t *testing.T) {
	for v := range wire.Verdict(12) {
		refuses := v == wire.VerdictBehind || v == wire.VerdictFork || v == wire.VerdictClosedEpoch || v == wire.VerdictUpgrade || v == wire.VerdictStranger
		if v.Refuses() != refuses {
			t.Errorf("%s: got refuses %v, want %v", v, v.Refuses(), refuses)
		}
		if v.Quarantines() && !v.Refuses() {
			t.Errorf("%s quarantines and does not refuse", v)
		}
		if v.String() == "" {
			t.Errorf("verdict %d has no name", v)
		}
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { clear(b); return len(b), nil }

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
