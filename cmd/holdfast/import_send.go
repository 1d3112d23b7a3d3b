package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// sendersMax is how many rows or orders are on their way at once. A book lands what has queued
// in one commit, so a few clients carry nearly as much as many. It also bounds by how many places
// an order may overtake another of the same file.
const sendersMax = 32

// A fate is what became of a row that was sent and not refused.
type fate int

const (
	fateLanded fate = iota + 1
	fateAlready
	fateRefusedBefore // beside the refusal: it is the one that was given then
)

// errInterrupted says that the command was told to end before it was through.
var errInterrupted = withHint(errors.New("interrupted"), "run it again: what has landed stays as it is")

// sendRows reads rows, or orders of some rows, and sends each, many at once. send's
// *client.Refusal of a row costs that row, as a *sheet.Fault of next does; any other error ends
// the import.
func sendRows[R any](ctx context.Context, im *importer, next func() (R, error), where func(R) (lines []int, name string),
	send func(context.Context, R) (fate, error)) error {
	var mu sync.Mutex // guards im while senders run
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(sendersMax)
	var end error
	for gctx.Err() == nil {
		r, err := next()
		if fault, ok := errors.AsType[*sheet.Fault](err); ok {
			mu.Lock()
			im.reject([]int{fault.Line}, fault.Document, fault.Why)
			mu.Unlock()
			continue
		}
		if err != nil {
			end = err
			break
		}
		g.Go(func() error {
			became, err := fateLanded, error(nil)
			if !im.opts.DryRun {
				became, err = send(gctx, r)
			}
			lines, name := where(r)
			mu.Lock()
			defer mu.Unlock()
			if why, costsRow := rowRefusal(err); costsRow {
				if len(lines) == 1 {
					why = strings.TrimPrefix(why, "Line 1: ") // of the request; the file's own is told
				}
				im.reject(lines, name, why)
				im.order(&im.done.Orders.Refused)
				if became == fateRefusedBefore {
					im.order(&im.done.Orders.Before)
				}
				return nil
			}
			switch {
			case err != nil:
				return fmt.Errorf("line %d: %w", lines[0], err)
			case became == fateAlready:
				im.row(&im.done.Already, len(lines))
				im.order(&im.done.Orders.Already)
			default:
				im.row(&im.done.Landed, len(lines))
				im.order(&im.done.Orders.Accepted)
			}
			return nil
		})
	}
	sent := g.Wait()
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case sent != nil:
		return sent
	case errors.Is(end, io.EOF):
		return nil
	default:
		return end
	}
}

// rowRefusal says whether a refusal is about the one row, and then why. What would meet every
// row alike (no identity, the wrong kind of book, a book that is closing) is not.
func rowRefusal(err error) (why string, costsRow bool) {
	if fault, ok := errors.AsType[*sheet.Fault](err); ok {
		return fault.Why, true
	}
	r, ok := errors.AsType[*client.Refusal](err)
	if !ok || r.Code == string(contract.CodeOwnedByHQ) {
		return "", false
	}
	switch r.Status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return r.Error(), true
	}
	return "", false
}
