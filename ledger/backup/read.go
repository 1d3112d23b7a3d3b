package backup

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"unicode/utf8"
)

// A Reader reads one backup, checking all of it. It is for one goroutine. Nothing that it gave may
// be taken for whole before Next has given io.EOF.
type Reader struct {
	from   io.Reader
	digest hash.Hash
	header Header
	record []byte
	chunk  []byte // of the part, not given yet
	buf    []byte
	pack   io.ReadCloser
	next   string // a part whose name was read ahead
	ahead  bool
	parts  uint32
	bytes  uint64
	at     int64
	err    error
}

// NewReader reads the header. ErrNotOne, ErrNewer, ErrCut, ErrDamaged.
func NewReader(from io.Reader) (*Reader, error) {
	r := &Reader{from: from, digest: sha256.New(), pack: flate.NewReader(bytes.NewReader(nil))}
	first := make([]byte, len(magic))
	n, err := io.ReadFull(from, first)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("read backup: %w", err)
	}
	switch {
	case string(first[:n]) != magic[:n] || n == 0:
		return nil, ErrNotOne
	case n < len(magic):
		return nil, ErrCut
	}
	r.took(first)
	kind, payload, err := r.read()
	if err != nil {
		return nil, err
	}
	if kind != recordHeader || len(payload) > headerMax || !utf8.Valid(payload) {
		return nil, fmt.Errorf("%w: it does not begin with its header", ErrDamaged)
	}
	if err := json.Unmarshal(payload, &r.header); err != nil {
		return nil, fmt.Errorf("%w: its header cannot be read: %w", ErrDamaged, err)
	}
	r.took(r.record)
	return r, r.header.check()
}

// Header says what the parts are.
func (r *Reader) Header() Header { return r.header }

// Bytes is how many bytes of the file have been read.
func (r *Reader) Bytes() int64 { return r.at }

// Next goes on to the next part and gives its name. What was not read of the part before is read
// and checked all the same. io.EOF says that the file was whole, to its last byte.
func (r *Reader) Next() (string, error) {
	if _, err := io.Copy(io.Discard, onlyRead{r}); err != nil {
		return "", err
	}
	if !r.ahead {
		return "", r.err
	}
	r.ahead = false
	r.err = nil
	return r.next, nil
}

// onlyRead keeps io.Copy from looking for anything else.
type onlyRead struct{ io.Reader }

// Read gives bytes of the part that Next gave last; io.EOF at its end.
func (r *Reader) Read(p []byte) (int, error) {
	for len(r.chunk) == 0 && r.err == nil {
		r.fill()
	}
	if len(r.chunk) == 0 {
		if r.ahead || errors.Is(r.err, io.EOF) {
			return 0, io.EOF
		}
		return 0, r.err
	}
	n := copy(p, r.chunk)
	r.chunk = r.chunk[n:]
	return n, nil
}

// fill reads the next record: bytes, the name of the next part, or the end.
func (r *Reader) fill() {
	kind, payload, err := r.read()
	if err != nil {
		r.err = err
		return
	}
	switch kind {
	case recordData:
		if r.parts == 0 {
			err = r.damaged("bytes before the first part")
		} else {
			err = r.unpack(payload)
		}
	case recordPart:
		if err = checkName(string(payload)); err == nil {
			if r.parts++; r.parts > partsMax {
				err = r.damaged("too many parts")
			}
		}
		if err == nil {
			r.next, r.ahead = string(payload), true
			err = io.EOF // of the part before
		}
	case recordEnd:
		if err = r.end(payload); err == nil {
			err = io.EOF
		}
	default:
		err = r.damaged(fmt.Sprintf("a record of kind %q", kind))
	}
	if kind != recordEnd {
		r.took(r.record)
	}
	r.err = err
}

func (r *Reader) unpack(payload []byte) error {
	if len(payload) < 4 {
		return r.damaged("a chunk without a length")
	}
	n := binary.BigEndian.Uint32(payload)
	if n == 0 || n > chunkMax {
		return r.damaged(fmt.Sprintf("a chunk of %d bytes", n))
	}
	if err := r.pack.(flate.Resetter).Reset(bytes.NewReader(payload[4:]), nil); err != nil {
		return r.damaged(err.Error())
	}
	if r.buf == nil {
		r.buf = make([]byte, chunkMax+1)
	}
	got, err := io.ReadFull(r.pack, r.buf[:n+1]) // one more than there may be
	if !errors.Is(err, io.ErrUnexpectedEOF) || got != int(n) {
		return r.damaged("a chunk that is not as long as it says")
	}
	r.chunk = r.buf[:n]
	r.bytes += uint64(n)
	return nil
}

func (r *Reader) end(payload []byte) error {
	if len(payload) != 4+8+sha256.Size {
		return r.damaged("its last record has another length")
	}
	if !bytes.Equal(payload[12:], r.digest.Sum(nil)) {
		return r.damaged("its digest does not match")
	}
	if binary.BigEndian.Uint32(payload) != r.parts || binary.BigEndian.Uint64(payload[4:]) != r.bytes {
		return r.damaged("it does not hold as much as it says")
	}
	var more [1]byte
	if n, err := io.ReadFull(r.from, more[:]); n > 0 {
		return r.damaged("there are bytes behind its end")
	} else if !errors.Is(err, io.EOF) {
		return fmt.Errorf("read backup: %w", err)
	}
	return nil
}

// read gives one record, checked; r.record holds all of it. The caller says took when it has its
// place in the digest.
func (r *Reader) read() (kind byte, payload []byte, err error) {
	const ahead, behind = 5, 4
	r.record = append(r.record[:0], make([]byte, ahead)...)
	if err := r.full(r.record); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(r.record[1:])
	if n > recordMax {
		return 0, nil, r.damaged(fmt.Sprintf("a record of %d bytes", n))
	}
	if need := ahead + int(n) + behind; cap(r.record) < need {
		r.record = append(make([]byte, 0, need), r.record...)
	}
	r.record = r.record[:ahead+int(n)+behind]
	if err := r.full(r.record[ahead:]); err != nil {
		return 0, nil, err
	}
	body := r.record[:ahead+int(n)]
	if binary.BigEndian.Uint32(r.record[len(body):]) != checksum(body) {
		return 0, nil, r.damaged("a checksum does not match")
	}
	return body[0], body[ahead:], nil
}

func (r *Reader) full(p []byte) error {
	_, err := io.ReadFull(r.from, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends behind byte %d", ErrCut, r.at)
	}
	if err != nil {
		return fmt.Errorf("read backup: %w", err)
	}
	return nil
}

// took puts bytes of the file under the digest.
func (r *Reader) took(p []byte) {
	r.digest.Write(p) // of a hash: it cannot fail
	r.at += int64(len(p))
}

func (r *Reader) damaged(what string) error {
	return fmt.Errorf("%w: %s, behind byte %d", ErrDamaged, what, r.at)
}
