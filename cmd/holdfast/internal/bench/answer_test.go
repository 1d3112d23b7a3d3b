package bench_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
)

func TestAnAnswerIsReadToItsEndAndNoFurther(t *testing.T) {
	for name, c := range map[string]struct {
		sent, body, rest string
		last             bool
	}{
		"with a length":   {"HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabcdef", "abc", "def", false},
		"in chunks":       {"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\ndef", "abc", "def", false},
		"the last one":    {"HTTP/1.1 201 Created\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", "", "", true},
		"other headers":   {"HTTP/1.1 201\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 1\r\nDate: now\r\n\r\nx", "x", "", false},
		"a longer buffer": {"HTTP/1.1 201 Created\r\nContent-Length: 200\r\n\r\n" + strings.Repeat("y", 200), strings.Repeat("y", 200), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := bufio.NewReader(strings.NewReader(c.sent))
			a, err := bench.ReadAnswer(r, make([]byte, 50, 100))
			if err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(r)
			if err != nil || a.Status != 201 || string(a.Body) != c.body || a.Last != c.last || string(rest) != c.rest {
				t.Errorf("got %d, %q, last %v, and %q is left (%v); want 201, %q, %v, %q", a.Status, a.Body, a.Last, rest, err, c.body, c.last, c.rest)
			}
		})
	}
}

func TestWhatIsNoAnswerIsAFault(t *testing.T) {
	const ok = "HTTP/1.1 201 Created\r\n"
	for name, sent := range map[string]string{
		"nothing":           "",
		"another protocol":  "SSH-2.0-x\r\n\r\n",
		"no status":         "HTTP/1.1 abc\r\n\r\n",
		"not the last word": "HTTP/1.1 100 Continue\r\n\r\n",
		"no length":         ok + "\r\n",
		"two lengths":       ok + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
		"both kinds":        ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
		"a negative length": ok + "Content-Length: -1\r\n\r\n",
		"a length too long": ok + "Content-Length: 999999999999\r\n\r\n",
		"cut off":           ok + "Content-Length: 5\r\n\r\nabc",
		"a chunk cut off":   ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
		"a chunk too long":  ok + "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\nabc",
		"a chunk overfull":  ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
		"another encoding":  ok + "Transfer-Encoding: gzip\r\n\r\n",
		"a header no name":  ok + ": 1\r\n\r\n",
		"headers for ever":  ok + strings.Repeat("X: y\r\n", 200) + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			if a, err := bench.ReadAnswer(bufio.NewReader(strings.NewReader(sent)), nil); err == nil {
				t.Errorf("read %d and %q of it", a.Status, a.Body)
			}
		})
	}
}

// FuzzAnswer holds the reader against the standard library's: where both read an answer, they
// read the same.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nab\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		a, err := bench.ReadAnswer(bufio.NewReader(bytes.NewReader(sent)), nil)
		if err != nil {
			return
		}
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(sent)), &http.Request{Method: http.MethodPost})
		if err != nil {
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified {
			return
		}
		if a.Status != resp.StatusCode || !bytes.Equal(a.Body, body) {
			t.Errorf("read %d and %q, the standard library %d and %q", a.Status, a.Body, resp.StatusCode, body)
		}
	})
}
