package ledger

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// PutCompany stores what head office says of the company in the place of what was there.
func (b *Book) PutCompany(c Company) error { return b.putCompany(c, nil) }

// ChangeCompany is PutCompany as somebody's act.
func (b *Book) ChangeCompany(by Change, c Company) error { return b.putCompany(c, []Change{by}) }

func (b *Book) putCompany(c Company, by []Change) error {
	if err := b.Err(); err != nil {
		return err
	}
	if err := c.Check(); err != nil {
		return fmt.Errorf("put company: %w", err)
	}
	b.items.writing.Lock()
	defer b.items.writing.Unlock()
	c.place = nil
	if err := b.commit(ActItems, func(tx *bbolt.Tx) error {
		if err := putChanges(tx, by); err != nil {
			return err
		}
		return tx.Bucket(bucketMeta).Put(keyCompany, sealValue(bucketMeta, keyCompany, MarshalCompany(&c)))
	}); err != nil {
		return err
	}
	b.company.Store(c.Settled())
	return nil
}

// Company is what head office said of the company last; of nothing heard the zero one. It must not be changed.
func (b *Book) Company() *Company { return b.company.Load() }

// loadCompany reads what the book keeps of the company.
func (b *Book) loadCompany() error {
	c := &Company{}
	err := b.view(func(tx *bbolt.Tx) error {
		stored := tx.Bucket(bucketMeta).Get(keyCompany)
		if stored == nil {
			return nil
		}
		v, err := openValue(bucketMeta, keyCompany, stored)
		if err != nil {
			return err
		}
		if c, err = UnmarshalCompany(v); err == nil {
			err = c.Check()
		}
		if err != nil {
			return &DamageError{Where: "company", Why: err.Error()}
		}
		return nil
	})
	b.company.Store(c.Settled())
	return err
}
