package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const (
	pathItemsBulk = "/v1/items/bulk"
	itemsAtOnce   = 250     // an item may have 32 barcodes; 250 of the largest are below 1 MiB
	bytesAtOnce   = 700_000 // of the JSON of items with much more to say
)

// sendBulks reads items and sends what differs, many in one request.
func (in *itemsIn) sendBulks(ctx context.Context, items *sheet.Items) error {
	var waiting, kits []sheet.Item // kits go last: their components must be there
	var bytes int
	flush := func() error {
		defer func() { waiting, bytes = waiting[:0], 0 }()
		if len(waiting) == 0 {
			return nil
		}
		return in.sendBulk(ctx, waiting)
	}
	for {
		if ctx.Err() != nil {
			return errInterrupted
		}
		i, err := in.next(items)
		if fault, ok := errors.AsType[*sheet.Fault](err); ok {
			in.im.reject([]int{fault.Line}, fault.Document, fault.Why)
			continue
		}
		if err == nil && in.standsThere(i) {
			in.im.row(&in.im.done.Already, 1)
			continue
		}
		switch {
		case err == nil && len(i.Put.Kit) > 0:
			kits = append(kits, i)
		case err == nil:
			size := sizeOf(&i.Put)
			if len(waiting) == itemsAtOnce || bytes+size > bytesAtOnce {
				if err := flush(); err != nil {
					return err
				}
			}
			waiting, bytes = append(waiting, i), bytes+size
		case errors.Is(err, io.EOF):
			if err := flush(); err != nil {
				return err
			}
			return in.sendKits(ctx, kits)
		default:
			return errors.Join(flush(), err)
		}
	}
}

// sendKits sends kits, of which a file has few.
func (in *itemsIn) sendKits(ctx context.Context, kits []sheet.Item) error {
	for len(kits) > 0 {
		n, bytes := 0, 0
		for n < len(kits) && n < itemsAtOnce && (n == 0 || bytes+sizeOf(&kits[n].Put) <= bytesAtOnce) {
			bytes += sizeOf(&kits[n].Put)
			n++
		}
		if err := in.sendBulk(ctx, kits[:n]); err != nil {
			return err
		}
		kits = kits[n:]
	}
	return nil
}

// sizeOf is about how many bytes an item takes in a request.
func sizeOf(put *contract.ItemRequest) int {
	b, err := json.Marshal(put)
	if err != nil {
		panic("cmd: encode an item: " + err.Error()) // texts and numbers only
	}
	return len(b) + 100
}

func (in *itemsIn) sendBulk(ctx context.Context, items []sheet.Item) error {
	body := contract.BulkItems{Items: make([]contract.BulkItem, len(items))}
	for i := range items {
		body.Items[i] = contract.BulkItem{SKU: string(items[i].SKU), ItemRequest: items[i].Put}
	}
	var answer contract.BulkItemsAnswer
	// The same items again change nothing; the key only says that it may be repeated.
	if _, err := in.cl.Do(ctx, http.MethodPost, pathItemsBulk, "import-items", body, &answer); err != nil {
		return fmt.Errorf("line %d and on: %w", items[0].Line, err)
	}
	if len(answer.Results) != len(items) {
		return fmt.Errorf("set items: %d answers to %d items", len(answer.Results), len(items))
	}
	for i, r := range answer.Results {
		switch {
		case r.Problem != nil:
			in.im.reject([]int{items[i].Line}, r.SKU, fmt.Sprintf("%s (%s, %d)", r.Problem.Detail, r.Problem.Code, r.HTTPStatus))
		default:
			in.im.row(&in.im.done.Landed, 1)
		}
	}
	return nil
}
