package transcript

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The file:
//
//	magic, then records: kind (1 byte), length (4 bytes, big end first), payload
//	H  the header, JSON; once, first
//	F  a frame, as it was stored and sent
//	E  SHA-256 of every byte before this record (32 bytes), then the head as site/epoch/seq/hash; once, last
const (
	// Magic begins every file.
	Magic = "HOLDFAST JOURNAL\n"
	// Version is the newest that this build reads, and the one that it writes.
	Version = 1

	headerMax = 4 << 10
	endMax    = 512

	recordHeader = 'H'
	recordFrame  = 'F'
	recordEnd    = 'E'
)

// A Header says whose journal the file holds. Fields are only ever added.
type Header struct {
	Version int           `json:"version"`
	Site    ledger.SiteID `json:"site"`
	First   ledger.Seq    `json:"first_seq"`        // the first entry in the file
	Before  string        `json:"before,omitempty"` // hash of the entry before it, in hex; "" before entry 1
	At      time.Time     `json:"at"`               // when it was written, by the clock of who wrote it
	From    string        `json:"from"`             // who wrote it: a server of head office, or the site's node
}

var (
	// ErrNotOne says that a file is something else.
	ErrNotOne = errors.New("it is no journal that was exported")
	// ErrNewer says that a later build wrote the file.
	ErrNewer = errors.New("a newer version wrote it")
	// ErrCut says that the file ends before its end.
	ErrCut = errors.New("it is cut short")
	// errShape says that there is no record where one has to be.
	errShape = errors.New("what stands there is no record of a journal")
)

// A Writer writes one file. It is for one goroutine; after an error it writes nothing any more.
type Writer struct {
	to     io.Writer
	digest hash.Hash
	site   ledger.SiteID
	err    error
}

// NewWriter begins a file. The header's version is ours.
func NewWriter(to io.Writer, h Header) (*Writer, error) {
	h.Version = Version
	head, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("begin journal's export: %w", err)
	}
	if len(head) > headerMax {
		return nil, fmt.Errorf("begin journal's export: its header has %d bytes", len(head))
	}
	w := &Writer{to: to, digest: sha256.New(), site: h.Site}
	w.put([]byte(Magic))
	w.record(recordHeader, head)
	return w, w.err
}

// Frame writes the next frame.
func (w *Writer) Frame(raw []byte) error {
	w.record(recordFrame, raw)
	return w.err
}

// Close writes where the journal ended: without it the file is cut short. What lies below is the caller's to close.
func (w *Writer) Close(end ledger.Position) error {
	head := ledger.Head{Site: w.site, Position: end}
	w.record(recordEnd, append(w.digest.Sum(nil), head.String()...))
	if w.err == nil {
		w.err = errors.New("the export is closed")
		return nil
	}
	return w.err
}

func (w *Writer) record(kind byte, payload []byte) {
	w.put(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(payload))))
	w.put(payload)
}

func (w *Writer) put(b []byte) {
	if w.err != nil {
		return
	}
	if _, err := w.to.Write(b); err != nil {
		w.err = fmt.Errorf("write journal's export: %w", err)
		return
	}
	w.digest.Write(b) // of a hash: it cannot fail
}

// A Reader reads one file, and knows its bytes from damage in the records' own heads; what is in the frames Check judges.
type Reader struct {
	from   *bufio.Reader
	digest hash.Hash
	header Header
	end    *ledger.Head
	sound  bool // of a file that was read to its end: its digest is right
	bytes  int64
}

// NewReader reads the header.
func NewReader(from io.Reader) (*Reader, error) {
	r := &Reader{from: bufio.NewReaderSize(from, 64<<10), digest: sha256.New()}
	magic := make([]byte, len(Magic))
	if err := r.fill(magic); err != nil || string(magic) != Magic {
		return nil, ErrNotOne
	}
	kind, head, err := r.record()
	if err != nil {
		return nil, err
	}
	if kind != recordHeader || json.Unmarshal(head, &r.header) != nil {
		return nil, fmt.Errorf("%w: its header cannot be read", errShape)
	}
	h := &r.header
	if h.Version > Version {
		return nil, fmt.Errorf("%w: it is of version %d, this build reads up to %d", ErrNewer, h.Version, Version)
	}
	if site, err := ledger.ParseSite(string(h.Site)); err != nil || site != h.Site || h.Version < 1 || h.First < 1 || (h.First == 1) != (h.Before == "") {
		return nil, fmt.Errorf("%w: its header names no site and place", errShape)
	}
	if _, err := h.start(); err != nil {
		return nil, err
	}
	return r, nil
}

// start is the position that the first frame follows.
func (h *Header) start() (ledger.Position, error) {
	at := ledger.Position{Seq: h.First - 1}
	if h.Before == "" {
		return at, nil
	}
	head, err := ledger.ParseHead(fmt.Sprintf("%s/0/%d/%s", h.Site, at.Seq, h.Before))
	if err != nil {
		return at, fmt.Errorf("%w: its header names no hash", errShape)
	}
	at.Hash = head.Hash
	return at, nil
}

// Header is what the file says of itself.
func (r *Reader) Header() Header { return r.header }

// Bytes are those that were read so far.
func (r *Reader) Bytes() int64 { return r.bytes }

// Next gives the next frame's bytes, which are the caller's, io.EOF behind the end, ErrCut where there is none, or what is
// wrong with the next record. Behind an error there is no more.
func (r *Reader) Next() ([]byte, error) {
	if r.end != nil {
		return nil, io.EOF
	}
	sum := r.digest.Sum(nil)
	kind, payload, err := r.record()
	switch {
	case err != nil:
		return nil, err
	case kind == recordFrame:
		return payload, nil
	case kind != recordEnd || len(payload) < sha256.Size:
		return nil, errShape
	}
	head, err := ledger.ParseHead(string(payload[sha256.Size:]))
	if err != nil || head.String() != string(payload[sha256.Size:]) {
		return nil, fmt.Errorf("%w: its end names no head", errShape)
	}
	if _, err := r.from.ReadByte(); err != io.EOF {
		return nil, fmt.Errorf("%w: something stands behind its end", errShape)
	}
	r.end, r.sound = &head, bytes.Equal(sum, payload[:sha256.Size])
	return nil, io.EOF
}

func (r *Reader) record() (kind byte, payload []byte, err error) {
	var head [5]byte
	if err := r.fill(head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	most := map[byte]uint32{recordHeader: headerMax, recordFrame: ledger.FrameBytesLone, recordEnd: endMax}[head[0]]
	if size == 0 || size > most {
		return 0, nil, errShape
	}
	var out bytes.Buffer // grows with what comes, not with what is claimed
	n, err := io.CopyN(&out, r.from, int64(size))
	r.bytes += n
	if err != nil {
		return 0, nil, cut(err)
	}
	r.digest.Write(out.Bytes())
	return head[0], out.Bytes(), nil
}

func (r *Reader) fill(b []byte) error {
	n, err := io.ReadFull(r.from, b)
	r.bytes += int64(n)
	if err != nil {
		return cut(err)
	}
	r.digest.Write(b)
	return nil
}

func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrCut
	}
	return err
}
