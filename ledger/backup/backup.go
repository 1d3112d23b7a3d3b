package backup

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Version is the newest version of the file that this build reads, and the one that it writes.
const Version = 1

// What a backup is of.
const (
	KindNode = "node"
	KindHQ   = "hq"
)

const (
	magic     = "HOLDFAST BACKUP\n"
	chunkMax  = 256 << 10 // bytes of a part in one record
	recordMax = chunkMax + chunkMax/8 + 1<<10
	headerMax = 16 << 10
	nameMax   = 200
	partsMax  = 100_000 // a part is a site's journal, a file of an index, a token
)

const (
	recordHeader = 'H'
	recordPart   = 'P'
	recordData   = 'D'
	recordEnd    = 'E'
)

var (
	// ErrNotOne says that a file is something else than a backup.
	ErrNotOne = errors.New("it is not a backup")
	// ErrNewer says that a later build wrote the file.
	ErrNewer = errors.New("a newer version wrote it")
	// ErrCut says that the file ends before its end: the copying did not go through.
	ErrCut = errors.New("it is cut short")
	// ErrDamaged says that bytes of the file are not what was written.
	ErrDamaged = errors.New("it is damaged")
)

// A Header says what the parts are. Fields are only ever added.
type Header struct {
	Version int       `json:"version"`
	Kind    string    `json:"kind"`                 // KindNode or KindHQ
	Name    string    `json:"name"`                 // the site, or the server
	At      time.Time `json:"at"`                   // the moment that it shows, by the clock of who made it
	Head    string    `json:"head,omitempty"`       // node: the last entry, as site/epoch/seq/hash
	Seq     uint64    `json:"seq,omitempty"`        // node: that entry's number
	Alone   bool      `json:"standalone,omitempty"` // node: it has no head office
	Counter bool      `json:"counter,omitempty"`    // node: it sells over a counter
	Why     string    `json:"quarantine,omitempty"` // node: it was in quarantine already, and why
	Life    uint64    `json:"life,omitempty"`       // hq: the counter of head office's life
	Index   uint64    `json:"index,omitempty"`      // hq: raft's last entry in it
	Sites   int       `json:"sites,omitempty"`      // hq: how many sites it knows
}

func (h *Header) check() error {
	switch {
	case h.Version < 1:
		return fmt.Errorf("%w: its header has no version", ErrDamaged)
	case h.Version > Version:
		return fmt.Errorf("%w: it is of version %d, this build reads up to %d", ErrNewer, h.Version, Version)
	case h.Kind != KindNode && h.Kind != KindHQ:
		return fmt.Errorf("%w: it is of a kind %q", ErrNewer, h.Kind)
	}
	return nil
}

// checkName lets through names that are safe inside a folder: no part may lead out of it.
func checkName(name string) error {
	bad := name == "" || len(name) > nameMax || !utf8.ValidString(name) || strings.ContainsAny(name, "\\\x00")
	for element := range strings.SplitSeq(name, "/") {
		bad = bad || element == "" || element == "." || element == ".."
	}
	if bad {
		return fmt.Errorf("%w: a part is called %q", ErrDamaged, name)
	}
	return nil
}
