package ledger

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// trimmedTo is a state beyond its levels and orders as it was where the journal was trimmed, with
// what an audit had counted up to there.
type trimmedTo struct {
	At       checkpoint
	Frames   uint64
	Accepted uint64
	Refused  uint64
	Unknown  uint64
}

func (t *trimmedTo) marshal() []byte {
	p := newPacker()
	p.array(6)
	p.uint(1)
	p.bin(t.At.marshal())
	p.uint(t.Frames)
	p.uint(t.Accepted)
	p.uint(t.Refused)
	p.uint(t.Unknown)
	return p.bytes()
}

func unmarshalTrimmed(b []byte) (trimmedTo, error) {
	u := newUnpacker(b)
	n := u.array(6)
	u.uint() // version
	at := u.bin()
	t := trimmedTo{Frames: u.uint(), Accepted: u.uint(), Refused: u.uint(), Unknown: u.uint()}
	u.rest(n, 6)
	if err := u.done("trimmed"); err != nil {
		return trimmedTo{}, err
	}
	var err error
	t.At, err = unmarshalCheckpoint(at)
	return t, err
}

// A stub is what is kept of an entry whose place in the journal is gone: the entry without its
// postings, as any entry is stored.
type stub struct {
	seq   Seq
	bytes []byte
}

// A pack of stubs is version, method and, deflated where that is shorter, of each stub its number
// (uvarint), its length (uvarint) and its bytes. Numbers rise.
const (
	stubsVersion  = 1
	stubsPlain    = 0
	stubsDeflated = 1
	stubsFull     = 16 << 10                   // bytes at which a pack is closed
	stubsMax      = FrameBytesLone + stubsFull // bytes of a pack, unpacked, at most
)

// stubsDeflateFrom is the bytes below which deflating never pays.
const stubsDeflateFrom = 128

func packStubs(stubs []stub) []byte {
	var plain []byte
	for _, s := range stubs {
		plain = binary.AppendUvarint(plain, uint64(s.seq))
		plain = binary.AppendUvarint(plain, uint64(len(s.bytes)))
		plain = append(plain, s.bytes...)
	}
	if len(plain) >= stubsDeflateFrom {
		out := bytes.NewBuffer([]byte{stubsVersion, stubsDeflated})
		w, err := flate.NewWriter(out, flate.DefaultCompression)
		if err == nil {
			_, err = w.Write(plain)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			panic("ledger: deflate into memory: " + err.Error())
		}
		if out.Len() < len(plain)+2 {
			return out.Bytes()
		}
	}
	return append([]byte{stubsVersion, stubsPlain}, plain...)
}

var errStubs = errors.New("is no pack of stubs")

// inflaters have been used before: a new one takes 40 KiB, and a list of old orders opens some packs.
var inflaters = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// inflateStubs gives at most a byte more than a pack may have, in a slice of its own.
func inflateStubs(b []byte) ([]byte, error) {
	r := inflaters.Get().(io.ReadCloser)
	defer inflaters.Put(r)
	if err := r.(flate.Resetter).Reset(bytes.NewReader(b), nil); err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(make([]byte, 0, stubsFull+bytes.MinRead))
	_, err := out.ReadFrom(io.LimitReader(r, stubsMax+1))
	return out.Bytes(), err
}

// unpackStubs reads what packStubs wrote; the stubs alias one buffer.
func unpackStubs(b []byte) ([]stub, error) {
	if len(b) < 2 || b[0] != stubsVersion || b[1] > stubsDeflated {
		return nil, fmt.Errorf("%w of version %d", errStubs, stubsVersion)
	}
	plain := b[2:]
	if b[1] == stubsDeflated {
		var err error
		if plain, err = inflateStubs(plain); err != nil {
			return nil, fmt.Errorf("%w: %w", errStubs, err)
		}
	}
	if len(plain) > stubsMax {
		return nil, fmt.Errorf("%w: over %d bytes", errStubs, stubsMax)
	}
	var out []stub
	last := Seq(0)
	for len(plain) > 0 {
		seq, n := binary.Uvarint(plain)
		if n <= 0 || Seq(seq) <= last {
			return nil, fmt.Errorf("%w: its numbers do not rise", errStubs)
		}
		plain = plain[n:]
		size, n := binary.Uvarint(plain)
		if n <= 0 || size == 0 || size > uint64(len(plain)-n) {
			return nil, fmt.Errorf("%w: a length beyond its end", errStubs)
		}
		last = Seq(seq)
		out = append(out, stub{last, plain[n : n+int(size) : n+int(size)]})
		plain = plain[n+int(size):]
	}
	return out, nil
}
