package bench

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

const (
	dialWait   = 5 * time.Second
	answerWait = 30 * time.Second // an answer may take so long, and a second more
	readBuffer = 16 << 10         // bytes
)

// A conn is one kept connection that carries one request at a time: whole requests out with one
// write, answers in. It has no goroutine of its own and allocates nothing once it is warm, because
// it shares the machine with what it measures.
type conn struct {
	addr string
	net  net.Conn // nil before the first request, and after a fault
	r    *bufio.Reader
	body []byte
	due  time.Time // the deadline that is set
}

// exchange sends a request and reads its answer, which is good until the next one. After an error
// nobody knows whether the request was taken; the next exchange is on a new connection.
func (c *conn) exchange(ctx context.Context, request []byte) (Answer, error) {
	if c.net == nil {
		if err := c.dial(ctx); err != nil {
			return Answer{}, err
		}
	}
	a, err := c.onceThrough(request)
	if err != nil || a.Last {
		_ = c.close() // what it carried has been read, or is lost already
	}
	return a, err
}

func (c *conn) dial(ctx context.Context) error {
	d := net.Dialer{Timeout: dialWait}
	n, err := d.DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return fmt.Errorf("reach %s: %w", c.addr, err)
	}
	c.net, c.due = n, time.Time{}
	if c.r == nil {
		c.r = bufio.NewReaderSize(n, readBuffer)
	} else {
		c.r.Reset(n)
	}
	return nil
}

func (c *conn) onceThrough(request []byte) (Answer, error) {
	// A deadline costs a timer, so it is moved on once a second and not with every request.
	if now := time.Now(); c.due.Sub(now) < answerWait {
		c.due = now.Add(answerWait + time.Second)
		if err := c.net.SetDeadline(c.due); err != nil {
			return Answer{}, fmt.Errorf("bound the wait: %w", err)
		}
	}
	if _, err := c.net.Write(request); err != nil {
		return Answer{}, fmt.Errorf("send request: %w", err)
	}
	a, err := ReadAnswer(c.r, c.body)
	if err == nil {
		c.body = a.Body
	}
	return a, err
}

func (c *conn) close() error {
	if c.net == nil {
		return nil
	}
	n := c.net
	c.net = nil
	return n.Close()
}

// address is what stands between http:// and the first slash.
func address(url string) string {
	addr, _, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	return addr
}
