package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// newClient makes the link's HTTP clients, and is the only one that does: dialled through the Env, secured by
// Parts.TLS, with a limit on every wait and every number. A request's own limit is in its ctx.
func newClient(cfg *Config, parts *Parts) *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, cfg.DialLimit)
		defer cancel()
		return parts.Env.Network.Dial(ctx, network, address)
	}
	const lanes = 2                                        // hello and pull
	connsMax := lanes + cfg.PushesMax + asksMax + callsMax // a server; nobody waits for a connection
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dial,
			TLSClientConfig:        parts.TLS,
			TLSHandshakeTimeout:    cfg.DialLimit,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // bodies are packed already
			MaxConnsPerHost:        connsMax,
			MaxIdleConns:           connsMax,
			MaxIdleConnsPerHost:    connsMax, // an ask finds a warm connection
			IdleConnTimeout:        10 * time.Minute,
			MaxResponseHeaderBytes: 16 << 10,
			HTTP2:                  &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 3 * time.Second},
		},
		// The token must not follow a redirection to somebody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// exchange posts m and reads the answer into reply, or only its status where reply is nil.
func (l *Link) exchange(ctx context.Context, lane Lane, url string, m, reply wire.Message) error {
	began := l.parts.Env.Clock.Mono()
	client := l.client
	if lane == LanePull {
		client = l.holds
	}
	err := l.post(ctx, client, url, m, reply)
	l.meters.exchanged(lane, l.parts.Env.Clock.Mono()-began, err)
	if err != nil {
		return fmt.Errorf("%s to head office: %w", lane, err)
	}
	return nil
}

func (l *Link) post(ctx context.Context, client *http.Client, url string, m, reply wire.Message) error {
	r, err := wire.NewRequest(ctx, url, m)
	if err != nil {
		return err
	}
	l.sign(r)
	l.meters.sent(r.ContentLength)
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if reply == nil {
		if resp.StatusCode/100 != 2 {
			return wire.RefusedReply(resp)
		}
		return nil
	}
	return wire.ReadReply(resp, reply)
}

// sign says whose the request is, where no certificate does.
func (l *Link) sign(r *http.Request) {
	if l.cfg.Token != "" {
		r.Header.Set("Authorization", "Bearer "+l.cfg.Token)
	}
}

// Renew asks for the site's next certificate, at one server after the other until one answers.
func (l *Link) Renew(ctx context.Context, csr []byte) (enrol.Answer, error) {
	var errs []error
	for _, server := range l.cfg.servers() {
		bounded, cancel := context.WithTimeout(ctx, rejoinWait)
		a, err := enrol.Post(bounded, l.client, server+enrol.PathRenew, enrol.Request{CSR: csr})
		cancel()
		if err == nil {
			l.closeIdle() // what is dialled from now on shows the new one
			return a, nil
		}
		if _, refused := errors.AsType[*enrol.RefusedError](err); refused {
			return enrol.Answer{}, err
		}
		errs = append(errs, err)
	}
	return enrol.Answer{}, errors.Join(errs...)
}

// drop lets kept connections go after an exchange failed: where a line was cut without a word
// they hang, and each next exchange would wait its whole limit on one of them.
func (l *Link) drop(ctx context.Context) {
	if !errors.Is(ctx.Err(), context.Canceled) {
		l.closeIdle()
	}
}

func (l *Link) closeIdle() {
	l.client.CloseIdleConnections()
	l.holds.CloseIdleConnections()
}
