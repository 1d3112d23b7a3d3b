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

// An ID is an order's id as bytes.
type ID [16]byte

// String is the id as the API writes it.
func (id ID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

const idText = 36 // bytes of an id as text

// parseID reads 8-4-4-4-12 hexadecimal digits in lower case.
func parseID(text []byte) (id ID, ok bool) {
	if len(text) != idText {
		return id, false
	}
	n := 0
	for i, d := range text {
		var v byte
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if d != '-' {
				return id, false
			}
			continue
		case d >= '0' && d <= '9':
			v = d - '0'
		case d >= 'a' && d <= 'f':
			v = d - 'a' + 10
		default:
			return id, false
		}
		id[n/2] |= v << (4 * (1 - n%2))
		n++
	}
	return id, true
}

// What a glance at an answer looks for. An order's answer begins with its id and its status.
var (
	glanceID   = []byte(`{"id":"`)
	glanceDone = []byte(`"status":"completed"`)
	glanceLine = []byte(`"backordered":0`)
)

const glanceHead = 256 // bytes in which an order's own status stands, before those of its lines

// checkOrder holds an order's answer against its lines. At a glance it wants an id, the status
// completed, and every line without a backorder; what does not look so, and what is asked for in
// full, is read field by field.
func checkOrder(body []byte, lines []Line, full bool) (ID, error) {
	if !full && bytes.HasPrefix(body, glanceID) && len(body) > len(glanceID)+idText &&
		bytes.Contains(body[:min(len(body), glanceHead)], glanceDone) && bytes.Count(body, glanceLine) == len(lines) {
		if id, ok := parseID(body[len(glanceID):][:idText]); ok {
			return id, nil
		}
	}
	var o contract.Order
	if err := json.Unmarshal(body, &o); err != nil {
		return ID{}, fmt.Errorf("read answer: %w", err)
	}
	return checkFields(&o, lines)
}

// checkFields wants all that was asked for promised, line by line, and handed over.
func checkFields(o *contract.Order, lines []Line) (ID, error) {
	id, ok := parseID([]byte(o.ID))
	if !ok || len(o.Lines) != len(lines) {
		return ID{}, fmt.Errorf("answer has id %q and %d lines, %d were asked for", o.ID, len(o.Lines), len(lines))
	}
	if o.Status != "completed" {
		return ID{}, fmt.Errorf("order %s has the status %s, completed was expected", o.ID, o.Status)
	}
	for i, l := range o.Lines {
		var promised ledger.Qty
		for _, r := range l.Reserved {
			promised += r.Qty
		}
		if string(l.SKU) != lines[i].SKU || int64(promised) != lines[i].Qty || l.Backordered != 0 {
			return ID{}, fmt.Errorf("line %d promises %d of %s and backorders %d, %d of %s were asked for",
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
func (t *Till) checkBulk(c *tillClient, client int, body []byte, full bool) ([]ID, error) {
	ids := make([]ID, 0, t.cfg.Bulk)
	if !full && bytes.Count(body, glanceCreated) == t.cfg.Bulk {
		for rest := body; ; {
			at := bytes.Index(rest, glanceOrder)
			if at < 0 || len(rest) < at+len(glanceOrder)+idText {
				break
			}
			rest = rest[at+len(glanceOrder):]
			id, ok := parseID(rest[:idText])
			if !ok || !bytes.Contains(rest[:min(len(rest), glanceHead)], glanceDone) {
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
		id, err := checkFields(r.Order, lines)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Compare holds the ids that clients were given against those of the book: how many were answered
// and are not there, are there and were never answered, and came twice on either side.
func Compare(answered, booked []ID) (lost, untold, twice int) {
	order := func(a, b ID) int { return bytes.Compare(a[:], b[:]) }
	sorted := func(ids []ID) []ID {
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
func BookedIDs(env ledger.Env, dir string) ([]ID, error) {
	var ids []ID
	err := ledger.WalkBook(env, dir, func(e *ledger.Entry, _ ledger.Hash) error {
		body, ok := e.Body.(*ledger.OrderBody)
		if !ok || e.Kind != ledger.KindPlaced || body.Refusal != "" {
			return nil
		}
		id, ok := parseID([]byte(body.Order.ID))
		if !ok {
			return fmt.Errorf("entry %d: order %q", e.Seq, body.Order.ID)
		}
		ids = append(ids, id)
		return nil
	})
	return ids, err
}
