package mapped

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Release hands back all pages of db that are mapped. It may be called beside readers and
// writers; it must not be called by a goroutine that has a transaction of db open. A system that
// cannot do it is left as it is.
func Release(db *bolt.DB) error {
	err := db.View(func(tx *bolt.Tx) error {
		// The file up to the last page in use; what is mapped beyond has nothing in it.
		release(db.Info().Data, uintptr(tx.Size()))
		return nil
	})
	if err != nil {
		return fmt.Errorf("hand back mapped pages: %w", err)
	}
	return nil
}
