package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// partJournalSealed is the journal of a sealed book in its backup: a salt of 16 bytes, then each frame sealed for its
// place in the part, behind its length (uvarint). The part of the index is the sealed image.
const partJournalSealed = "book/journal/sealed"

const purposeBackup = "frames of a backup"

// writeIndex copies the index as tx has it to a file, sealed where the book is.
func writeIndex(env Env, tx *bbolt.Tx, to io.Writer) error {
	key := env.key()
	if key == nil {
		_, err := tx.WriteTo(to)
		return err
	}
	s, err := key.Stream(to, kindIndex, env.Random("seal of a backup"))
	if err != nil {
		return err
	}
	if _, err := tx.WriteTo(s); err != nil {
		return err
	}
	return s.Close()
}

// A frameSealer seals the frames of a backup, or opens them. The nil one leaves them as they are.
type frameSealer struct {
	box  *sealed.Box
	at   uint64
	text []byte
}

// newFrameSealer begins the journal's part of a sealed book's backup with its salt.
func newFrameSealer(env Env, to io.Writer) (*frameSealer, error) {
	if env.key() == nil {
		return nil, nil
	}
	salt := make([]byte, 16)
	_, err := io.ReadFull(env.Random("seal of a backup's journal"), salt)
	if err == nil {
		_, err = to.Write(salt)
	}
	return &frameSealer{box: env.key().Box(purposeBackup, salt)}, err
}

// openFrameSealer reads the salt that such a part begins with.
func openFrameSealer(env Env, from io.Reader) (*frameSealer, error) {
	if env.key() == nil {
		return nil, fmt.Errorf("backup: %w", sealed.ErrSealed)
	}
	salt := make([]byte, 16)
	if _, err := io.ReadFull(from, salt); err != nil {
		return nil, &DamageError{Where: "backup", Why: "its journal is cut short: " + err.Error()}
	}
	return &frameSealer{box: env.key().Box(purposeBackup, salt)}, nil
}

func (s *frameSealer) place() []byte {
	s.at++
	return binary.BigEndian.AppendUint64(nil, s.at)
}

// seal gives a frame as it stands in the backup, good until the next call.
func (s *frameSealer) seal(raw []byte) []byte {
	if s == nil {
		return raw
	}
	s.text = s.box.Seal(s.text[:0], raw, s.place())
	return s.text
}

// open gives the frame of what stands in the backup.
func (s *frameSealer) open(stored []byte) ([]byte, error) {
	if s == nil {
		return stored, nil
	}
	raw, err := s.box.Open(nil, stored, s.place())
	if err != nil {
		return nil, errors.Join(&DamageError{Where: "backup", Why: fmt.Sprintf("frame %d of its journal was altered, or the key is another book's", s.at)}, err)
	}
	return raw, nil
}
