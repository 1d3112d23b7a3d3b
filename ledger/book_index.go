package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// What bbolt's file begins with: two meta pages, written in turn, each with a checksum. (bbolt's
// own reading of them cannot be called: it maps the file and follows what it finds.)
const (
	indexMagic   = 0xED0CDAED
	indexVersion = 2
	indexFree    = 0x10 // flag of a page of free pages
	indexNoList  = ^uint64(0)
	pageHead     = 16
	pageSizeMin  = 512
	pageSizeMax  = 64 << 10
)

// indexMeta is what a meta page says.
type indexMeta struct {
	pageSize uint32
	free     uint64 // the first page of the list of free pages
	pages    uint64 // none stands at or beyond it
	number   uint64 // of the transaction that wrote it
}

func readIndexMeta(f io.ReaderAt, at int64) (m indexMeta, ok bool) {
	b := make([]byte, pageHead+64)
	if _, err := f.ReadAt(b, at); err != nil {
		return m, false
	}
	b = b[pageHead:]
	order := binary.NativeEndian // as bbolt writes it
	sum := fnv.New64a()
	_, _ = sum.Write(b[:56])
	if order.Uint32(b) != indexMagic || order.Uint32(b[4:]) != indexVersion || order.Uint64(b[56:]) != sum.Sum64() {
		return m, false
	}
	m = indexMeta{pageSize: order.Uint32(b[8:]), free: order.Uint64(b[32:]), pages: order.Uint64(b[40:]), number: order.Uint64(b[48:])}
	return m, m.pageSize >= pageSizeMin && m.pageSize <= pageSizeMax
}

// checkIndex looks, before bbolt does, at what bbolt would follow blindly: that there is a meta
// page, that the file is as long as it says, and that the list of free pages can be one. (One
// damaged meta page of two is what a power cut leaves; bbolt goes on with the other.)
func checkIndex(env Env, path string) error {
	f, err := env.Disk.OpenFile(path, os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil // a new one is made
	}
	if err != nil {
		return err
	}
	defer f.Close() // nothing was written through it
	info, err := f.Stat()
	if err != nil || info.IsDir() || info.Size() == 0 {
		return err
	}
	if sealed.Is(f) {
		return fmt.Errorf("index %s: %w", path, sealed.ErrSealed)
	}
	if why := indexFault(f, info.Size()); why != "" {
		return &DamageError{Where: "index " + path, Why: why + "; " + hintIndex}
	}
	return nil
}

// indexFault says what is wrong with an index of size bytes, or "".
func indexFault(f io.ReaderAt, size int64) string {
	m, ok := readIndexMeta(f, 0)
	for at := int64(pageSizeMin); at <= pageSizeMax; at *= 2 {
		if second, good := readIndexMeta(f, at); good && int64(second.pageSize) == at && (!ok || second.number > m.number) {
			m, ok = second, true
		}
	}
	if !ok {
		return "it has no page that says what is in it"
	}
	if m.pages > uint64(size)/uint64(m.pageSize) {
		return fmt.Sprintf("it is cut off: it has %d bytes, and %d pages of %d", size, m.pages, m.pageSize)
	}
	if m.free == indexNoList {
		return ""
	}
	return checkFreeList(f, m)
}

// checkFreeList says what is wrong with the list of free pages, or "". A page taken for free that
// is not would be written over.
func checkFreeList(f io.ReaderAt, m indexMeta) string {
	order := binary.NativeEndian
	head := make([]byte, pageHead+8)
	at := int64(m.free) * int64(m.pageSize)
	if m.free < 2 || m.free >= m.pages {
		return "its list of free pages lies outside of it"
	}
	if _, err := f.ReadAt(head, at); err != nil {
		return err.Error()
	}
	if order.Uint64(head) != m.free || order.Uint16(head[8:]) != indexFree {
		return "its list of free pages is not where it should be"
	}
	n, skip := uint64(order.Uint16(head[10:])), int64(pageHead)
	if n == 0xffff { // too many for the count in the page's head
		n, skip = order.Uint64(head[pageHead:]), pageHead+8
	}
	if n > m.pages {
		return "its list of free pages names more than there are"
	}
	list := make([]byte, 8*n)
	if _, err := f.ReadAt(list, at+skip); err != nil {
		return err.Error()
	}
	ids := make([]uint64, 0, n)
	for ; len(list) > 0; list = list[8:] {
		ids = append(ids, order.Uint64(list))
	}
	slices.Sort(ids)
	for i, id := range ids {
		if id < 2 || id >= m.pages || i > 0 && ids[i-1] == id {
			return "its list of free pages names one twice, or one that there is not"
		}
	}
	return ""
}
