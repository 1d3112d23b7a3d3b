package ledger

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Postings are stored as one string of bytes; their names stand in the entry's table, each
// once. A take of 5,000 lines has 20,000 postings: as arrays they would be 120,000 elements and
// most of the entry's bytes. Of each posting there is a tag, then as uvarints what the tag says
// is there, in this order:
//
//	kind   where the tag's lowest four bits are 0; else they are the account's kind (tagKinds)
//	SKU    tagSKU: its name; without, it is the SKU of the posting before
//	ref    tagRef: 0 the entry's own, else its name; without, the account has none
//	line   tagLine: the order's line; without, 0
//	qty    in zigzag; with tagMinus there is none: minus that of the posting before
const (
	tagKind  = 0x0f
	tagSKU   = 0x10
	tagRef   = 0x20
	tagLine  = 0x40
	tagMinus = 0x80
)

// tagKinds are the kinds of account by their number in a tag. On disk: only ever appended to.
var tagKinds = [16]AccountKind{1: Supplier, Sellable, Blocked, Picked, Transit, Customer, Loss, Stock, Available, Reserved, Allotted, Shortfall}

// tagOf gives a kind's number in a tag, 0 for one that has none.
func tagOf(k AccountKind) byte {
	switch {
	case k >= Supplier && k <= Loss:
		return byte(k)
	case k >= Stock && k <= Shortfall:
		return byte(k-Stock) + 8
	default:
		return 0
	}
}

// PostingsMax bounds the postings of one entry: a take of LinesMax lines from many bins.
const PostingsMax = 8 * LinesMax

// appendPostings appends the postings of an entry whose ref is own.
func appendPostings(b []byte, ps []Posting, own string, names *nameTable) []byte {
	var sku SKU
	var qty Qty
	for i := range ps {
		p := &ps[i]
		at := len(b)
		tag := tagOf(p.Account.Kind)
		if b = append(b, 0); tag == 0 {
			b = binary.AppendUvarint(b, uint64(p.Account.Kind))
		}
		if p.SKU != sku {
			tag |= tagSKU
			b = binary.AppendUvarint(b, names.number(string(p.SKU)))
		}
		switch p.Account.Ref {
		case "":
		case own:
			tag |= tagRef
			b = append(b, 0)
		default:
			tag |= tagRef
			b = binary.AppendUvarint(b, names.number(p.Account.Ref))
		}
		if p.Account.Line != 0 {
			tag |= tagLine
			b = binary.AppendUvarint(b, uint64(p.Account.Line))
		}
		if i > 0 && p.Qty == -qty {
			tag |= tagMinus
		} else {
			b = binary.AppendVarint(b, int64(p.Qty))
		}
		b[at] = tag
		sku, qty = p.SKU, p.Qty
	}
	return b
}

// readPostings appends to ps what appendPostings wrote. An entry that is none gives an error.
func readPostings(ps []Posting, b []byte, own string, names []string) ([]Posting, error) {
	r := numberReader{b: b}
	var sku SKU
	var qty Qty // of the posting before
	from := len(ps)
	ps = slices.Grow(ps, min(len(b)/2+1, PostingsMax)) // as many as a sale has in so many bytes
	for len(r.b) > 0 {
		if len(ps)-from == PostingsMax {
			return ps, fmt.Errorf("more than %d postings", PostingsMax)
		}
		tag := r.byte()
		ps = append(ps, Posting{})
		p := &ps[len(ps)-1]
		p.Account.Kind = tagKinds[tag&tagKind]
		sound := true
		if tag&tagKind == 0 {
			kind := r.next()
			p.Account.Kind, sound = AccountKind(kind), kind <= math.MaxUint8
		}
		if tag&tagSKU != 0 {
			name, ok := nameOf(r.next(), names)
			sku, sound = SKU(name), sound && ok
		}
		p.SKU = sku
		if tag&tagRef != 0 {
			if n := r.next(); n == 0 {
				p.Account.Ref = own
			} else {
				ref, ok := nameOf(n, names)
				p.Account.Ref, sound = ref, sound && ok
			}
		}
		if tag&tagLine != 0 {
			line := r.next()
			p.Account.Line, sound = int(line), sound && line <= math.MaxInt32
		}
		if qty = -qty; tag&tagMinus == 0 {
			qty = Qty(r.nextSigned())
		}
		p.Qty = qty
		if !sound || r.short || tag&tagKind > 12 {
			return ps, fmt.Errorf("posting %d is not one", len(ps)-from)
		}
	}
	return ps, nil
}
