package siege

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func peopleAttacks() []attack {
	return []attack{
		{"a supervisor's PIN is said for one act, wrong and right: it stands nowhere afterwards", approvals},
		{"what is told by mail has no secret in it", mails},
	}
}

// supervisorPIN is sue's, who approves what a cashier does.
const supervisorPIN = "604958271336"

// approvals has ann write goods off with sue's approval. What was said as PIN is a secret of the town from now on: settle looks for it
// in every answer, log, figure and entry.
func approvals(ctx context.Context, t *town) error {
	for wrong, status := range map[string]int{t.secret("a PIN that was not sue's", "114477225588"): http.StatusForbidden, supervisorPIN: http.StatusCreated} {
		approve := func(r *http.Request) {
			r.Header.Set(contract.HeaderApproval, "sue:"+wrong)
			r.Header.Set("Idempotency-Key", "approved-"+fmt.Sprint(status))
		}
		body := encode(map[string]any{"reason": "lost", "lines": []any{map[string]any{"sku": sku, "qty": -1}}})
		if err := t.refused(ctx, "an act that sue approves", t.http, http.MethodPost, t.shop.URL+"/v1/adjustments", t.signedIn[1], body, []int{status}, approve); err != nil {
			return err
		}
	}
	return nil
}

// mails waits until head office has sent a mail of what came in, and looks at it.
func mails(ctx context.Context, t *town) error {
	in := map[string]any{"lines": []any{map[string]any{"sku": sku, "qty": 1}}, "from": "any", "shortage": "backorder"}
	if _, err := t.hq.Do(ctx, http.MethodPost, "/v1/orders", "mail-order", in, nil); err != nil {
		return fmt.Errorf("place an order that is told of: %w", err)
	}
	return bench.Until(ctx, readyWait, func() (bool, error) { return strings.Contains(t.post.text(), "Subject:"), nil })
}

// A postOffice is a mail server that takes whatever comes. What mails say it keeps; what is said to the server itself, its password
// among that, it does not.
type postOffice struct {
	lines
	l   net.Listener
	all sync.WaitGroup
}

func openPost() (*postOffice, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &postOffice{l: l}
	p.all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.all.Go(func() { _ = errors.Join(p.serve(c), c.Close()) }) // whoever sends hears of it
		}
	})
	return p, nil
}

func (p *postOffice) serve(c net.Conn) error {
	from := bufio.NewScanner(c)
	say := func(text string) error { _, err := c.Write([]byte(text + "\r\n")); return err }
	if err := say("220 siege"); err != nil {
		return err
	}
	for letter := false; from.Scan(); {
		line := from.Text()
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		answer := "250 ok"
		switch {
		case letter && line != ".":
			if _, err := p.Write([]byte(line + "\n")); err != nil {
				return err
			}
			continue
		case letter:
			letter = false
		case verb == "EHLO":
			answer = "250-siege\r\n250 AUTH PLAIN"
		case verb == "AUTH":
			answer = "235 ok"
		case verb == "DATA":
			letter, answer = true, "354 go on"
		case verb == "QUIT":
			return say("221 bye")
		}
		if err := say(answer); err != nil {
			return err
		}
	}
	return from.Err()
}

func (p *postOffice) close() error {
	err := p.l.Close()
	p.all.Wait()
	return err
}
