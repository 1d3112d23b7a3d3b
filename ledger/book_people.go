package ledger

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// PutPeople stores a list of users in the place of the one that was there.
func (b *Book) PutPeople(p People) error { return b.putPeople(p, nil) }

// HearPeople stores a list that head office has told: of each user the later word stands (People.Hear).
func (b *Book) HearPeople(told People) error {
	if err := told.Check(); err != nil {
		return fmt.Errorf("hear of users: %w", err)
	}
	b.hearing.Lock() // one at a time: the list that is there must not change meanwhile
	defer b.hearing.Unlock()
	return b.putPeople(b.People().Hear(told), nil)
}

// ChangePeople is PutPeople as somebody's act.
func (b *Book) ChangePeople(by Change, p People) error { return b.putPeople(p, []Change{by}) }

func (b *Book) putPeople(p People, by []Change) error {
	if err := b.Err(); err != nil {
		return err
	}
	if err := p.Check(); err != nil {
		return fmt.Errorf("put users: %w", err)
	}
	b.items.writing.Lock()
	defer b.items.writing.Unlock()
	if err := b.commit(ActItems, func(tx *bbolt.Tx) error {
		if err := putChanges(tx, by); err != nil {
			return err
		}
		return tx.Bucket(bucketMeta).Put(keyPeople, sealValue(bucketMeta, keyPeople, MarshalPeople(&p)))
	}); err != nil {
		return err
	}
	b.people.Store(p.Found())
	return nil
}

// People are the users that head office told of last; of nothing heard none. They must not be changed.
func (b *Book) People() *People { return b.people.Load() }

// loadPeople reads the users that the book keeps.
func (b *Book) loadPeople() error {
	p := &People{}
	err := b.view(func(tx *bbolt.Tx) error {
		stored := tx.Bucket(bucketMeta).Get(keyPeople)
		if stored == nil {
			return nil
		}
		v, err := openValue(bucketMeta, keyPeople, stored)
		if err != nil {
			return err
		}
		if p, err = UnmarshalPeople(v); err == nil {
			err = p.Check()
		}
		if err != nil {
			return &DamageError{Where: "users", Why: err.Error()}
		}
		return nil
	})
	b.people.Store(p.Found())
	return err
}
