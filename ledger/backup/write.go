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
	"hash/crc32"
	"io"
)

// A Writer writes one backup. Part begins each part, Write its bytes, Close ends the file: without
// it the file is cut short. It is for one goroutine; after an error it writes nothing any more.
type Writer struct {
	to     io.Writer
	digest hash.Hash
	chunk  []byte // bytes of the part that no record holds yet
	packed bytes.Buffer
	pack   *flate.Writer
	record []byte
	parts  uint32
	bytes  uint64
	err    error
}

// NewWriter begins a backup. The header's version is ours.
func NewWriter(to io.Writer, h Header) (*Writer, error) {
	h.Version = Version
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	head, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	if len(head) > headerMax {
		return nil, fmt.Errorf("begin backup: its header has %d bytes", len(head))
	}
	w := &Writer{to: to, digest: sha256.New(), chunk: make([]byte, 0, chunkMax)}
	if w.pack, err = flate.NewWriter(&w.packed, flate.BestSpeed); err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	w.put([]byte(magic))
	w.write(recordHeader, head)
	return w, w.err
}

// Part begins the next part.
func (w *Writer) Part(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if w.parts >= partsMax {
		return fmt.Errorf("write backup: more than %d parts", partsMax)
	}
	w.flush()
	w.parts++
	w.write(recordPart, []byte(name))
	return w.err
}

// Write writes bytes of the part that was begun last.
func (w *Writer) Write(p []byte) (n int, err error) {
	if w.parts == 0 {
		panic("backup: bytes before the first part")
	}
	for n < len(p) && w.err == nil {
		room := min(chunkMax-len(w.chunk), len(p)-n)
		w.chunk = append(w.chunk, p[n:n+room]...)
		n += room
		if len(w.chunk) == chunkMax {
			w.flush()
		}
	}
	w.bytes += uint64(n)
	return n, w.err
}

// Close writes the last record, which says that the file is whole. What lies below is the caller's
// to sync and close.
func (w *Writer) Close() error {
	w.flush()
	end := binary.BigEndian.AppendUint32(nil, w.parts)
	end = binary.BigEndian.AppendUint64(end, w.bytes)
	w.write(recordEnd, w.digest.Sum(end))
	if w.err != nil {
		return w.err
	}
	w.err = errClosed
	return nil
}

var errClosed = errors.New("backup is closed")

func (w *Writer) flush() {
	if len(w.chunk) == 0 || w.err != nil {
		return
	}
	w.packed.Reset()
	w.packed.Write(binary.BigEndian.AppendUint32(nil, uint32(len(w.chunk)))) // of a bytes.Buffer: it cannot fail
	w.pack.Reset(&w.packed)
	if _, err := w.pack.Write(w.chunk); err != nil {
		w.err = fmt.Errorf("write backup: %w", err)
		return
	}
	if err := w.pack.Close(); err != nil {
		w.err = fmt.Errorf("write backup: %w", err)
		return
	}
	w.chunk = w.chunk[:0]
	w.write(recordData, w.packed.Bytes())
}

func (w *Writer) write(kind byte, payload []byte) {
	w.record = append(w.record[:0], kind)
	w.record = binary.BigEndian.AppendUint32(w.record, uint32(len(payload)))
	w.record = append(w.record, payload...)
	w.put(binary.BigEndian.AppendUint32(w.record, checksum(w.record)))
}

func (w *Writer) put(p []byte) {
	if w.err != nil {
		return
	}
	if _, err := w.to.Write(p); err != nil {
		w.err = fmt.Errorf("write backup: %w", err)
		return
	}
	w.digest.Write(p) // of a hash: it cannot fail
}

func checksum(record []byte) uint32 {
	return crc32.Checksum(record, crc32.MakeTable(crc32.Castagnoli)) // made once, by the library
}
