package ledger

import (
	"crypto/sha256"
	"encoding/binary"
)

// Incarnation is one life of head office: a restored or recovered one has a higher counter.
// Two with one counter and other random bits are two head offices, and a site refuses the second.
type Incarnation struct {
	Counter uint64
	Random  [16]byte
}

// Known says whether a site has adopted any incarnation yet.
func (h Incarnation) Known() bool { return h.Counter > 0 }

// CommandKind numbers what head office may tell a site. On disk: only ever appended to.
type CommandKind uint8

// The commands of protocol.md section 3 that this version speaks.
const (
	CommandReserve  CommandKind = 1 // allotted/hq -> reserved for an order's lines
	CommandBorrow   CommandKind = 2 // available -> allotted/hq, as much as there is, once
	CommandGiveBack CommandKind = 3 // allotted/hq -> available
	CommandCancel   CommandKind = 4 // reserved for an order owned elsewhere -> where it came from
	CommandNote     CommandKind = 5 // tells the owner of an order which site now serves its line
)

func (k CommandKind) String() string {
	switch k {
	case CommandReserve:
		return "reserve"
	case CommandBorrow:
		return "borrow"
	case CommandGiveBack:
		return "give_back"
	case CommandCancel:
		return "cancel"
	case CommandNote:
		return "note"
	default:
		return "unknown"
	}
}

// CommandLine is one SKU of a command. Line is the order's line from 1, or 0 where the command
// is about no line.
type CommandLine struct {
	Line int
	SKU  SKU
	Qty  Qty
}

// An HQCommand is one act of head office towards one site. Number and Hash only order the
// stream; ID says which act it is, so that the same act derived again by a restored head
// office has no second effect.
type HQCommand struct {
	H      Incarnation
	Number uint64 // from 1, without gaps, per site and incarnation
	Hash   Hash   // chained over the stream
	ID     string // derived from the entry or the order that caused it
	Kind   CommandKind
	Order  OrderID
	Owner  SiteID // the book that owns Order
	Site   SiteID // note: the site that serves the lines
	Lines  []CommandLine
}

// Cursor says how far a site has come in head office's stream of commands.
type Cursor struct {
	H      Incarnation
	Number uint64
	Hash   Hash
}

// ChainCommand gives the hash of command c after before, over c's stored bytes without a hash.
func ChainCommand(before Hash, c *HQCommand) Hash {
	var n [8]byte
	sum := sha256.New()
	sum.Write(before[:])
	binary.BigEndian.PutUint64(n[:], c.H.Counter)
	sum.Write(n[:])
	sum.Write(c.H.Random[:])
	binary.BigEndian.PutUint64(n[:], c.Number)
	sum.Write(n[:])
	sum.Write(commandContent(c))
	return Hash(sum.Sum(nil))
}

// KeyOfCommand is the digest under which a site remembers a command for ever.
func KeyOfCommand(id string) Digest {
	return DigestOf([]byte("hq command"), []byte(id))
}
