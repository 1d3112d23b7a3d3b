package node

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// count books what was counted in some bins, as they stood at a position of the journal. A preview needs
// no key, and leaves no trace.
func (s *web) count(w http.ResponseWriter, r *http.Request) error {
	key, err := contract.Key(r.Header)
	if err != nil {
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	var req contract.CountRequest
	if err := contract.Decode(body, &req); err != nil {
		return err
	}
	if err := req.Named(s.catalogue()); err != nil {
		return s.named(err)
	}
	count, err := req.Ledger()
	if err != nil {
		return err
	}
	if key == "" && !count.Preview {
		return errKeyMissing
	}
	for i := range count.Lines {
		if sku := count.Lines[i].SKU; !s.knows(sku) {
			return s.unknownSKU(sku, i+1)
		}
		if count.Lines[i].Counted > 0 {
			if err := s.catalogue().Stocked(count.Lines[i].SKU, i+1); err != nil {
				return err
			}
		}
	}
	if count.Meta = s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body); count.Preview {
		count.Key, count.Request = ledger.Digest{}, ledger.Digest{}
	}
	why := cmp.Or(s.judgeCountReason(count.Reason), s.approverOf(r.Context(), count.Approver), s.door.Recounted(door.CallerOf(r.Context()), count.Recounted))
	if why != nil {
		count.Lines = nil // of nothing, as of an adjustment
	}
	count.Tolerance = ledger.Tolerance{Units: s.cfg.CountUnits, Percent: s.cfg.CountPercent}
	out, err := s.book.Count(r.Context(), count)
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	if why != nil && !answered(out, err) {
		return why
	}
	if err == nil {
		err = out.Err
	}
	if err != nil {
		return err
	}
	answer, ok := contract.RenderCount(out.Entry)
	if !ok {
		return fmt.Errorf("answer count: entry %d is of kind %s", out.Entry.Seq, out.Entry.Kind)
	}
	if count.Preview {
		answer.At = contract.Place(count.Epoch, count.At)
		return writeJSON(w, http.StatusOK, answer)
	}
	return writeJSON(w, http.StatusCreated, answer)
}

// knows says whether a SKU is an item, or lies here although it is none any more.
func (s *web) knows(sku ledger.SKU) bool {
	if s.book.HasItem(sku) {
		return true
	}
	_, had := s.book.Level(sku)
	return had
}

// countSheet lists what is to be counted.
func (s *web) countSheet(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "bin", "sku", "category", "moved_since", "blind", "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	sheet := ledger.SheetQuery{Limit: page.Limit}
	if text := q.Get("bin"); text != "" {
		if sheet.Bin, err = ledger.ParseBin(text); err != nil {
			return err
		}
	}
	if text := q.Get("sku"); text != "" {
		if sheet.SKU, err = ledger.ParseSKU(text); err != nil {
			return err
		}
		if !s.knows(sheet.SKU) {
			return s.unknownSKU(sheet.SKU, 0)
		}
	}
	if sheet.Category = q.Get("category"); sheet.Category != "" {
		if err := contract.CheckText("category", sheet.Category, ledger.CategoryMax); err != nil {
			return err
		}
	}
	if text := q.Get("moved_since"); text != "" {
		sheet.Moved = true
		if sheet.SinceEpoch, sheet.Since, err = s.placeOf("moved_since", text); err != nil {
			return err
		}
	}
	blind := q.Get("blind")
	if blind != "" && blind != "true" && blind != "false" {
		return &ledger.FormError{Field: "blind", Why: "is not true or false"}
	}
	if sheet.AfterBin, sheet.AfterSKU, err = cutRow(page.After); err != nil {
		return err
	}
	rows, at, more, err := s.book.CountSheet(sheet)
	if err != nil {
		return err
	}
	out := contract.CountSheet{At: contract.Place(at.Epoch, at.Seq), Rows: make([]contract.SheetRow, len(rows))}
	for i, row := range rows {
		item, _ := s.book.Item(row.SKU)
		out.Rows[i] = contract.SheetRow{Bin: row.Bin, SKU: row.SKU, Name: item.Name}
		if home := s.homeOf(row.SKU); home != row.Bin {
			out.Rows[i].Home = home
		}
		if blind != "true" {
			out.Rows[i].Expected = &row.Expected
			out.Rows[i].Lots = contract.RenderSheetLots(row.Lots)
		}
	}
	if more {
		last := rows[len(rows)-1]
		out.NextCursor = rowCursor(last.Bin, last.SKU)
	}
	return writeJSON(w, http.StatusOK, out)
}

// placeOf reads a place in the journal, EPOCH.SEQ, or the place of a moment: a time, or the beginning of a day of this site's.
func (s *web) placeOf(field, text string) (ledger.Epoch, ledger.Seq, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		at, err = time.ParseInLocation(time.DateOnly, text, s.book.Company().Location())
	}
	if err == nil {
		return s.book.PlaceAt(at)
	}
	epoch, seq, err := contract.ReadPosition(field, text)
	if err != nil {
		return 0, 0, &ledger.FormError{Field: field, Why: "is neither EPOCH.SEQ, for example 1.240, nor a time such as 2026-11-22T09:30:00Z, nor a day"}
	}
	return epoch, seq, nil
}

// rowCursor is the cursor of a list by bin and SKU; cutRow reads it.
func rowCursor(bin ledger.Bin, sku ledger.SKU) string {
	return contract.Cursor(string(bin) + "\n" + string(sku))
}

func cutRow(after string) (ledger.Bin, ledger.SKU, error) {
	if after == "" {
		return "", "", nil
	}
	bin, sku, ok := strings.Cut(after, "\n")
	if !ok {
		return "", "", &ledger.FormError{Field: "cursor", Why: "is not one that such a list gave"}
	}
	return ledger.Bin(bin), ledger.SKU(sku), nil
}
