package hq

import (
	"sync"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A bell wakes all who wait for it. It is a doorbell, never the letter: who is woken looks anew.
type bell struct {
	mu   sync.Mutex // guards next
	next chan struct{}
}

func newBell() *bell { return &bell{next: make(chan struct{})} }

// wait gives what is closed at the next ring. Take it, then look, then wait for it.
func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.next
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.next)
	b.next = make(chan struct{})
}

// bells are the sites' own, so that one site's command does not wake a thousand polls. They are
// as many as there are sites.
type bells struct {
	mu    sync.Mutex // guards sites
	sites map[ledger.SiteID]*bell
}

func newBells() *bells { return &bells{sites: map[ledger.SiteID]*bell{}} }

func (b *bells) of(site ledger.SiteID) *bell {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, ok := b.sites[site]
	if !ok {
		one = newBell()
		b.sites[site] = one
	}
	return one
}

func (b *bells) ring(sites []ledger.SiteID) {
	for _, s := range sites {
		b.of(s).ring()
	}
}

func (b *bells) ringAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range b.sites {
		one.ring()
	}
}
