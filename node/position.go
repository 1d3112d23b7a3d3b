package node

import (
	"sync/atomic"

	"github.com/holdfast-stock/holdfast/ledger"
)

// position writes the book's head for the header that every answer carries. It changes once a
// commit, not once an answer, so the last text is kept.
type position struct {
	book *ledger.Book
	last atomic.Pointer[shownHead]
}

type shownHead struct {
	head ledger.Head
	text []string // one value; never changed, for answers share it
}

// header gives the value of the header. It must not be changed.
func (p *position) header() []string {
	head := p.book.Head()
	if last := p.last.Load(); last != nil && last.head == head {
		return last.text
	}
	now := &shownHead{head, []string{head.String()}}
	p.last.Store(now)
	return now.text
}
