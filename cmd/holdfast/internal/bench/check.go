package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What a glance at an answer looks for. An order's answer begins with its id and its status.
var (
	glanceID   = []byte(`{"id":"`)
	glanceLine = []byte(`"backordered":0`)
)

const glanceHead = 256 // bytes in which an order's own status stands, before those of its lines

// checkOrder holds an order's answer against its lines. At a glance it wants an id, the status
// that is expected, and every line without a backorder; what does not look so, and what is asked for in
// full, is read field by field.
func (t *Till) checkOrder(body []byte, lines []Line, full bool) (ledger.UUID, error) {
	if !full && bytes.HasPrefix(body, glanceID) && len(body) > len(glanceID)+ledger.UUIDLen &&
		bytes.Contains(body[:min(len(body), glanceHead)], t.done) && bytes.Count(body, glanceLine) == len(lines) {
		if id, ok := ledger.ParseUUID(body[len(glanceID):][:ledger.UUIDLen]); ok {
			return id, nil
		}
	}
	var o contract.Order
	if err := json.Unmarshal(body, &o); err != nil {
		return ledger.UUID{}, fmt.Errorf("read answer: %w", err)
	}
	return checkFields(&o, lines, t.cfg.Status)
}

// checkFields wants all that was asked for promised, line by line, and the order in that status.
func checkFields(o *contract.Order, lines []Line, status string) (ledger.UUID, error) {
	id, ok := ledger.ParseUUID(o.ID)
	if !ok || len(o.Lines) != len(lines) {
		return ledger.UUID{}, fmt.Errorf("answer has id %q and %d lines, %d were asked for", o.ID, len(o.Lines), len(lines))
	}
	if string(o.Status) != status {
		return ledger.UUID{}, fmt.Errorf("order %s has the status %s, %s was expected", o.ID, o.Status, status)
	}
	for i, l := range o.Lines {
		var promised ledger.Qty
		for _, r := range l.Reserved {
			promised += r.Qty
		}
		if string(l.SKU) != lines[i].SKU || int64(promised) != lines[i].Qty || l.Backordered != 0 {
			return ledger.UUID{}, fmt.Errorf("line %d promises %d of %s and backorders %d, %d of %s were asked for",
				i+1, promised, l.SKU, l.Backordered, lines[i].Qty, lines[i].SKU)
		}
	}
	return id, nil
}

var (
	glanceOrder   = []byte(`"order":{"id":"`)
	glanceCreated = []byte(`"http_status":201,`)
)

// checkBulk does the same for a bulk.
func (t *Till) checkBulk(c *tillClient, client int, body []byte, full bool) ([]ledger.UUID, error) {
	ids := make([]ledger.UUID, 0, t.cfg.Bulk)
	if !full && bytes.Count(body, glanceCreated) == t.cfg.Bulk {
		for rest := body; ; {
			at := bytes.Index(rest, glanceOrder)
			if at < 0 || len(rest) < at+len(glanceOrder)+ledger.UUIDLen {
				break
			}
			rest = rest[at+len(glanceOrder):]
			id, ok := ledger.ParseUUID(rest[:ledger.UUIDLen])
			if !ok || !bytes.Contains(rest[:min(len(rest), glanceHead)], t.done) {
				break
			}
			ids = append(ids, id)
		}
		if len(ids) == t.cfg.Bulk {
			return ids, nil
		}
		ids = ids[:0]
	}
	var all contract.BulkAnswer
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if len(all.Results) != t.cfg.Bulk {
		return nil, fmt.Errorf("%d answers to %d orders", len(all.Results), t.cfg.Bulk)
	}
	for i, r := range all.Results {
		n := c.n + uint64(i)
		if key := t.keyOf(c, client, n); r.Key != string(key) {
			return nil, fmt.Errorf("answer %d has the key %q, %q was expected", i+1, r.Key, key)
		}
		if r.HTTPStatus != http.StatusCreated || r.Order == nil {
			return nil, fmt.Errorf("order %d was answered with status %d: %+v", i+1, r.HTTPStatus, r.Problem)
		}
		_, lines := t.cfg.Orders.order(client, n)
		id, err := checkFields(r.Order, lines, t.cfg.Status)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Compare holds the ids that clients were given against those of the book: how many were answered
// and are not there, are there and were never answered, and came twice on either side.
func Compare(answered, booked []ledger.UUID) (lost, untold, twice int) {
	order := func(a, b ledger.UUID) int { return bytes.Compare(a[:], b[:]) }
	sorted := func(ids []ledger.UUID) []ledger.UUID {
		ids = slices.Clone(ids)
		slices.SortFunc(ids, order)
		n := len(ids)
		ids = slices.Compact(ids)
		twice += n - len(ids)
		return ids
	}
	a, b := sorted(answered), sorted(booked)
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && order(a[0], b[0]) < 0:
			lost, a = lost+1, a[1:]
		case len(a) == 0 || order(a[0], b[0]) > 0:
			untold, b = untold+1, b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return lost, untold, twice
}

// BookedIDs reads the ids of all orders that a book accepted. No process may have it open.
func BookedIDs(env ledger.Env, dir string) ([]ledger.UUID, error) { return BookedAfter(env, dir, 0) }

// BookedAfter reads the ids of those that it accepted behind an entry.
func BookedAfter(env ledger.Env, dir string, after ledger.Seq) ([]ledger.UUID, error) {
	var ids []ledger.UUID
	err := ledger.WalkBook(env, dir, func(e *ledger.Entry, _ ledger.Hash) error {
		body, ok := e.Body.(*ledger.OrderBody)
		if !ok || e.Seq <= after || e.Kind != ledger.KindPlaced || body.Refusal != "" {
			return nil
		}
		id, ok := ledger.ParseUUID(body.Order.ID)
		if !ok {
			return fmt.Errorf("entry %d: order %q", e.Seq, body.Order.ID)
		}
		ids = append(ids, id)
		return nil
	})
	return ids, err
}
