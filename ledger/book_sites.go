package ledger

import (
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
)

// PutSites stores the list of the company's sites in the place of the one that was there.
func (b *Book) PutSites(l SiteList) error {
	if err := b.Err(); err != nil {
		return err
	}
	if err := l.Check(); err != nil {
		return fmt.Errorf("put list of sites: %w", err)
	}
	l.Sites = slices.Clone(l.Sites)
	b.items.writing.Lock()
	defer b.items.writing.Unlock()
	if err := b.commit(ActItems, func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketMeta).Put(keySites, sealValue(bucketMeta, keySites, MarshalSiteList(&l)))
	}); err != nil {
		return err
	}
	b.items.mu.Lock()
	defer b.items.mu.Unlock()
	b.items.sites = l
	return nil
}

// Sites is the list of the company's sites that was heard last. It must not be changed.
func (b *Book) Sites() SiteList {
	b.items.mu.RLock()
	defer b.items.mu.RUnlock()
	return b.items.sites
}

// loadSites reads the list that the book of tx keeps, or none.
func loadSites(tx *bbolt.Tx) (SiteList, error) {
	stored := tx.Bucket(bucketMeta).Get(keySites)
	if stored == nil {
		return SiteList{}, nil
	}
	v, err := openValue(bucketMeta, keySites, stored)
	if err != nil {
		return SiteList{}, err
	}
	l, err := UnmarshalSiteList(v)
	if err == nil {
		err = l.Check()
	}
	if err != nil {
		return SiteList{}, &DamageError{Where: "list of sites", Why: err.Error()}
	}
	return *l, nil
}
