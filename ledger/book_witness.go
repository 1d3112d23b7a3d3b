package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// witnessSize is fixed, so that one plain write replaces all of the file.
const witnessSize = 256

// compareWitness opens the side file that holds the last head this book has shown. It may lag
// behind the book (it is written after the journal's sync, unsynced) and never leads: a book behind
// it has lost a record or is an older copy. The answer says why the book goes into quarantine.
func (b *Book) compareWitness() (string, error) {
	path := filepath.Join(b.cfg.Dir, WitnessFile)
	f, err := b.env.Disk.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", fmt.Errorf("open head witness: %w", err)
	}
	b.witness = f
	raw, err := io.ReadAll(io.LimitReader(f, witnessSize))
	if err != nil {
		return "", fmt.Errorf("read head witness: %w", err)
	}
	seen, ok := parseWitness(raw)
	if !ok {
		return "", nil // new, or torn by a power cut: it witnesses nothing
	}
	why, err := misses(b.tape, b.Head(), seen)
	if tear, torn := b.tape.Torn(); torn && why != "" {
		why += fmt.Sprintf("; bytes %d to %d of %s hold what is left of a write", tear.From, tear.To, tear.File)
	}
	return why, err
}

// misses says what a journal that ends at head lacks of what was seen of it, or "".
func misses(journal *tape.Tape, head, seen Head) (string, error) {
	if seen.Site != head.Site {
		return fmt.Sprintf("the head witness is of site %s", seen.Site), nil
	}
	if seen.Seq > head.Seq {
		return fmt.Sprintf("the book ends at entry %d but has shown entry %d before", head.Seq, seen.Seq), nil
	}
	if hash, err := hashAt(journal, seen.Seq); errors.Is(err, ErrTrimmed) {
		return "", nil // what is archived and older than the retention proves nothing about now
	} else if err != nil {
		return "", err
	} else if hash != seen.Hash {
		return fmt.Sprintf("entry %d is not the one that this book has shown before", seen.Seq), nil
	}
	return "", nil
}

// witnessed checks a closed book's journal, which ends at head, against what was seen of it.
func witnessed(env Env, dir string, journal *tape.Tape, head Head) error {
	f, err := env.Disk.OpenFile(filepath.Join(dir, WitnessFile), os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open head witness: %w", err)
	}
	defer f.Close() // nothing was written through it
	raw, err := io.ReadAll(io.LimitReader(f, witnessSize))
	if err != nil {
		return fmt.Errorf("read head witness: %w", err)
	}
	seen, ok := parseWitness(raw)
	if !ok {
		return nil
	}
	why, err := misses(journal, head, seen)
	if err == nil && why != "" {
		err = &DamageError{Where: "journal", Why: why}
	}
	return err
}

// witnessLine is the head, its checksum in hexadecimal, and blanks up to the fixed size. The
// checksum tells a line torn between two heads from a head of another past.
func witnessLine(head Head) []byte {
	text := head.String()
	return fmt.Appendf(nil, "%-*s\n", witnessSize-1, fmt.Sprintf("%s %08x", text, crcOf([]byte(WitnessFile), nil, []byte(text))))
}

func parseWitness(line []byte) (Head, bool) {
	fields := strings.Fields(string(line))
	if len(fields) != 2 || fmt.Sprintf("%08x", crcOf([]byte(WitnessFile), nil, []byte(fields[0]))) != fields[1] {
		return Head{}, false
	}
	head, err := ParseHead(fields[0])
	return head, err == nil
}

// hashAt gives the hash of entry seq; zero for 0.
func hashAt(journal *tape.Tape, seq Seq) (h Hash, err error) {
	if seq == 0 {
		return h, nil
	}
	if first := Seq(journal.First()); seq == first-1 && uint64(seq) < journal.Last() { // trimmed, but the next frame knows it
		if f, err := frameOf(journal, first); err == nil || !errors.Is(err, ErrTrimmed) {
			if err == nil {
				h = f.Before
			}
			return h, err
		}
	}
	f, err := frameOf(journal, seq)
	if err == nil {
		h = f.Hashes[seq-f.First]
	}
	return h, err
}

// Knows says whether p lies on this book's chain: false for a position beyond its head or of
// another past. A client that shows such a position is a witness that the book went back. One that
// the journal was trimmed of is believed: it is archived, so the book cannot have gone back behind it.
func (b *Book) Knows(p Position) (bool, error) {
	if p.Seq > b.Head().Seq {
		return false, nil
	}
	h, err := hashAt(b.tape, p.Seq)
	if errors.Is(err, ErrTrimmed) {
		return true, nil
	}
	return err == nil && h == p.Hash, err
}

func (b *Book) writeWitness(head Head) error {
	line := witnessLine(head)
	if err := b.env.Disk.Before(ActWitness, b.witness.Name()); err != nil {
		return fmt.Errorf("%s: %w", ActWitness, err)
	}
	if _, err := b.witness.WriteAt(line, 0); err != nil {
		return fmt.Errorf("%s: %w", ActWitness, err)
	}
	return nil
}
