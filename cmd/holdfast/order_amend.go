package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type orderAmendCmd struct {
	access
	ID      string   `arg:"" name:"id" help:"The order's id, as order list has it."`
	Line    []string `help:"What a SKU of it is to be for, for example TAP-22=3; 0 gives it up, one that it does not have is added. #2=3 names line 2, where several are of one SKU." placeholder:"SKU=QTY" sep:"none"`
	NeedBy  *string  `help:"The day or moment by which it is needed; empty: no date any more." placeholder:"TIME"`
	Version uint64   `name:"seen" help:"The order's version as you have seen it; one that was amended since is refused. Default: the one that it has now." placeholder:"N"`
	By      string   `help:"Who wishes it; default the user that runs this." placeholder:"NAME"`
	JSON    bool     `name:"json" help:"Print one JSON object as the last line."`
}

// Help stands below the flags' usage.
func (*orderAmendCmd) Help() string {
	return "At head office, for orders of its own: holdfast order amend ID --line TAP-22=3 --line PIPE=1. The order is amended as a whole or not at all, and only the difference moves: " +
		"what is wanted more is planned as a new order would be, from the sites that serve this one first. An order of a site's is cancelled there and placed again."
}

// Run amends. Run again with the same --seen it gives the answer of the first time.
func (c *orderAmendCmd) Run(h *house) error {
	id, err := c.orderID(h, c.ID, "")
	if err != nil {
		return fmt.Errorf("amend order %s: %w", c.ID, err)
	}
	wishes, err := readWishes(c.Line)
	if err != nil {
		return err
	}
	if len(wishes) == 0 && c.NeedBy == nil {
		return fmt.Errorf("%w: say what is to be changed: --line TAP-22=3, or --need-by", errUsage)
	}
	var was contract.Order
	if err := c.call(h, http.MethodGet, "/v1/orders/"+string(id), "", nil, &was); err != nil {
		return fmt.Errorf("amend order %s: %w", id, orderFault(err))
	}
	in := contract.AmendRequest{Version: c.Version, NeedBy: c.NeedBy, By: signer(c.By)}
	if in.Version == 0 {
		in.Version = max(was.Version, 1) // a site's own has none: head office says what to do
	}
	for _, w := range wishes {
		line, err := w.of(&was)
		if err != nil {
			return err
		}
		in.Lines = append(in.Lines, line)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	var o contract.Order
	key := fmt.Sprintf("order-amend-%s-%x", id, ledger.DigestOf(body))
	if err := c.call(h, http.MethodPost, "/v1/orders/"+string(id)+"/amend", key, in, &o); err != nil {
		return fmt.Errorf("amend order %s: %w", id, amendFault(err, id))
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(o)
	}
	_, err = fmt.Fprintf(h.stdout, "order %s (%s of %s) is at version %d: %s, %s\n", o.Number, o.ID, o.Owner, o.Version, goodsOf(&o), o.Status)
	return err
}

// amendFault says how to go on where somebody else has amended the order meanwhile.
func amendFault(err error, id ledger.OrderID) error {
	if r, refused := errors.AsType[*client.Refusal](err); refused && r.Code == string(contract.CodeOrderChanged) {
		return withHint(err, fmt.Sprintf("see what it is for now: holdfast order explain %s; then amend that version", id))
	}
	return err
}

// A lineWish is what one --line says.
type lineWish struct {
	line int // 0: the line of sku
	sku  ledger.SKU
	qty  ledger.Qty
}

func readWishes(words []string) (out []lineWish, err error) {
	for _, word := range words {
		at := strings.LastIndexByte(word, '=')
		if at < 0 {
			return nil, fmt.Errorf("%w: %q is no line such as TAP-22=3 or #2=3", errUsage, word)
		}
		name, number := word[:at], word[at+1:]
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%w: %q is no line such as TAP-22=3 or #2=3", errUsage, word)
		}
		w := lineWish{qty: ledger.Qty(n)}
		if after, numbered := strings.CutPrefix(name, "#"); numbered {
			if w.line, err = strconv.Atoi(after); err != nil || w.line < 1 {
				return nil, fmt.Errorf("%w: %q: %q is no line's number", errUsage, word, after)
			}
		} else if w.sku, err = ledger.ParseSKU(name); err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
		out = append(out, w)
	}
	return out, nil
}

// of finds the line of an order that is meant.
func (w lineWish) of(o *contract.Order) (contract.AmendLine, error) {
	out := contract.AmendLine{Line: w.line, Qty: &w.qty}
	if w.line > 0 {
		return out, nil
	}
	for i := range o.Lines {
		if o.Lines[i].SKU != w.sku {
			continue
		}
		if out.Line > 0 {
			return out, fmt.Errorf("%w: lines %d and %d of the order are of %s: name one by its number, #%d=%d", errUsage, out.Line, i+1, w.sku, i+1, w.qty)
		}
		out.Line = i + 1
	}
	if out.Line == 0 {
		out.SKU = string(w.sku)
	}
	return out, nil
}
