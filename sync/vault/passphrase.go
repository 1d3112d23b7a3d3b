package vault

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// What one try of a passphrase costs: 64 MiB and three passes, some 0.2 s of one processor (BenchmarkTry). A thief has the file and
// all the time there is, so it costs more than a PIN's, which a door slows down.
const (
	memoryHere  = 64 << 10 // KiB
	passesHere  = 3
	lanesHere   = 1
	memoryLeast = 8
	memoryMost  = 1 << 20 // KiB
	passesMost  = 16
	lanesMost   = 8
	saltSize    = 16
)

// Bounds of a passphrase, in bytes.
const (
	PassphraseMin = 12
	PassphraseMax = 1024
)

// CheckPassphrase refuses one that is too short to be worth anything, or too long.
func CheckPassphrase(passphrase []byte) error {
	if n := len(passphrase); n < PassphraseMin || n > PassphraseMax {
		return fmt.Errorf("a passphrase has %d to %d bytes, this one %d; five words drawn by dice are a good one", PassphraseMin, PassphraseMax, n)
	}
	return nil
}

// WrapByPassphrase wraps the key with a passphrase, in the place of an earlier one. The file is not written yet.
func (f *File) WrapByPassphrase(key *sealed.Key, passphrase []byte, random io.Reader, now time.Time) error {
	if err := CheckPassphrase(passphrase); err != nil {
		return err
	}
	w := Wrap{By: ByPassphrase, Made: now.UTC().Truncate(time.Second), Salt: make([]byte, saltSize), MemoryKiB: memoryHere, Passes: passesHere, Lanes: lanesHere}
	if _, err := io.ReadFull(random, w.Salt); err != nil {
		return fmt.Errorf("draw salt of passphrase: %w", err)
	}
	return f.wrap(w, key, w.stretch(passphrase))
}

// stretch gives the secret that a passphrase is worth.
func (w *Wrap) stretch(passphrase []byte) []byte {
	return argon2.IDKey(passphrase, w.Salt, w.Passes, w.MemoryKiB, w.Lanes, sealed.KeySize)
}

// OpenByPassphrase gives the key. ErrPassphrase where it is another's, ErrNoWrap where the key has no such wrapping.
func (f *File) OpenByPassphrase(passphrase []byte) (*sealed.Key, error) {
	if len(passphrase) > PassphraseMax {
		return nil, ErrPassphrase
	}
	err := ErrNoWrap
	for i := range f.Wraps {
		w := &f.Wraps[i]
		if w.By != ByPassphrase {
			continue
		}
		secret := w.stretch(passphrase)
		key, openErr := f.open(w, secret)
		clear(secret)
		if openErr == nil {
			return key, nil
		}
		err = ErrPassphrase
	}
	return nil, err
}
