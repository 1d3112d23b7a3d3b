package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/hq"
)

const (
	pathItemsBulk = "/v1/items/bulk"
	itemsAtOnce   = 250 // an item may have 32 barcodes; 250 of the largest are below 1 MiB
)

// sendBulks reads items and sends what differs, many in one request.
func (in *itemsIn) sendBulks(ctx context.Context, items *sheet.Items) error {
	var waiting []sheet.Item
	for {
		if ctx.Err() != nil {
			return errInterrupted
		}
		i, err := items.Next()
		if fault, ok := errors.AsType[*sheet.Fault](err); ok {
			in.im.reject([]int{fault.Line}, fault.Document, fault.Why)
			continue
		}
		if err == nil && in.standsThere(i) {
			in.im.row(&in.im.done.Already, 1)
			continue
		}
		if err == nil {
			waiting = append(waiting, i)
		}
		if len(waiting) == itemsAtOnce || err != nil && len(waiting) > 0 {
			if err := in.sendBulk(ctx, waiting); err != nil {
				return err
			}
			waiting = waiting[:0]
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (in *itemsIn) sendBulk(ctx context.Context, items []sheet.Item) error {
	body := hq.BulkItems{Items: make([]hq.BulkItem, len(items))}
	for i := range items {
		body.Items[i] = hq.BulkItem{SKU: string(items[i].SKU), ItemRequest: items[i].Put}
	}
	var answer hq.BulkItemsAnswer
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
