package hq_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/messenger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A receiver is somebody's webhook: it keeps what came, by webhook-id.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex // guards what follows
	status int
	came   map[string][]contract.EventMessage
	wrong  []string
	secret []byte
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{status: 204, came: map[string][]contract.EventMessage{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		var m contract.EventMessage
		id, stamp := q.Header.Get("webhook-id"), q.Header.Get("webhook-timestamp")
		var unix int64
		_, scanned := fmt.Sscan(stamp, &unix)
		if json.Unmarshal(body, &m) != nil || err != nil || scanned != nil || q.Header.Get("webhook-signature") != messenger.Sign(r.secret, id, time.Unix(unix, 0), body) {
			r.wrong = append(r.wrong, id+" "+string(body))
		}
		r.came[id] = append(r.came[id], m)
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Server.Close)
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// types lists what came, each id once, and how often the most repeated came.
func (r *receiver) types() (out []string, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ms := range r.came {
		out, most = append(out, ms[0].Type), max(most, len(ms))
	}
	slices.Sort(out)
	return out, most
}

// hook has the receiver told at head office.
func (c *cluster) hook(r *receiver, key string, events ...string) contract.Webhook {
	c.t.Helper()
	var made, again contract.Webhook
	in := contract.WebhookRequest{To: r.URL + "/in/hush?key=hush", Events: events, Note: "the web shop"}
	c.must(201, 0, "POST", "/v1/webhooks", key, in, &made)
	c.must(201, 0, "POST", "/v1/webhooks", key, in, &again)
	secret, err := messenger.ParseSecret(made.Secret)
	if err != nil || again.Secret != made.Secret || again.ID != made.ID {
		c.t.Fatalf("got %+v, then %+v (%v); want one webhook with its secret", made, again, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = secret
	return made
}

// waits places an order that waits for goods: it is confirmed.
func (c *cluster) waits(at int, key string) {
	c.t.Helper()
	c.must(201, at, "POST", "/v1/orders", key, map[string]any{"shortage": "backorder", "lines": []any{map[string]any{"sku": "TAP-22", "qty": 1000}}}, nil)
}

func TestAWebhookIsToldSignedUntilItTakesIt(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 1)
	r := newReceiver(t)
	made := c.hook(r, "h-1", "order.confirmed", "order.cancelled")
	c.waits(0, "o-1")
	c.eventually("the order is told", func() error {
		if got, _ := r.types(); !slices.Equal(got, []string{"order.confirmed"}) {
			return fmt.Errorf("got %q", got)
		}
		return nil
	})
	r.answer(500)
	c.waits(0, "o-2")
	var list contract.WebhookList
	c.eventually("it is known to fail", func() error {
		list = contract.WebhookList{}
		c.must(200, 0, "GET", "/v1/webhooks", "", nil, &list)
		if h := list.Webhooks[0]; h.Failing == "" || h.Owed != 1 || h.Told != 1 || h.Why != "answered 500" {
			return fmt.Errorf("got %+v", h)
		}
		return nil
	})
	var test contract.WebhookTest
	c.must(200, 0, "POST", "/v1/webhooks/"+made.ID+"/test", "", nil, &test)
	if test.OK || test.Status != 500 {
		t.Errorf("got %+v, want to be told that it answers 500", test)
	}
	r.answer(204)
	c.eventually("it is told again, and all is well", func() error {
		list = contract.WebhookList{}
		c.must(200, 0, "GET", "/v1/webhooks", "", nil, &list)
		if h := list.Webhooks[0]; h.Failing != "" || h.Owed != 0 || h.Told != 2 || h.Behind != 0 {
			return fmt.Errorf("got %+v", h)
		}
		return nil
	})
	if got, most := r.types(); !slices.Equal(got, []string{"order.confirmed", "order.confirmed", "webhook.test"}) || most < 2 {
		t.Errorf("got %q, at most %d times; want the second told again under its id", got, most)
	}
	if len(r.wrong) > 0 {
		t.Errorf("signed wrongly: %q", r.wrong)
	}
	shown, _ := json.Marshal(list)
	_, _, figures := c.answer(0, "GET", "/metrics", "", nil, nil)
	secret := strings.TrimPrefix(made.Secret, "whsec_")
	for name, text := range map[string]string{"list": string(shown), "metrics": string(figures)} {
		if strings.Contains(text, "hush") || strings.Contains(text, secret) || strings.Contains(text, base64.RawStdEncoding.EncodeToString(r.secret)) {
			t.Errorf("the %s has a secret in it: %s", name, text)
		}
	}
	if !strings.Contains(string(figures), `hq_webhook_behind_events{webhook="`+made.ID+`"} 0`) {
		t.Error("the metrics do not say how far behind the webhook is")
	}
	r.answer(410)
	c.waits(0, "o-3")
	c.seesToDead(made.ID, r)
}

// seesToDead has a person see what could not be told, and send it again.
func (c *cluster) seesToDead(id string, r *receiver) {
	c.t.Helper()
	var dead contract.DeadLetterList
	c.eventually("what it wants no more is a dead letter", func() error {
		dead = contract.DeadLetterList{}
		c.must(200, 0, "GET", "/v1/dead-letters?webhook="+id, "", nil, &dead)
		if len(dead.DeadLetters) != 1 {
			return fmt.Errorf("got %+v", dead)
		}
		return nil
	})
	if l := dead.DeadLetters[0]; l.Event.Type != "order.confirmed" || !strings.Contains(l.Why, "answered 410") || l.Webhook != id {
		c.t.Errorf("got %+v, want the order that was confirmed", l)
	}
	letter := dead.DeadLetters[0].ID
	r.answer(204)
	var seen contract.DeadLettersSeen
	c.must(200, 0, "POST", "/v1/webhooks/"+id+"/resend", "again", map[string]any{"events": []string{letter}}, &seen)
	c.eventually("it is told", func() error {
		r.mu.Lock()
		n := len(r.came[letter])
		r.mu.Unlock()
		var left contract.DeadLetterList
		c.must(200, 0, "GET", "/v1/dead-letters", "", nil, &left)
		if n < 2 || len(left.DeadLetters) != 0 || seen.Letters != 1 {
			return fmt.Errorf("came %d times, %d dead, %d seen to", n, len(left.DeadLetters), seen.Letters)
		}
		return nil
	})
	c.no(404, contract.CodeNotFound, "POST", "/v1/webhooks/wh_9/drop", "d-1", map[string]any{})
	c.no(404, contract.CodeNotFound, "GET", "/v1/dead-letters?webhook=wh_9", "", nil)
	c.no(400, contract.CodeBadValue, "POST", "/v1/webhooks/"+id+"/resend", "d-2", map[string]any{"events": []string{"evt_1"}})
	c.no(400, contract.CodeBadValue, "POST", "/v1/webhooks", "d-3", contract.WebhookRequest{To: "http://shop.example/in"})
	c.no(400, contract.CodeBadValue, "POST", "/v1/webhooks", "d-4", contract.WebhookRequest{To: "https://shop.example/in", Events: []string{"order.eaten"}})
	c.no(400, contract.CodeKeyMissing, "POST", "/v1/webhooks", "", contract.WebhookRequest{To: "https://shop.example/in"})
	c.must(200, 0, "POST", "/v1/webhooks/"+id+"/remove", "d-5", map[string]any{"reason": "closed"}, nil)
	c.no(404, contract.CodeNotFound, "GET", "/v1/webhooks/"+id, "", nil)
}

// TestANewLeaderTellsWhatTheOldOneDidNot: nothing is left out, and what is told twice has one id.
func TestANewLeaderTellsWhatTheOldOneDidNot(t *testing.T) {
	if testing.Short() {
		t.Skip("stops a server")
	}
	t.Parallel()
	c, _ := warehouse(t, 3, 1)
	r := newReceiver(t)
	c.hook(r, "h-1", "order.confirmed")
	for i := range 5 {
		c.waits(0, fmt.Sprint("o-", i))
	}
	old := c.leader()
	c.servers[old].end()
	next := c.leader()
	for i := range 5 {
		c.waits(next, fmt.Sprint("p-", i))
	}
	c.eventually("every order is told", func() error {
		if got, _ := r.types(); len(got) != 10 {
			return fmt.Errorf("got %d of 10", len(got))
		}
		return nil
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	orders := map[string]string{}
	for id, ms := range r.came {
		for _, m := range ms {
			if was, told := orders[string(m.Data.Order)]; told && was != id {
				t.Errorf("order %s is told under %s and %s", m.Data.Order, was, id)
			}
			orders[string(m.Data.Order)] = id
		}
	}
	if len(r.wrong) > 0 {
		t.Errorf("signed wrongly: %q", r.wrong)
	}
}
