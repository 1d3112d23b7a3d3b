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

	CommandPassOn   CommandKind = 6  // owner of the stock: allotted/hq -> allotted/Site
	CommandCredit   CommandKind = 7  // holder: it may promise that much more of Owner's stock
	CommandRecall   CommandKind = 8  // holder: gives up what it has of Owner's stock beyond each line's Qty, a level
	CommandDraw     CommandKind = 9  // owner of the stock: allotted/Site -> reserved for an order's lines
	CommandReturn   CommandKind = 10 // owner of the stock: allotted/Site -> where freed units go
	CommandWriteOff CommandKind = 11 // owner of the stock: as return, of what is still allotted to a lost Site; Reason says who and why
	CommandBurn     CommandKind = 12 // allotted/hq and shortfall both down: head office settles a shortfall
	CommandLose     CommandKind = 13 // tells the owner of an order that Site has lost what it was to serve: it waits again
	CommandRelease  CommandKind = 14 // as cancel, of no more than the lines say: the order counts on less than is reserved
	CommandDecline  CommandKind = 15 // tells the owner of an order what of its lines nobody can serve: it waits no longer

	// Of a transfer; the command's id names it and what is to be done (HQCommand.Transfer), Site is the other site,
	// Reason the transfer's note.
	CommandTransfer CommandKind = 16

	// CommandTakeBack is about goods that Site has taken in of an order of Owner's. To Owner it says what came back, and
	// its answer how much of that the order counts as returned; to Site it says what was counted.
	CommandTakeBack CommandKind = 17

	CommandHandedOver CommandKind = 18 // tells the owner of an order how much of its lines Site has handed over, in all

	// CommandRefund is about money that Site has claimed of an order of Owner's. To Owner it says how much, and its answer is what it hands over; to
	// Site it says what was handed over. Lines are of money: Line is the tender's kind, SKU the asset it uses, Qty minor units. A claim has one line,
	// whose Line is 1 where it was paid at the company's risk; its Reason is the currency.
	CommandRefund CommandKind = 19

	// CommandPurchase tells Owner that head office has closed a purchase order of its book, or called it off: its id says which (HQCommand.Purchase).
	// Reason says who did, and why.
	CommandPurchase CommandKind = 20
)

func (k CommandKind) String() string {
	if int(k) < len(commandNames) && commandNames[k] != "" {
		return commandNames[k]
	}
	return "unknown"
}

var commandNames = [...]string{
	CommandReserve: "reserve", CommandBorrow: "borrow", CommandGiveBack: "give_back", CommandCancel: "cancel", CommandNote: "note",
	CommandPassOn: "pass_on", CommandCredit: "credit", CommandRecall: "recall", CommandDraw: "draw", CommandReturn: "return",
	CommandWriteOff: "write_off", CommandBurn: "burn", CommandLose: "lose", CommandRelease: "release", CommandDecline: "decline",
	CommandTransfer:   "transfer",
	CommandHandedOver: "handed_over",
	CommandTakeBack:   "take_back",
	CommandRefund:     "refund",
	CommandPurchase:   "purchase",
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
	Owner  SiteID // the book that owns Order; credit and recall: the site that owns the stock
	Site   SiteID // note, lose: the site that serves the lines; pass on, draw, return, write off: the holder
	Lines  []CommandLine
	Reason string    // write off: who gave the holder up, and why; of a transfer: its note
	Return ReturnID  // take back: the return at Site; refund: the claim there
	Lots   []LineLot // of a transfer: of which lots the units of its lines are; Line is the place in Lines

	Cartons []WayCarton // of a transfer that is to be expected: in which its goods lie; of one to be settled: which of them came

	// Apart says that Lots are not among what the hash is taken over, as Cartons are not: a site of a build that passes them over follows the stream all the
	// same. False of a command of a head office whose servers do not all know that.
	Apart bool

	Customer string // reserve, draw: whose the order is, as its owner has heard it; not among what the hash is taken over
}

// Cursor says how far a site has come in head office's stream of commands.
type Cursor struct {
	H      Incarnation
	Number uint64
	Hash   Hash
}

// ChainCommand gives the hash of command c after before, over c's stored bytes without a hash.
func ChainCommand(before Hash, c *HQCommand) Hash { return new(CommandChainer).After(before, c) }

// A CommandChainer gives hashes as ChainCommand does, one after the other, in the same memory. The zero CommandChainer is ready; it is for one
// goroutine.
type CommandChainer struct{ room []byte }

// After is ChainCommand.
func (h *CommandChainer) After(before Hash, c *HQCommand) Hash {
	b := append(h.room[:0], before[:]...)
	b = binary.BigEndian.AppendUint64(b, c.H.Counter)
	b = append(b, c.H.Random[:]...)
	b = binary.BigEndian.AppendUint64(b, c.Number)
	h.room = appendContent(b, c)
	return sha256.Sum256(h.room)
}

// KeyOfCommand is the digest under which a site remembers a command for ever.
func KeyOfCommand(id string) Digest {
	return DigestOf([]byte("hq command"), []byte(id))
}

// sameAs says whether two commands of one id are one. An id follows from the entry that caused the command, and two lives of a book that went back
// without anybody knowing may have given two entries one number: head office knows of one of them only, after it has gone back as well. How much a
// command names, of what is decided by what is there, a later life may work out anew.
func (c *HQCommand) sameAs(o *HQCommand) bool {
	return c.Kind == o.Kind && c.Order == o.Order && c.Return == o.Return
}

// keyBeside is the key of a command whose id another one bears that the book has carried out.
func (c *HQCommand) keyBeside() Digest {
	return DigestOf([]byte("hq command"), []byte(c.ID), []byte(c.Kind.String()), []byte(c.Order), []byte(c.Return))
}
