package vault

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// KeyFile is the name of the file, in the folder of the book.
const KeyFile = ledger.KeyFile

// FileMax bounds the bytes of a file of keys.
const FileMax = 64 << 10

const (
	fileVersion = 1
	wrapsMax    = 8
)

// How a key is wrapped.
const (
	ByPassphrase = "passphrase"
	ByHeadOffice = "head_office"
)

var (
	// ErrPassphrase says that a passphrase opens no wrapping of the file.
	ErrPassphrase = errors.New("the passphrase is not the one that the book was sealed with")
	// ErrNoWrap says that the key is not wrapped in that way.
	ErrNoWrap = errors.New("the book's key is not wrapped in that way")
	// errFile says that the file of the key is damaged.
	errFile = errors.New("the file of the book's key is damaged; put the one of the last backup in its place")
)

// A File is a book's key in its wrappings. It is JSON on the disk; fields are only ever added.
type File struct {
	Version int    `json:"version"`
	Book    string `json:"book"` // 16 random bytes in hexadecimal: wrappings are bound to it
	Wraps   []Wrap `json:"wraps"`
}

// A Wrap is the key in one wrapping.
type Wrap struct {
	By   string    `json:"by"`
	Made time.Time `json:"made"`
	Salt []byte    `json:"salt"`
	Box  []byte    `json:"box"` // the key, sealed

	MemoryKiB uint32 `json:"memory_kib,omitempty"` // passphrase: what a try costs, Argon2id
	Passes    uint32 `json:"passes,omitempty"`
	Lanes     uint8  `json:"lanes,omitempty"`

	Site string `json:"site,omitempty"` // head office: whose book it is
	Of   string `json:"of,omitempty"`   // head office: fingerprint of the secret that the wrapping is of, in hexadecimal
}

// NewFile draws the key of a new book and gives the file that will keep it, without a wrapping yet.
func NewFile(random io.Reader) (*File, *sealed.Key, error) {
	id := make([]byte, 16)
	if _, err := io.ReadFull(random, id); err != nil {
		return nil, nil, fmt.Errorf("draw number of book: %w", err)
	}
	key, err := sealed.NewKey(random)
	if err != nil {
		return nil, nil, err
	}
	return &File{Version: fileVersion, Book: hex.EncodeToString(id)}, key, nil
}

// Parse reads a file of keys. Whatever it gives has bounds that a reader can pay for.
func Parse(raw []byte) (*File, error) {
	if len(raw) > FileMax {
		return nil, fmt.Errorf("%w: it has over %d bytes", errFile, FileMax)
	}
	var f File
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: %w", errFile, err)
	}
	if f.Version > fileVersion {
		return nil, fmt.Errorf("the file of the book's key is of version %d, and this program knows %d: use the program that wrote it, or a newer one", f.Version, fileVersion)
	}
	if id, err := hex.DecodeString(f.Book); f.Version < 1 || err != nil || len(id) != 16 || len(f.Wraps) == 0 || len(f.Wraps) > wrapsMax {
		return nil, errFile
	}
	for _, w := range f.Wraps {
		if err := w.check(); err != nil {
			return nil, err
		}
	}
	return &f, nil
}

func (w *Wrap) check() error {
	if len(w.Salt) != saltSize || len(w.Box) != sealed.KeySize+sealed.Overhead || len(w.By) > 64 || len(w.Site) > 64 || len(w.Of) > 64 {
		return errFile
	}
	if of, err := hex.DecodeString(w.Of); w.By == ByHeadOffice && (err != nil || len(of) != 32 || w.Site == "") {
		return errFile
	}
	if w.By == ByPassphrase && (w.MemoryKiB < memoryLeast || w.MemoryKiB > memoryMost || w.Passes < 1 || w.Passes > passesMost || w.Lanes < 1 || w.Lanes > lanesMost) {
		return fmt.Errorf("%w: what a try of its passphrase costs is out of bounds", errFile)
	}
	return nil
}

// Marshal gives the bytes of the file.
func (f *File) Marshal() []byte {
	raw, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		panic(err) // it holds nothing that JSON has no word for
	}
	return append(raw, '\n')
}

// Has says whether the key is wrapped in that way.
func (f *File) Has(by string) bool { return f.wrapOf(by) != nil }

// wrapOf gives the first wrapping of a way; nil where there is none.
func (f *File) wrapOf(by string) *Wrap {
	for i := range f.Wraps {
		if f.Wraps[i].By == by {
			return &f.Wraps[i]
		}
	}
	return nil
}

// Drop takes all wrappings of a way off. The last one stays: without it nobody ever opens the book again.
func (f *File) Drop(by string) error {
	var rest []Wrap
	for _, w := range f.Wraps {
		if w.By != by {
			rest = append(rest, w)
		}
	}
	switch {
	case len(rest) == len(f.Wraps):
		return ErrNoWrap
	case len(rest) == 0:
		return errors.New("it is the only wrapping of the book's key: without it nobody opens the book again")
	}
	f.Wraps = rest
	return nil
}

// replace puts a wrapping in the place of those of its way.
func (f *File) replace(w Wrap) {
	wraps := []Wrap{w}
	for _, old := range f.Wraps {
		if old.By != w.By {
			wraps = append(wraps, old)
		}
	}
	f.Wraps = wraps
}

// place is what a wrapping is bound to.
func (f *File) place(w *Wrap) []byte {
	return []byte(w.By + " of " + f.Book + " " + w.Site)
}

// open opens a wrapping with the secret that it is of.
func (f *File) open(w *Wrap, secret []byte) (*sealed.Key, error) {
	outer, err := sealed.KeyOf(secret)
	if err != nil {
		return nil, err
	}
	raw, err := outer.Box("key of a book", w.Salt).Open(nil, w.Box, f.place(w))
	if err != nil {
		return nil, err
	}
	defer clear(raw)
	return sealed.KeyOf(raw)
}

// wrap seals the key with the secret of a wrapping, and puts it into the file.
func (f *File) wrap(w Wrap, key *sealed.Key, secret []byte) error {
	outer, err := sealed.KeyOf(secret)
	if err != nil {
		return err
	}
	raw := key.Secret()
	defer clear(raw)
	w.Box = outer.Box("key of a book", w.Salt).Seal(nil, raw, f.place(&w))
	f.replace(w)
	return nil
}
