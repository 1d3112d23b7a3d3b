package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// KeySize is the bytes of a key.
const KeySize = 32

// Overhead is how many bytes longer a sealed text is: a nonce and a tag.
const Overhead = 12 + 16

var (
	// ErrSealed says that a file is sealed and no key was given.
	ErrSealed = errors.New("it is sealed, and its key was not given")
	// ErrKey says that a file was sealed under another key than the one that was given.
	ErrKey = errors.New("it was sealed under another key")
	// ErrOpen says that a key was given and the file is not sealed: somebody may have put it there.
	ErrOpen = errors.New("it is not sealed, and the book's other files are")
	// ErrCut says that the header of a file of pages is one that a power failure cut: of its sectors some were written. Of a file
	// that was whole before it is damage, for a header is written once.
	ErrCut = errors.New("its header was cut short while it was written")
	// errAltered says that a text is not what was sealed for this place.
	errAltered = errors.New("it is not what was sealed here")
)

// A Key seals one book. It is made by NewKey or KeyOf, and never printed.
type Key struct{ secret [KeySize]byte }

// NewKey draws a key.
func NewKey(random io.Reader) (*Key, error) {
	k := new(Key)
	if _, err := io.ReadFull(random, k.secret[:]); err != nil {
		return nil, fmt.Errorf("draw key: %w", err)
	}
	return k, nil
}

// KeyOf gives the key that was kept as bytes, which it copies.
func KeyOf(secret []byte) (*Key, error) {
	if len(secret) != KeySize {
		return nil, fmt.Errorf("a key has %d bytes, not %d", KeySize, len(secret))
	}
	return &Key{[KeySize]byte(secret)}, nil
}

// Secret gives a copy of the key's bytes, to be wrapped and wiped.
func (k *Key) Secret() []byte { return append([]byte(nil), k.secret[:]...) }

// String hides the key.
func (k *Key) String() string { return "[key]" }

// GoString hides the key.
func (k *Key) GoString() string { return "[key]" }

// Format hides the key from every verb.
func (k *Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[key]") }

// LogValue hides the key.
func (k *Key) LogValue() slog.Value { return slog.StringValue("[key]") }

// MarshalText hides the key.
func (k *Key) MarshalText() ([]byte, error) { return []byte("[key]"), nil }

// A Box seals texts of one kind under a key of its own. It may be used from any goroutine.
type Box struct{ aead cipher.AEAD }

// Box derives the box for a purpose and a salt; the same two give the same box. One box may seal up to 2^32
// texts; callers stay far below by a salt for each file and opening.
func (k *Key) Box(purpose string, salt []byte) *Box {
	secret, err := hkdf.Key(sha256.New, k.secret[:], salt, "holdfast book 1 "+purpose, KeySize)
	if err != nil {
		panic(err) // only a length that SHA-256 cannot give
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		panic(err) // only another length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only another block size
	}
	return &Box{aead}
}

// Seal appends what seals text for a place to dst: Overhead bytes more than text has. dst and text must not overlap.
func (b *Box) Seal(dst, text, place []byte) []byte {
	return b.aead.Seal(dst, nil, text, place) // #nosec G407 -- no nonce is given: this AEAD draws one for each text, and refuses any other
}

// Open appends the text that was sealed for that place to dst. dst and stored must not overlap.
func (b *Box) Open(dst, stored, place []byte) ([]byte, error) {
	text, err := b.aead.Open(dst, nil, stored, place)
	if err != nil {
		return nil, errAltered
	}
	return text, nil
}
