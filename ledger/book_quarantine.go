package ledger

import (
	"strings"

	"go.etcd.io/bbolt"
)

// quarantineTextMax bounds the reason that is kept, in bytes: it may come from a peer.
const quarantineTextMax = 1024

// Quarantine stops the writing of anything but goods in the hand: goods that came in would be promised to whoever
// waits for them, and so would what an open ask lets go of. Keys that were answered still give
// their answer. why is for people; the first one is kept. It is on disk when Quarantine returns,
// so that a restart does not end it: only a rebuild from head office does. Goods that the customer
// holds are sold all the same (inHand). A disk that does not
// take it stops the book, as any failed commit does.
func (b *Book) Quarantine(why string) {
	b.landing.Lock() // what was decided before lands before
	defer b.landing.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.quarantine != "" {
		return
	}
	if why == "" {
		why = "no reason was given"
	}
	b.quarantine = strings.ToValidUTF8(why[:min(len(why), quarantineTextMax)], "")
	defer b.tell() // who waits for news looks anew
	if b.Err() != nil {
		return // stopped or closed: nothing is written, and nothing is promised either
	}
	_ = b.keepQuarantine() // noted by commit, and Run returns it
}

// keepQuarantine brings the reason to the disk, if it is not there. The writer does so before it writes
// what was sold in the hand: that moves the witness on, which may be the only evidence. The caller
// holds mu.
func (b *Book) keepQuarantine() error {
	if b.kept {
		return nil
	}
	value := sealValue(bucketMeta, keyQuarantine, []byte(b.quarantine))
	// Twice, so that both meta pages lead to it: bbolt takes the loss of one for a power cut.
	for range 2 {
		if err := b.commit(ActQuarantine, func(tx *bbolt.Tx) error {
			return tx.Bucket(bucketMeta).Put(keyQuarantine, value)
		}); err != nil {
			return err
		}
	}
	b.kept = true
	return nil
}

// storedQuarantine gives the reason that the book of tx keeps, or "".
func storedQuarantine(tx *bbolt.Tx) (string, error) {
	stored := tx.Bucket(bucketMeta).Get(keyQuarantine)
	if stored == nil {
		return "", nil
	}
	why, err := openValue(bucketMeta, keyQuarantine, stored)
	if err == nil && len(why) == 0 {
		err = &DamageError{Where: "quarantine", Why: "it has no reason"}
	}
	return string(why), err
}
