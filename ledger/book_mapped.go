package ledger

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger/mapped"
)

// HandBack hands the pages of the book's file that are mapped back to the system. They count as
// this process's memory, and few of them are read again soon.
func (b *Book) HandBack() error {
	if b.Err() != nil { // its end is told by Run
		return nil
	}
	if err := mapped.Release(b.db.DB); err != nil && b.Err() == nil {
		return fmt.Errorf("book: %w", err)
	}
	return nil
}
