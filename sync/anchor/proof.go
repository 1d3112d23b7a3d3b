package anchor

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

const pemEntries = "HOLDFAST ENTRIES"

// pathMax bounds a proof's path, in frames, and pathBytes in bytes.
const (
	pathMax   = 64
	pathBytes = 8 << 20
)

// A Proof shows that an entry stands in the journal whose head was signed. The first entry of Path is the one that is
// proved; the last one is what the statement names.
type Proof struct {
	Path      []*ledger.Frame
	Statement []byte // a file, as Sign gives it
}

// A Proven is what a proof has shown.
type Proven struct {
	Site  ledger.SiteID
	Entry *ledger.Entry
	Hash  ledger.Hash // of the entry
	Head  ledger.Head // that was signed
	By    identity.Name
	At    time.Time // of the statement
}

// Path cuts a proof's path out of frames: from entry seq to entry to. The frames are whole ones that follow each other.
func Path(frames []*ledger.Frame, seq, to ledger.Seq) ([]*ledger.Frame, error) {
	var out []*ledger.Frame
	size, next := 0, seq
	for _, f := range frames {
		from, end := max(f.First, seq), min(f.End().Seq, to)
		if from > end {
			continue
		}
		if from != next {
			return nil, fmt.Errorf("prove entry %d: the journal has no entry %d", seq, next)
		}
		c := &ledger.Frame{Site: f.Site, Epoch: f.Epoch, First: from, Before: f.Before, Hashes: f.Hashes[from-f.First : end-f.First+1], Entries: f.Entries[from-f.First : end-f.First+1]}
		if from > f.First {
			c.Before = f.Hashes[from-f.First-1]
		}
		out, next = append(out, c), end+1
		if size += len(ledger.EncodeFrame(c)); len(out) > pathMax || size > pathBytes {
			return nil, fmt.Errorf("prove entry %d: the head that is signed, entry %d, is too far from it: have a nearer one signed", seq, to)
		}
	}
	if next != to+1 || next == seq {
		return nil, fmt.Errorf("prove entry %d: the journal has no entry %d", seq, next)
	}
	return out, nil
}

// IsProof says whether a file begins as a proof.
func IsProof(raw []byte) bool {
	return bytes.HasPrefix(raw, []byte("-----BEGIN "+pemEntries+"-----\n"))
}

// Marshal writes a proof as one file.
func (p *Proof) Marshal() []byte {
	var out []byte
	for _, f := range p.Path {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: pemEntries, Bytes: ledger.EncodeFrame(f)})...)
	}
	return append(out, p.Statement...)
}

// ParseProof reads what Marshal writes. What it shows, Verify says.
func ParseProof(raw []byte) (Proof, error) {
	var p Proof
	if len(raw) > FileMax || !IsProof(raw) {
		return p, ErrNotOne
	}
	blocks, err := split(raw, pathMax+2+chainMax)
	if err != nil {
		return p, err
	}
	for i, b := range blocks {
		if b.Type != pemEntries {
			for _, rest := range blocks[i:] {
				p.Statement = append(p.Statement, pem.EncodeToMemory(rest)...)
			}
			return p, nil
		}
		f, err := ledger.DecodeFrame(b.Bytes)
		if err != nil {
			return p, fmt.Errorf("read proof: %w", err)
		}
		if !bytes.Equal(ledger.EncodeFrame(f), b.Bytes) {
			return p, fmt.Errorf("%w: what holds entry %d is not in its one spelling", ErrNotOne, f.First)
		}
		p.Path = append(p.Path, f)
	}
	return p, fmt.Errorf("%w: the statement is missing", ErrNotOne)
}

// ErrNotSigned says that the statement does not have the head that the path ends with.
var ErrNotSigned = errors.New("the path does not end with a head that was signed: an entry in it was changed, or the statement is of another journal")

// Verify says what the proof shows, under these roots, or which entry is at fault.
func (p *Proof) Verify(roots []*x509.Certificate) (Proven, error) {
	s, by, err := Open(p.Statement, roots)
	if err != nil {
		return Proven{}, err
	}
	if len(p.Path) == 0 {
		return Proven{}, ErrNotOne
	}
	at := p.Path[0].Start()
	for _, f := range p.Path {
		if err := f.Verify(); err != nil {
			return Proven{}, err
		}
		if f.Site != p.Path[0].Site || f.First != at.Seq+1 || f.Before != at.Hash {
			return Proven{}, &ledger.DamageError{Where: fmt.Sprintf("entry %d of %s", f.First, f.Site), Why: fmt.Sprintf("it does not follow entry %d", at.Seq)}
		}
		if _, err := f.Open(); err != nil {
			return Proven{}, err
		}
		at = f.End()
	}
	first := p.Path[0]
	out := Proven{Site: first.Site, Hash: first.Hashes[0], Head: ledger.Head{Site: first.Site, Position: at}, By: by, At: s.At}
	if out.Entry, err = ledger.UnmarshalEntry(first.Entries[0]); err != nil {
		return Proven{}, err
	}
	for _, h := range s.Heads {
		if h == out.Head {
			return out, nil
		}
		if h.Site == out.Head.Site && h.Seq == at.Seq {
			return out, fmt.Errorf("%w: signed is %s, the path ends as %s", ErrNotSigned, h, out.Head)
		}
	}
	return out, fmt.Errorf("%w: the path ends as %s", ErrNotSigned, out.Head)
}
