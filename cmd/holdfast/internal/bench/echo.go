package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Echo serves the handler that does nothing until ctx ends: it reads the body and answers with
// that many bytes, as many as an order's answer has. ready is told its address.
func Echo(ctx context.Context, bytes int, ready func(url string)) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	const frame = len(`{"nothing":""}` + "\n")
	answer := []byte(`{"nothing":"` + strings.Repeat("x", max(bytes-frame, 0)) + `"}` + "\n")
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, io.LimitReader(r.Body, answerMax)); err != nil {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(answer) // a client that has gone needs no answer
	})}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	ready("http://" + l.Addr().String())
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	err = srv.Close() // nothing that anybody would miss
	<-served
	return err
}

// AnswerBytes is about what the answer to an order of so many lines has.
func AnswerBytes(lines int) int { return 480 + 95*lines }

// Loopback measures the handler that does nothing, with the requests and the client of the till that c
// describes.
func Loopback(ctx context.Context, c TillConfig, warm, d time.Duration) (f *Figures, err error) {
	c.Nothing = true
	t := NewTill(c)
	defer t.Close() // what it carried has been read
	l := Load{Clients: c.Clients, Warm: warm, For: d, Each: t.Order}
	return l.Run(ctx)
}
