package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type importItemsCmd struct {
	importing
	Currency string `help:"Currency of prices whose row names none." default:"GBP"`
}

// Run brings items in. An item that stands there as the file has it is left alone, so that
// reading a file again gives no item a new version.
func (c *importItemsCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	return c.run(h, "items", func(ctx context.Context, im *importer, file io.Reader) error {
		items, err := sheet.NewItems(file, c.Currency)
		if err == nil {
			err = im.heading(items)
		}
		if err != nil {
			return err
		}
		in := &itemsIn{cl: cl, im: im, keeps: items.Keeps}
		if err := in.look(ctx); err != nil {
			return err
		}
		if in.bulk {
			return in.sendBulks(ctx, items)
		}
		next := func() (sheet.Item, error) { return in.next(items) }
		where := func(i sheet.Item) ([]int, string) { return []int{i.Line}, string(i.SKU) }
		return sendRows(ctx, im, next, where, in.put)
	})
}

// itemsIn brings items into one book.
type itemsIn struct {
	cl    *client.Client
	im    *importer
	there map[ledger.SKU]ledger.Digest       // what stands there; read only while rows are sent
	more  map[ledger.SKU]contract.ItemDetail // of it, what few items say
	keeps func(*contract.ItemRequest, *contract.ItemDetail)
	bulk  bool // the book takes many at once, as head office does
}

// look finds out what stands there, page by page, and how the book takes items.
func (in *itemsIn) look(ctx context.Context) error {
	in.there, in.more = map[ledger.SKU]ledger.Digest{}, map[ledger.SKU]contract.ItemDetail{}
	if in.im.opts.DryRun {
		return nil
	}
	cursor := ""
	for {
		var page contract.ItemList
		path := fmt.Sprintf("/v1/items?limit=%d&cursor=%s", contract.LimitMax, url.QueryEscape(cursor))
		if _, err := in.cl.Do(ctx, http.MethodGet, path, "", nil, &page); err != nil {
			return fmt.Errorf("look at the items there: %w", err)
		}
		for i := range page.Items {
			it := &page.Items[i]
			if in.there[it.SKU] = digestOf(it); it.Version > 0 && !reflect.ValueOf(it.ItemDetail).IsZero() {
				in.more[it.SKU] = it.ItemDetail
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	// An empty bulk is refused where there are bulks, and not known elsewhere.
	_, err := in.cl.Do(ctx, http.MethodPost, pathItemsBulk, "", contract.BulkItems{}, nil)
	r, refused := errors.AsType[*client.Refusal](err)
	if !refused {
		return err
	}
	in.bulk = r.Status == http.StatusBadRequest
	return nil
}

// digestOf tells items apart by all that a file may say of them.
func digestOf(i *contract.Item) ledger.Digest {
	tracking, price := i.Tracking, ""
	if tracking == "" {
		tracking = ledger.TrackNone
	}
	if p := i.Price; p != nil {
		price = fmt.Sprintf("%d %s %d %s", p.Amount, p.Currency, max(p.Per, 1), p.Tax)
	}
	more, err := json.Marshal(&i.ItemDetail)
	if err != nil {
		panic("cmd: encode an item: " + err.Error()) // texts and numbers only
	}
	return ledger.DigestOf([]byte(i.Name), []byte(price), []byte(tracking), fmt.Appendf(nil, "%q", i.Barcodes), []byte(i.Category), more)
}

// next gives the next row, with what the item says that the file has no column for.
func (in *itemsIn) next(items *sheet.Items) (sheet.Item, error) {
	i, err := items.Next()
	if more, there := in.more[i.SKU]; err == nil && there {
		in.keeps(&i.Put, &more)
		if _, bad := i.Put.Ledger(i.SKU); bad != nil { // the two together, such as a barcode that is on a pack there
			return sheet.Item{}, &sheet.Fault{Line: i.Line, Document: string(i.SKU), Why: sheet.Reason(bad)}
		}
	}
	return i, err
}

// standsThere says whether the book has the item as the row says it.
func (in *itemsIn) standsThere(i sheet.Item) bool {
	want, err := i.Put.Ledger(i.SKU)
	if err != nil {
		panic("cmd: an item that was checked is not sound: " + err.Error())
	}
	have, known := in.there[i.SKU]
	rendered := contract.RenderItem(&want)
	return known && have == digestOf(&rendered)
}

// put sends one item.
func (in *itemsIn) put(ctx context.Context, i sheet.Item) (fate, error) {
	if in.standsThere(i) {
		return fateAlready, nil
	}
	_, err := in.cl.Do(ctx, http.MethodPut, "/v1/items/"+url.PathEscape(string(i.SKU)), "", i.Put, nil)
	if r, ok := errors.AsType[*client.Refusal](err); ok && r.Code == string(contract.CodeOwnedByHQ) {
		return 0, withHint(err, "give --to the address of head office: it keeps the items of all sites")
	}
	return fateLanded, err
}
