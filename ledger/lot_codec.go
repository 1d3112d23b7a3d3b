package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// An entry's moves of lots are one string of bytes behind its other fields, left out where there are none, so an entry of goods that are not
// kept by lot has the bytes of old. Of each move there is a tag, then as uvarints:
//
//	SKU     lotSKU: its name; without, it is the SKU of the move before
//	lot     its name
//	expiry  lotExpiry: in days since 1970; without, none
//	from    lotFrom: kind and ref; without, as of the move before
//	to      lotTo: likewise
//	qty     without lotSerial; else it is 1
//
// A ref is 0 where there is none, 1 where it is the entry's own, else its name's number and 2.
const (
	lotSKU    = 0x01
	lotSerial = 0x02
	lotExpiry = 0x04
	lotFrom   = 0x08
	lotTo     = 0x10
)

// appendLots appends the moves of an entry whose ref is own.
func appendLots(b []byte, moves []LotMove, own string, names *nameTable) []byte {
	var was LotMove
	place := func(p LotPlace) {
		b = append(b, byte(p.Kind))
		switch p.Ref {
		case "":
			b = append(b, 0)
		case own:
			b = append(b, 1)
		default:
			b = binary.AppendUvarint(b, names.number(p.Ref)+2)
		}
	}
	for i := range moves {
		v, at := &moves[i], len(b)
		tag := byte(0)
		if b = append(b, 0); v.SKU != was.SKU {
			tag |= lotSKU
			b = binary.AppendUvarint(b, names.number(string(v.SKU)))
		}
		b = binary.AppendUvarint(b, names.number(string(v.Lot)))
		if v.Expiry != 0 {
			tag |= lotExpiry
			b = binary.AppendVarint(b, int64(v.Expiry))
		}
		if v.From != was.From {
			tag |= lotFrom
			place(v.From)
		}
		if v.To != was.To {
			tag |= lotTo
			place(v.To)
		}
		if v.Serial {
			tag |= lotSerial
		} else {
			b = binary.AppendUvarint(b, uint64(v.Qty))
		}
		b[at], was = tag, *v
	}
	return b
}

// readLots reads what appendLots wrote.
func readLots(b []byte, own string, names []string) (out []LotMove, err error) {
	r := numberReader{b: b}
	var was LotMove
	sound := true
	name := func(n uint64) string {
		s, ok := nameOf(n, names)
		sound = sound && ok
		return s
	}
	place := func(p *LotPlace) {
		p.Kind = AccountKind(r.byte())
		switch n := r.next(); n {
		case 0:
			p.Ref = ""
		case 1:
			p.Ref = own
		default:
			p.Ref = name(n - 2)
		}
	}
	for len(r.b) > 0 {
		if len(out) == LotMovesMax {
			return nil, fmt.Errorf("more than %d moves of lots", LotMovesMax)
		}
		v, tag := LotMove{SKU: was.SKU, From: was.From, To: was.To}, r.byte()
		if tag&lotSKU != 0 {
			v.SKU = SKU(name(r.next()))
		}
		v.Lot = LotID(name(r.next()))
		if tag&lotExpiry != 0 {
			day := r.nextSigned()
			v.Expiry, sound = Expiry(day), sound && day == int64(Expiry(day))
		}
		if tag&lotFrom != 0 {
			place(&v.From)
		}
		if tag&lotTo != 0 {
			place(&v.To)
		}
		if v.Qty, v.Serial = 1, tag&lotSerial != 0; !v.Serial {
			q := r.next()
			v.Qty, sound = Qty(q), sound && q <= uint64(QtyMax)
		}
		if !sound || r.short || tag > lotSKU|lotSerial|lotExpiry|lotFrom|lotTo {
			return nil, fmt.Errorf("move %d of a lot is none", len(out)+1)
		}
		out, was = append(out, v), v
	}
	return out, nil
}

// The lots of a level are one string of bytes behind its other fields, left out where there are none: of each lot its name, expiry, age, flags
// (levelSerial, levelHeld with why and since which life), and its places.
const (
	levelSerial = 1
	levelHeld   = 2
)

func appendLevelLots(b []byte, lots []Lot) []byte {
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	for i := range lots {
		t := &lots[i]
		text(string(t.Lot))
		b = binary.AppendVarint(b, int64(t.Expiry))
		b = binary.AppendUvarint(b, uint64(t.Came))
		flags := byte(0)
		if t.Serial {
			flags |= levelSerial
		}
		if t.Held != "" {
			flags |= levelHeld
		}
		if b = append(b, flags); t.Held != "" {
			text(t.Held)
			b = binary.AppendUvarint(b, uint64(t.HeldIn))
		}
		b = binary.AppendUvarint(b, uint64(len(t.At)))
		for _, at := range t.At {
			b = append(b, byte(at.Kind))
			text(at.Ref)
			b = binary.AppendUvarint(b, uint64(at.Qty))
		}
	}
	return b
}

// text reads a string behind its length.
func (r *numberReader) text() string {
	n := r.next()
	if n > uint64(len(r.b)) {
		r.short = true
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

var errLevelLots = errors.New("lots of a level that are none")

func readLevelLots(b []byte) (out []Lot, err error) {
	r := numberReader{b: b}
	for len(r.b) > 0 && !r.short {
		t := Lot{Lot: LotID(r.text())}
		day := r.nextSigned()
		t.Expiry, t.Came = Expiry(day), Seq(r.next())
		flags := r.byte()
		if t.Serial = flags&levelSerial != 0; flags&levelHeld != 0 {
			t.Held, t.HeldIn = r.text(), Epoch(r.next())
		}
		n := r.next()
		if day != int64(t.Expiry) || n > uint64(len(r.b)) {
			return nil, errLevelLots
		}
		for range n {
			at := LotAt{LotPlace: LotPlace{Kind: AccountKind(r.byte()), Ref: r.text()}, Qty: Qty(min(r.next(), math.MaxInt64))}
			if !at.kept() || at.Qty < 1 || at.Qty > QtyMax {
				return nil, errLevelLots
			}
			t.At = append(t.At, at)
		}
		out = append(out, t)
	}
	if r.short {
		return nil, errLevelLots
	}
	return out, nil
}

// lotBody writes what was done with a lot; its name is mostly the entry's ref.
func (w *rowWriter) lotBody(v *LotBody, ref string) {
	w.row(func() {
		w.uint(uint64(v.Act))
		w.name(string(v.SKU))
		w.name(string(v.Lot))
		w.str(v.Reason)
		w.displaced(v.Displaced, ref)
	})
}

func (r *rowReader) lotBody(ref string) *LotBody {
	v := &LotBody{}
	r.row(0, func() {
		v.Act, v.SKU, v.Lot, v.Reason = LotAct(r.upTo(math.MaxUint8)), SKU(r.word()), LotID(r.word()), r.str()
		v.Displaced = r.displaced(ref)
	})
	return v
}
