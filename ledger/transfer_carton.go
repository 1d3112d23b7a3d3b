package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// A WayCarton is a carton of a transfer, by the number on its label, with what its sender has laid into it. Its receiver takes it in as a whole by that
// number; one that is not named did not come, and what lies in it is missing. What left beside cartons is loose.
type WayCarton struct {
	SSCC  gs1.SSCC
	Goods []WayGoods // never changed once it is written
	Came  bool       // by the receiver's book

	// Once says that its sender's book has held the number against every one that it knew: the entry by which it left answers KeyOfWayCarton. False of one
	// that a build before left unlooked at, and in every other book.
	Once bool
}

// KeyOfWayCarton is the digest under which a book remembers for ever that a number was on a carton of a transfer that left it.
func KeyOfWayCarton(sscc gs1.SSCC) Digest {
	return DigestOf([]byte("carton of a transfer"), []byte(sscc))
}

// wayKeys are the keys that an entry answers for the cartons that left by it.
func (e *Entry) wayKeys() (out []Digest) {
	b, ok := e.Body.(*TransferBody)
	if !ok || e.Kind != KindTransferDispatched || b.Refusal != "" {
		return nil
	}
	for i := range b.Transfer.Cartons {
		if c := &b.Transfer.Cartons[i]; c.Once {
			out = append(out, KeyOfWayCarton(c.SSCC))
		}
	}
	return out
}

// recallNumbers finds out which numbers of a dispatch's cartons were on a carton of this book before.
func (c *Core) recallNumbers(r *DispatchTransfer) error {
	r.used = nil
	if len(r.Cartons) > WayCartonsMax {
		return nil // refused where it is decided
	}
	for i := range r.Cartons {
		sscc := r.Cartons[i].SSCC
		order, err := c.cartonOf(sscc)
		if err != nil {
			return err
		}
		left, known, err := c.answered(KeyOfWayCarton(sscc))
		if err != nil {
			return err
		}
		switch {
		case order != "":
			r.used = append(r.used, fmt.Sprintf("%s, which was packed for order %s", sscc, order))
		case known:
			r.used = append(r.used, fmt.Sprintf("%s, which left with a transfer before (entry %d)", sscc, left.Seq))
		}
	}
	return nil
}

// WayGoods are units in a carton of a transfer: of one SKU, and of one lot where its sender has said which.
type WayGoods struct {
	SKU    SKU
	Lot    LotID // "": nobody has said
	Serial bool
	Qty    Qty
}

// WayCartonsMax bounds the cartons of a transfer. Their goods are at most TransferLotsMax rows together.
const WayCartonsMax = 500

// A CameCarton is a carton that came, by its number, and where its goods are put.
type CameCarton struct {
	SSCC gs1.SSCC
	Bin  Bin
}

// carton finds a carton of the transfer; nil where it has none of that number.
func (t *Transfer) carton(sscc gs1.SSCC) *WayCarton {
	if i := slices.IndexFunc(t.Cartons, func(c WayCarton) bool { return c.SSCC == sscc }); i >= 0 {
		return &t.Cartons[i]
	}
	return nil
}

// checkCartons refuses cartons that no book has written.
func (t *Transfer) checkCartons() error {
	if len(t.Cartons) > WayCartonsMax {
		return &FormError{Field: "cartons", Why: fmt.Sprintf("are %d; a transfer has at most %d", len(t.Cartons), WayCartonsMax)}
	}
	rows, seen := 0, map[gs1.SSCC]struct{}{}
	for i := range t.Cartons {
		c := &t.Cartons[i]
		if _, err := gs1.ParseSSCC(string(c.SSCC)); err != nil {
			return &FormError{Field: "cartons", Why: fmt.Sprintf("name %q, which is no carton's number: an SSCC is 18 digits, the last one checks the others", c.SSCC)}
		}
		if _, twice := seen[c.SSCC]; twice {
			return &FormError{Field: "cartons", Why: fmt.Sprintf("name %s twice: scan each carton once", c.SSCC)}
		}
		seen[c.SSCC] = struct{}{}
		if len(c.Goods) == 0 {
			return &FormError{Field: "cartons", Why: fmt.Sprintf("name %s, and nothing lies in it", c.SSCC)}
		}
		if rows += len(c.Goods); rows > TransferLotsMax {
			return &FormError{Field: "cartons", Why: fmt.Sprintf("hold more than %d rows of goods: divide them over several transfers", TransferLotsMax)}
		}
		for _, g := range c.Goods {
			if _, err := ParseSKU(string(g.SKU)); err != nil {
				return err
			}
			if err := CheckQty(g.Qty); err != nil {
				return err
			}
			if g.Lot == "" {
				continue
			}
			if err := (&LotQty{Lot: g.Lot, Qty: g.Qty, Serial: g.Serial}).check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Whole gives the request with what lies in its cartons among its lines and lots: its own lines are what leaves beside them.
func (r *DispatchTransfer) Whole() (*DispatchTransfer, error) {
	if len(r.Cartons) == 0 {
		return r, nil
	}
	if r.Cancel {
		return nil, &FormError{Field: "cartons", Why: "are named though nothing leaves"}
	}
	if err := (&Transfer{Cartons: r.Cartons}).checkCartons(); err != nil {
		return nil, err
	}
	out := *r
	out.Lines, out.Lots = slices.Clone(r.Lines), slices.Clone(r.Lots)
	for _, c := range r.Cartons {
		for _, g := range c.Goods {
			i := slices.IndexFunc(out.Lines, func(l TransferLine) bool { return l.SKU == g.SKU })
			if i < 0 {
				i, out.Lines = len(out.Lines), append(out.Lines, TransferLine{SKU: g.SKU})
			}
			sum, err := AddQty(out.Lines[i].Sent, g.Qty)
			if err != nil {
				return nil, err
			}
			if out.Lines[i].Sent = sum; g.Lot != "" {
				out.Lots = append(out.Lots, SKULot{SKU: g.SKU, LotQty: LotQty{Lot: g.Lot, Qty: g.Qty, Serial: g.Serial}})
			}
		}
	}
	if len(out.Lots) > TransferLotsMax {
		return nil, &FormError{Field: "lots", Why: fmt.Sprintf("are %d with those in cartons; a transfer has at most %d: divide them over several", len(out.Lots), TransferLotsMax)}
	}
	return &out, nil
}

// unpack notes which cartons came, and gives what came with what lies in them: lines of their own are what came loose, or out of a carton that was opened.
func (t *Transfer) unpack(r *ReceiveTransfer) ([]ReceivedLine, error) {
	lines := slices.Clone(r.Lines)
	if len(r.Cartons) > WayCartonsMax {
		return nil, &FormError{Field: "cartons", Why: fmt.Sprintf("are %d; a transfer has at most %d", len(r.Cartons), WayCartonsMax)}
	}
	for _, came := range r.Cartons {
		c := t.carton(came.SSCC)
		if c == nil {
			return nil, &FormError{Field: "cartons", Why: fmt.Sprintf("name %s, which did not leave with transfer %s, as far as this site has heard. %s. If it is here, open it, and name what lies in it line by line", came.SSCC, t.ID, t.cartonWords())}
		}
		if c.Came {
			return nil, &FormError{Field: "cartons", Why: fmt.Sprintf("name %s twice: scan each carton once", c.SSCC)}
		}
		c.Came = true
		for _, g := range c.Goods {
			i := slices.IndexFunc(lines, func(l ReceivedLine) bool { return l.SKU == g.SKU })
			if i < 0 {
				i, lines = len(lines), append(lines, ReceivedLine{SKU: g.SKU, Bin: came.Bin})
			}
			l := &lines[i]
			if l.Bin != came.Bin {
				return nil, &FormError{Field: "bin", Why: fmt.Sprintf("is %s for what lies in carton %s, and %s for other units of %s: what comes of one article is put in one bin, and moved from there", came.Bin, c.SSCC, l.Bin, g.SKU)}
			}
			sum, err := AddQty(l.Came, g.Qty)
			if err != nil {
				return nil, err
			}
			if l.Came = sum; g.Lot != "" {
				l.Lots = slices.Clone(l.Lots)
				l.addCame(LotQty{Lot: g.Lot, Qty: g.Qty, Serial: g.Serial})
			}
		}
	}
	return lines, nil
}

// addCame adds units of a lot to those that are named.
func (l *ReceivedLine) addCame(n LotQty) {
	if i := slices.IndexFunc(l.Lots, func(c CameLot) bool { return c.Lot == n.Lot }); i >= 0 && !n.Serial {
		l.Lots[i].Qty += n.Qty
		return
	}
	l.Lots = append(l.Lots, CameLot{LotQty: n})
}

// cartonWords says which cartons left, for people.
func (t *Transfer) cartonWords() string {
	if len(t.Cartons) == 0 {
		return "It left without cartons"
	}
	words := "With it left "
	for i := range t.Cartons {
		switch {
		case i == lotWordsMost:
			return words + ", and more"
		case i > 0:
			words += ", "
		}
		words += string(t.Cartons[i].SSCC)
	}
	return words
}

// HearCartons takes over which cartons came from another's knowledge of the transfer.
func (t *Transfer) HearCartons(of *Transfer) {
	t.Cartons = slices.Clone(t.Cartons)
	for i := range of.Cartons {
		if c := t.carton(of.Cartons[i].SSCC); c != nil {
			c.Came = of.Cartons[i].Came
		}
	}
}

// The cartons of a transfer are one string of bytes behind its other fields, left out where there are none: of each its number, flags, and how many
// rows of goods; of each row the SKU, the lot (of no day), flags and how many.
const (
	wayCame = 1
	wayOnce = 2
)

func appendWayCartons(b []byte, cartons []WayCarton) []byte {
	for i := range cartons {
		c := &cartons[i]
		b = append(binary.AppendUvarint(b, uint64(len(c.SSCC))), c.SSCC...)
		flags := byte(0)
		if c.Came {
			flags |= wayCame
		}
		if c.Once {
			flags |= wayOnce
		}
		b = binary.AppendUvarint(append(b, flags), uint64(len(c.Goods)))
		for _, g := range c.Goods {
			b = append(binary.AppendUvarint(b, uint64(len(g.SKU))), g.SKU...)
			b = appendLotName(b, g.Lot, 0, g.Serial)
			b = binary.AppendUvarint(b, uint64(g.Qty))
		}
	}
	return b
}

var errWayCartons = errors.New("cartons of a transfer that are none")

func readWayCartons(b []byte) (out []WayCarton, err error) {
	r, rows := numberReader{b: b}, uint64(0)
	for len(r.b) > 0 && !r.short {
		c := WayCarton{SSCC: gs1.SSCC(r.text())}
		flags := r.byte()
		c.Came, c.Once = flags&wayCame != 0, flags&wayOnce != 0
		n := r.next()
		if rows += n; n > TransferLotsMax || rows > TransferLotsMax || len(out) == WayCartonsMax {
			return nil, errWayCartons
		}
		for range n {
			g := WayGoods{SKU: SKU(r.text())}
			lot := r.lotName()
			g.Lot, g.Serial, g.Qty = lot.Lot, lot.Serial, r.qty()
			if r.short {
				return nil, errWayCartons
			}
			c.Goods = append(c.Goods, g)
		}
		out = append(out, c)
	}
	if r.short {
		return nil, errWayCartons
	}
	return out, nil
}

// MarshalWayCartons gives the bytes of a transfer's cartons where they stand alone.
func MarshalWayCartons(cartons []WayCarton) []byte { return appendWayCartons(nil, cartons) }

// UnmarshalWayCartons reads what MarshalWayCartons wrote.
func UnmarshalWayCartons(b []byte) ([]WayCarton, error) { return readWayCartons(b) }
