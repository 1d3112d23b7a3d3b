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

// echoBytes is about what the answer to an order of three lines has.
const echoBytes = 700

// Echo serves the handler that does nothing until ctx ends: it reads the body and answers with
// as many bytes as an order's answer has. ready is told its address.
func Echo(ctx context.Context, ready func(url string)) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	answer := []byte(`{"nothing":"` + strings.Repeat("x", echoBytes) + `"}` + "\n")
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

// Loopback measures the handler at url with that many clients, each sending an order's body.
func Loopback(ctx context.Context, url string, clients int, warm, d time.Duration) (*Figures, error) {
	hc := kept(clients)
	defer hc.CloseIdleConnections()
	body := []byte(`{"lines":[{"sku":"TAP-0001","qty":1},{"sku":"TAP-0002","qty":2},{"sku":"TAP-0003","qty":3}]}`)
	l := Load{Clients: clients, Warm: warm, For: d, Each: func(ctx context.Context, _ int) error {
		status, _, err := post(ctx, hc, url, "none", "none", body)
		if err == nil && status != http.StatusCreated {
			err = fmt.Errorf("answered with status %d", status)
		}
		return err
	}}
	return l.Run(ctx)
}
