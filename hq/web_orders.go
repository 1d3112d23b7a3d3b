package hq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

const pathOrders = "/v1/orders"

// bulkWait bounds the answer to many orders; a client that gave up repeats them under their keys.
const bulkWait = 5 * time.Minute

// A keyed request is one that its key makes harmless to repeat.
type keyed struct {
	key     ledger.Digest
	request ledger.Digest
}

func keyOf(r *http.Request, path string, body []byte) (keyed, error) {
	key, err := contract.Key(r.Header)
	if err != nil {
		return keyed{}, err
	}
	if key == "" {
		return keyed{}, contract.New(contract.CodeKeyMissing, "")
	}
	return keyedAs(door.CallerOf(r.Context()).Name(), key, r.Method, path, body), nil
}

func keyedAs(who, key, method, path string, body []byte) keyed {
	return keyed{contract.KeyDigest(who, ledger.HQ, key), contract.RequestDigest(method, path, body)}
}

// replay gives the first answer of a key, if it is known. One that is not known here may still
// be on its way: the machine decides.
func (s *Server) replay(k keyed) (office.Outcome, bool) {
	var out office.Outcome
	known := false
	s.View(func(m *machine.Machine) {
		a, ok := m.Answer(k.key)
		switch {
		case !ok:
		case a.Request != k.request:
			out, known = office.Outcome{Err: &ledger.KeyReusedError{First: a.Err()}}, true
		default:
			out, known = office.Outcome{Answer: a, Replayed: true, Err: a.Err()}, true
		}
	})
	return out, known
}

func (s *Server) postOrder(w http.ResponseWriter, r *http.Request) error {
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	k, err := keyOf(r, pathOrders, body)
	if err != nil {
		return err
	}
	out, wish, err := s.place(r.Context(), k, body)
	if err != nil {
		return err
	}
	return answerOutcome(w, http.StatusCreated, out, s.reach(r.Context(), &out, wish))
}

// answerOutcome writes an answer that is remembered: the order, or the refusal.
func answerOutcome(w http.ResponseWriter, status int, out office.Outcome, reached contract.Durable) error {
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	if out.Err != nil {
		return out.Err
	}
	o := renderAnswer(out.Answer)
	o.Ack = reached
	writeBody(w, status, o.JSON())
	return nil
}

// renderOwn gives an order as head office answers it: a quorum has it. Head office keeps no
// journal of its own, so there is no place in one to name.
// Version is that of an order of its own.
func renderOwn(o *ledger.Order, version uint64) contract.Order {
	out := contract.RenderOrder(o, contract.Seen{Ack: contract.Shared})
	if o.Owner == ledger.HQ {
		out.Version = version
	}
	return out
}

// renderKnown gives an order as head office has it by now.
func renderKnown(o *machine.Order, version uint64) contract.Order {
	out := renderOwn(&o.Order, version)
	out.MayGiveUp = o.Yields
	return out
}

// place decides one order from its body as it came. wish is the level that the order wants to have reached before it is answered.
func (s *Server) place(ctx context.Context, k keyed, body []byte) (out office.Outcome, wish contract.Durable, err error) {
	if out, known := s.replay(k); known {
		return out, wished(body), nil
	}
	var in contract.OrderRequest
	if err := contract.Decode(body, &in); err != nil {
		return out, "", err
	}
	o, err := s.order(ctx, &in)
	if err == nil && o.Shortage == ledger.Confirm && looked(s, (*machine.Machine).Known) < ledger.KindWords {
		err = errMixed
	}
	if check, ok := errors.AsType[*ledger.CheckError](err); ok {
		out, err = s.stopped(ctx, k, check)
		return out, in.Durable, err
	}
	if err != nil {
		return out, "", err
	}
	unsure := o.Shortage == ledger.Confirm && s.knows(machine.UnsureCommands)
	out, err = s.settle(ctx, &office.Placing{Order: o, Key: k.key, Request: k.request, Unsure: unsure, Hand: s.hand(ctx)})
	return out, in.Durable, err
}

// order makes an order of head office's own of a request, or refuses its form.
func (s *Server) order(ctx context.Context, in *contract.OrderRequest) (ledger.Order, error) {
	if err := in.Named(s.catalogue()); err != nil {
		return ledger.Order{}, err
	}
	o, err := in.Ledger(s.defaults())
	if err != nil {
		return o, err
	}
	switch {
	case o.Fulfil == ledger.Take:
		return o, contract.NotSupported("fulfil", "Nothing can be handed over at head office. Use deliver or collect.")
	case !o.Anywhere:
		return o, contract.NotSupported("from", "Head office has no shelf of its own. Use from any.")
	case o.Fulfil == ledger.Collect && o.CollectAt == "":
		return o, &ledger.FormError{Field: "collect_at", Why: "is empty; say where the customer collects"}
	}
	now := s.now()
	var unknown error
	s.View(func(m *machine.Machine) { // once: each view waits for the command that is being applied
		termsIn(m, &o)
		items := itemsRead{m: m, company: s.companyIn(m)}
		if err = items.charge(in, &o, now); err != nil {
			return
		}
		if o.TakenAt, err = contract.TakenBy(o.TakenAt, now); err != nil {
			return
		}
		if err = contract.Explode(&o, m.ComponentsOf); err == nil {
			if unknown = items.knowAll(&o); unknown == nil {
				unknown = items.dropShips(&o)
			}
		}
	})
	if err != nil {
		return o, err
	}
	if o.ID == "" {
		if o.ID, err = ledger.NewOrderID(now, s.env.Random("order ids")); err != nil {
			return o, fmt.Errorf("draw order id: %w", err)
		}
	}
	o.Owner = ledger.HQ
	if err := o.Check(); err != nil {
		return o, err
	}
	if unknown != nil {
		return o, unknown
	}
	if len(o.DropShips()) > 0 && !s.knows(machine.SupplierCommands) {
		return o, errMixed
	}
	if s.acceptedBefore(&o) {
		return o, nil
	}
	if err := s.door.Approved(door.CallerOf(ctx), in); err != nil {
		return o, err
	}
	return o, s.judge(ctx, &o, in.Override)
}

// acceptedBefore says whether a life of head office that is lost has accepted an order, as far as sites tell by what they have reserved for it. It is sent
// again to be known again: checks, customers and people of today have no say, for a promise is not taken back. They have one in all that goes beyond what is reserved, and where the sites tell of another price.
func (s *Server) acceptedBefore(o *ledger.Order) (yes bool) {
	s.View(func(m *machine.Machine) {
		known := m.Forgotten(o.ID)
		yes = known != nil && known.Bears(o) && !known.PricedElse(o)
	})
	return yes
}

// settle has an order placed, and waits where units are borrowed for it: until the machine has
// changed, at most BorrowWait.
func (s *Server) settle(ctx context.Context, p *office.Placing) (out office.Outcome, err error) {
	err = s.patiently(ctx, s.cfg.Office.BorrowWait, func(final bool) (done bool, err error) {
		t := s.desk.place(ctx, office.Try{Placing: p, Final: final})
		out = t.Outcome
		return t.Done, t.Err
	})
	return out, err
}

// patiently calls try until it is done: at first, whenever the machine has changed, and with
// final set when wait is over. The number of those who wait is bounded.
func (s *Server) patiently(ctx context.Context, wait time.Duration, try func(final bool) (done bool, err error)) error {
	changed := s.fsm.changed.wait()
	done, err := try(wait <= 0)
	if done || err != nil || wait <= 0 {
		return err
	}
	select {
	case s.waiters <- struct{}{}:
		defer func() { <-s.waiters }()
	default:
		s.metrics.refused.WithLabelValues("waiters").Inc()
		_, err := try(true)
		return err
	}
	fired, stop := s.env.Clock.After(wait)
	defer stop()
	for {
		final := false
		select {
		case <-changed:
		case <-fired:
			final = true
		case <-closing(ctx):
			final = true
		case <-ctx.Done():
			return ctx.Err()
		}
		changed = s.fsm.changed.wait()
		if done, err = try(final); done || err != nil || final {
			return err
		}
	}
}

// postOrders places many orders, each for itself, in their order.
func (s *Server) postOrders(w http.ResponseWriter, r *http.Request) error {
	var in contract.BulkRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if n := len(in.Orders); n == 0 || n > contract.BulkMax {
		return &ledger.FormError{Field: "orders", Why: fmt.Sprintf("has %d orders; a request has 1 to %d", n, contract.BulkMax)}
	}
	if err := s.allow(w, bulkWait); err != nil {
		return err
	}
	out := contract.BulkAnswer{Results: make([]contract.BulkResult, len(in.Orders))}
	for i := range in.Orders {
		out.Results[i] = s.placeOne(r.Context(), &in.Orders[i])
	}
	writeBody(w, http.StatusOK, out.JSON())
	return nil
}

// placeOne answers one order of many as it would have been answered alone, under the same key.
func (s *Server) placeOne(ctx context.Context, in *contract.BulkOrder) contract.BulkResult {
	out := contract.BulkResult{Key: in.Key, HTTPStatus: http.StatusCreated}
	err := contract.CheckKey(in.Key)
	if in.Key == "" {
		err = contract.New(contract.CodeKeyMissing, "")
	}
	var done office.Outcome
	if err == nil {
		done, _, err = s.place(ctx, keyedAs(door.CallerOf(ctx).Name(), in.Key, http.MethodPost, pathOrders, in.Order), in.Order)
	}
	if err == nil {
		err = done.Err
	}
	if err != nil {
		out.Problem = problem(err)
		out.HTTPStatus = out.Problem.Status
		return out
	}
	o := renderAnswer(done.Answer)
	out.Order = &o
	return out
}

func (s *Server) pathOrder(r *http.Request) (ledger.OrderID, error) {
	name, err := variable(r, "id")
	if err != nil {
		return "", err
	}
	return ledger.ParseOrderID(name)
}

func (s *Server) getOrders(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "status", "since", "site", "open", "cursor", "limit")
	if err != nil {
		return err
	}
	page, err1 := contract.ReadPage(q)
	status, err2 := contract.ReadStatus(q.Get("status"))
	since, err3 := contract.Since("since", q.Get("since"))
	open, err4 := contract.ReadFlag("open", q.Get("open"))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	out := contract.OrderList{Orders: []contract.Order{}}
	want := wantedOrders{status: status, since: since, open: open}
	if q.Has("site") {
		site, err := ledger.ParseSite(q.Get("site"))
		if err != nil {
			return err
		}
		rows, next, err := s.siteOrders(r.Context(), site, page, &want)
		if err != nil {
			return err
		}
		if out.Orders = rows; next != "" {
			out.NextCursor = contract.Cursor(string(next))
		}
		return writeJSON(w, http.StatusOK, out)
	}
	s.View(func(m *machine.Machine) {
		rows, next := m.Orders(ledger.OrderID(page.After), page.Limit, want.keep)
		for _, o := range rows {
			row := renderKnown(o, m.VersionOf(o.ID))
			promises(m, &row)
			out.Orders = append(out.Orders, row)
		}
		if next != "" {
			out.NextCursor = contract.Cursor(string(next))
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) getExplain(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	id, err := s.pathOrder(r)
	if err != nil {
		return err
	}
	var f file
	s.View(func(m *machine.Machine) {
		f.order, _ = m.Order(id)
		f.last, _ = m.Explained(id)
		f.story, _ = m.Story(id)
		if r, known := m.Revised(id); known {
			f.moved = r.Why
		}
	})
	if f.last == nil && f.story == nil {
		return contract.NotFound("Head office has not sourced such an order, or it was long ago.")
	}
	out, err := f.explain(id)
	if err != nil {
		return fmt.Errorf("explain order %s: %w", id, err)
	}
	f.nameKits(out.Lines)
	return writeJSON(w, http.StatusOK, out)
}

// planned is why a plan came about, line by line.
func planned(why *allocate.Explanation) []contract.LineExplanation {
	out := []contract.LineExplanation{}
	for _, l := range why.Lines {
		line := contract.LineExplanation{Line: l.Line, Candidates: []contract.Candidate{}, Chosen: []contract.Reserved{}}
		for _, c := range l.Candidates {
			line.Candidates = append(line.Candidates, contract.Candidate{Site: c.Site, Promisable: c.Promisable, Score: int64(c.Score), Why: c.Why})
		}
		for _, leg := range l.Chosen {
			line.Chosen = append(line.Chosen, contract.Reserved{Site: leg.Site, Qty: leg.Qty})
		}
		out = append(out, line)
	}
	return out
}

// asJSON gives the body that a client would have got.
func asJSON(status int, v any) (int, []byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return 0, nil, fmt.Errorf("encode answer: %w", err)
	}
	return status, append(b, '\n'), nil
}
