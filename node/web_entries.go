package node

import (
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// entries gives the journal from a place on. Sequences run on across epochs, so the number
// alone finds the place; an epoch that the book has not reached is refused, and so is a place that
// the journal was trimmed of. Without a place the list begins with the first entry that is here.
func (s *web) entries(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "after", "cursor", "limit"); err != nil {
		return err
	}
	text := q.Get("after")
	if q.Has("cursor") {
		if text != "" {
			return &ledger.FormError{Field: "cursor", Why: "does not go together with after"}
		}
		text = q.Get("cursor")
		q.Del("cursor")
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	epoch, after, err := contract.ReadAfter(text)
	if err != nil {
		return err
	}
	if head := s.book.Head(); epoch > head.Epoch {
		return &ledger.FormError{Field: "after", Why: fmt.Sprintf("names epoch %d; the book is in %d", epoch, head.Epoch)}
	}
	trimmed := s.book.Trimmed()
	if text == "" {
		after = trimmed // the start is where the journal begins now
	}
	entries, hashes, err := s.book.Entries(after, page.Limit)
	if err != nil {
		return fmt.Errorf("read entries after %d: %w", after, err)
	}
	out := contract.EntryList{Entries: make([]contract.Entry, len(entries)), TrimmedSeq: uint64(trimmed)}
	for i, e := range entries {
		out.Entries[i] = contract.RenderEntry(e, hashes[i])
	}
	if n := len(entries); n > 0 && entries[n-1].Seq < s.book.Head().Seq {
		out.NextCursor = fmt.Sprintf("%d.%d", entries[n-1].Epoch, entries[n-1].Seq)
	}
	return writeJSON(w, http.StatusOK, out)
}
