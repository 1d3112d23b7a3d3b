package sealed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
)

// A file of pages, each sealed for its place:
//
//	0     header: magic 8, version u32, file 16 (random), proof 28; zeros; at 4604 the CRC-32C of the
//	      4,604 bytes before. The proof is an empty text that only the book's key opens
//	4608  page 0: nonce 12, ciphertext 4096, tag 16, salt 16 (random, of the opening that wrote it); zeros
//	9216  page 1, and so on
//
// The place of a page is kind, file and number. A slot is nine sectors of 512 bytes, so that pages which are
// written do not share one with pages that are not. All zeros where the header should be is a file that was
// begun and never finished: whoever makes one writes the header last, when the rest is synced.
const (
	PageSize   = 4096
	slotSize   = PageSize + 512
	saltSize   = 16
	magic      = "holdseal"
	version    = 1
	proofAt    = 8 + 4 + 16
	sealedUsed = PageSize + Overhead + saltSize
	openedMax  = 64 // boxes of earlier openings that are kept
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A PageError names a page that is not what was sealed there.
type PageError struct {
	File string
	Page int64
	Err  error
}

func (e *PageError) Error() string { return fmt.Sprintf("page %d of %s: %v", e.Page, e.File, e.Err) }

// Unwrap gives the cause.
func (e *PageError) Unwrap() error { return e.Err }

// Is says whether a file begins as a file of sealed pages does.
func Is(f io.ReaderAt) bool {
	head := make([]byte, len(magic))
	_, err := f.ReadAt(head, 0)
	return err == nil && string(head) == magic
}

// Pages is a file of pages. With a nil key it is the file itself. Reads may come from any goroutine; one
// goroutine at a time writes.
type Pages struct {
	file *os.File
	key  *Key
	kind string
	id   [16]byte
	salt [saltSize]byte // of what this opening writes
	box  *Box
	work []byte // slots that are being written

	mu     sync.Mutex // guards what stands below
	opened map[[saltSize]byte]*Box
}

// Plain wraps a file that is not sealed.
func Plain(f *os.File) *Pages { return &Pages{file: f} }

// MakePages begins a file of pages of a kind, which the place of each page is bound to. The caller writes the
// pages and then Finish. With a nil key the file is plain.
func MakePages(f *os.File, key *Key, kind string, random io.Reader) (*Pages, error) {
	p := &Pages{file: f, key: key, kind: kind}
	if key == nil {
		return p, nil
	}
	if _, err := io.ReadFull(random, p.id[:]); err != nil {
		return nil, fmt.Errorf("draw number of a sealed file: %w", err)
	}
	return p, p.draw(random)
}

// OpenPages opens a file of pages. ErrSealed, ErrOpen, ErrKey; io.ErrUnexpectedEOF where it was begun and never finished; a *PageError of
// page -1 where the header is damaged, of ErrCut where a power failure can have left it so.
func OpenPages(f *os.File, key *Key, kind string, random io.Reader) (*Pages, error) {
	p := &Pages{file: f, key: key, kind: kind}
	head := make([]byte, slotSize)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	isSealed := n >= len(magic) && string(head[:len(magic)]) == magic
	switch {
	case key == nil && isSealed:
		return nil, ErrSealed
	case key == nil:
		return p, nil
	case allZero(head):
		return nil, io.ErrUnexpectedEOF
	case isCut(head):
		return nil, &PageError{f.Name(), -1, ErrCut}
	case n < slotSize || crc32.Checksum(head[:slotSize-4], castagnoli) != binary.LittleEndian.Uint32(head[slotSize-4:]):
		if !isSealed {
			return nil, ErrOpen
		}
		return nil, &PageError{f.Name(), -1, errors.New("its header does not match its checksum")}
	case !isSealed:
		return nil, ErrOpen
	}
	if v := binary.LittleEndian.Uint32(head[8:]); v != version {
		return nil, &PageError{f.Name(), -1, fmt.Errorf("it is of version %d, and this program knows %d", v, version)}
	}
	copy(p.id[:], head[12:])
	if _, err := key.Box("header", p.id[:]).Open(nil, head[proofAt:proofAt+Overhead], nil); err != nil {
		return nil, ErrKey
	}
	return p, p.draw(random)
}

// sector is what a disk writes whole or not at all.
const sector = 512

// isCut says whether a header lacks its first sector or its last, and is otherwise one: those between are zeros.
func isCut(head []byte) bool {
	first, last := head[:sector], head[slotSize-sector:]
	if !allZero(head[sector:slotSize-4]) || allZero(first) == allZero(last) {
		return false
	}
	return allZero(first) || string(first[:len(magic)]) == magic && binary.LittleEndian.Uint32(first[8:]) == version && allZero(first[proofAt+Overhead:])
}

// draw makes the box of this opening. Without a source nothing can be written.
func (p *Pages) draw(random io.Reader) error {
	if random == nil {
		return nil
	}
	if _, err := io.ReadFull(random, p.salt[:]); err != nil {
		return fmt.Errorf("draw salt of a sealed file: %w", err)
	}
	p.box = p.key.Box("pages", p.salt[:])
	p.opened = map[[saltSize]byte]*Box{p.salt: p.box}
	return nil
}

// Finish writes the header: only then is the file one that opens. What was written before must be synced, and
// is synced by the caller afterwards again.
func (p *Pages) Finish() error {
	if p.key == nil {
		return nil
	}
	_, err := p.file.WriteAt(p.header(), 0)
	return err
}

func (p *Pages) header() []byte {
	head := make([]byte, slotSize)
	copy(head, magic)
	binary.LittleEndian.PutUint32(head[8:], version)
	copy(head[12:], p.id[:])
	copy(head[proofAt:], p.key.Box("header", p.id[:]).Seal(nil, nil, nil))
	binary.LittleEndian.PutUint32(head[slotSize-4:], crc32.Checksum(head[:slotSize-4], castagnoli))
	return head
}

// place is what a page is bound to.
func (p *Pages) place(page int64) []byte {
	b := make([]byte, 0, len(p.kind)+16+8)
	return binary.LittleEndian.AppendUint64(append(append(b, p.kind...), p.id[:]...), uint64(page))
}

// appendSlot puts a sealed page behind dst.
func (p *Pages) appendSlot(dst, page []byte, number int64) []byte {
	dst = p.box.Seal(dst, page, p.place(number))
	dst = append(dst, p.salt[:]...)
	return append(dst, make([]byte, slotSize-sealedUsed)...)
}

// openSlot opens the page of a slot into page.
func (p *Pages) openSlot(page, slot []byte, number int64) error {
	salt := [saltSize]byte(slot[PageSize+Overhead:])
	if !allZero(slot[sealedUsed:]) {
		return &PageError{p.file.Name(), number, errAltered}
	}
	if _, err := p.boxOf(salt).Open(page[:0], slot[:PageSize+Overhead], p.place(number)); err != nil {
		return &PageError{p.file.Name(), number, err}
	}
	return nil
}

func (p *Pages) boxOf(salt [saltSize]byte) *Box {
	p.mu.Lock()
	defer p.mu.Unlock()
	if box := p.opened[salt]; box != nil {
		return box
	}
	if p.opened == nil || len(p.opened) >= openedMax {
		p.opened = map[[saltSize]byte]*Box{}
	}
	box := p.key.Box("pages", salt[:])
	p.opened[salt] = box
	return box
}

// ReadAt reads whole pages: off and the length of b are multiples of PageSize. A *PageError names one that is
// not what was sealed there; io.EOF where the file ends before.
func (p *Pages) ReadAt(b []byte, off int64) (int, error) {
	if p.key == nil {
		return p.file.ReadAt(b, off)
	}
	mustBePages(b, off)
	first := off / PageSize
	slots := make([]byte, len(b)/PageSize*slotSize)
	got, err := p.file.ReadAt(slots, slotSize*(first+1))
	if err != nil && err != io.EOF {
		return 0, err
	}
	for i := 0; i*PageSize < len(b); i++ {
		if (i+1)*slotSize > got {
			return i * PageSize, io.EOF
		}
		if err := p.openSlot(b[i*PageSize:(i+1)*PageSize], slots[i*slotSize:(i+1)*slotSize], first+int64(i)); err != nil {
			return i * PageSize, err
		}
	}
	return len(b), nil
}

// WriteAt writes whole pages, in one write of the file.
func (p *Pages) WriteAt(b []byte, off int64) (int, error) {
	if p.key == nil {
		return p.file.WriteAt(b, off)
	}
	mustBePages(b, off)
	first := off / PageSize
	p.work = p.work[:0]
	for i := 0; i*PageSize < len(b); i++ {
		p.work = p.appendSlot(p.work, b[i*PageSize:(i+1)*PageSize], first+int64(i))
	}
	if _, err := p.file.WriteAt(p.work, slotSize*(first+1)); err != nil {
		return 0, err
	}
	return len(b), nil
}

func mustBePages(b []byte, off int64) {
	if off%PageSize != 0 || len(b)%PageSize != 0 {
		panic(fmt.Sprintf("sealed: %d bytes at %d are not whole pages", len(b), off))
	}
}

// Size is the bytes that the pages hold.
func (p *Pages) Size() (int64, error) {
	info, err := p.file.Stat()
	if err != nil || p.key == nil {
		if err != nil {
			return 0, err
		}
		return info.Size(), nil
	}
	return max(info.Size()/slotSize-1, 0) * PageSize, nil
}

// Count gives how many sealed pages a file has room for, whole or not, whatever stands in them.
func Count(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return max((info.Size()+slotSize-1)/slotSize-1, 0), nil
}

// Sync brings what was written to the disk.
func (p *Pages) Sync() error { return p.file.Sync() }

// Close lets go of the file.
func (p *Pages) Close() error { return p.file.Close() }

// A Stream seals pages that come one behind another, as a copy of a file is written.
type Stream struct {
	pages *Pages
	to    io.Writer
	rest  []byte
	at    int64
}

// Stream gives a writer of a whole file of pages of a kind, header first. Close writes the last page.
func (k *Key) Stream(to io.Writer, kind string, random io.Reader) (*Stream, error) {
	p := &Pages{key: k, kind: kind}
	if _, err := io.ReadFull(random, p.id[:]); err != nil {
		return nil, fmt.Errorf("draw number of a sealed file: %w", err)
	}
	if err := p.draw(random); err != nil {
		return nil, err
	}
	_, err := to.Write(p.header())
	return &Stream{pages: p, to: to}, err
}

// Write seals what makes whole pages.
func (s *Stream) Write(b []byte) (int, error) {
	s.rest = append(s.rest, b...)
	at := 0
	for ; len(s.rest)-at >= PageSize; at += PageSize {
		s.pages.work = s.pages.appendSlot(s.pages.work[:0], s.rest[at:at+PageSize], s.at)
		if _, err := s.to.Write(s.pages.work); err != nil {
			return 0, err
		}
		s.at++
	}
	s.rest = append(s.rest[:0], s.rest[at:]...)
	return len(b), nil
}

// Close ends the stream. What is no whole page is the caller's mistake.
func (s *Stream) Close() error {
	if len(s.rest) > 0 {
		return fmt.Errorf("a sealed file ends in %d bytes that are no page", len(s.rest))
	}
	return nil
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
