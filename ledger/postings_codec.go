package ledger

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Postings are stored as an array of two: the names they use, each once, and their numbers as
// one string of bytes, all uvarints. A take of 5,000 lines has 20,000 postings: as arrays they
// would be 120,000 elements and most of the entry's bytes.
//
//	names    array of strings: SKUs and references
//	numbers  numbers per posting (5), then of each posting: SKU as index of names, account kind,
//	         reference (0 none, 1 the entry's own, n+2 names[n]), line, quantity in zigzag
//
// A newer writer may append numbers to each posting; they are passed over.
const (
	postingNumbers = 5
	refNone        = 0
	refOwn         = 1
	refNamed       = 2
)

// PostingsMax bounds the postings of one entry: a take of LinesMax lines from many bins.
const PostingsMax = 8 * LinesMax

func (p *packer) postings(ps []Posting, own string) {
	names := make([]string, 0, 8)
	at := map[string]uint64{}
	index := func(s string) uint64 {
		i, ok := at[s]
		if !ok {
			i = uint64(len(names))
			at[s] = i
			names = append(names, s)
		}
		return i
	}
	numbers := make([]byte, 0, 1+8*len(ps))
	numbers = binary.AppendUvarint(numbers, postingNumbers)
	for i := range ps {
		q := &ps[i]
		ref := uint64(refNone)
		switch {
		case q.Account.Ref == "":
		case q.Account.Ref == own:
			ref = refOwn
		default:
			ref = refNamed + index(q.Account.Ref)
		}
		numbers = binary.AppendUvarint(numbers, index(string(q.SKU)))
		numbers = binary.AppendUvarint(numbers, uint64(q.Account.Kind))
		numbers = binary.AppendUvarint(numbers, ref)
		numbers = binary.AppendUvarint(numbers, uint64(q.Account.Line))
		numbers = binary.AppendVarint(numbers, int64(q.Qty))
	}
	p.array(2)
	p.array(len(names))
	for _, s := range names {
		p.str(s)
	}
	p.bin(numbers)
}

func (u *unpacker) postings(own string) []Posting {
	n := u.array(2)
	count := u.list(2 * PostingsMax)
	names := make([]string, 0, count)
	for range count {
		names = append(names, u.str())
	}
	numbers := u.bin()
	u.rest(n, 2)
	if u.err != nil {
		return nil
	}
	ps, err := postingsOf(numbers, names, own)
	u.note(err)
	return ps
}

// numberReader reads uvarints; short turns true where one is cut off or too long.
type numberReader struct {
	b     []byte
	short bool
}

func (r *numberReader) next() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.short = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *numberReader) nextSigned() int64 {
	v := r.next()
	return int64(v>>1) ^ -int64(v&1)
}

func postingsOf(numbers []byte, names []string, own string) ([]Posting, error) {
	r := numberReader{b: numbers}
	width := r.next()
	if r.short || width < postingNumbers || width > 1<<10 {
		return nil, fmt.Errorf("%d numbers a posting", width)
	}
	var out []Posting
	if most := uint64(len(r.b)) / width; most > 0 {
		out = make([]Posting, 0, min(most, PostingsMax))
	}
	for len(r.b) > 0 {
		if len(out) == PostingsMax {
			return nil, fmt.Errorf("more than %d postings", PostingsMax)
		}
		sku, kind, ref, line, qty := r.next(), r.next(), r.next(), r.next(), r.nextSigned()
		for range width - postingNumbers {
			r.next()
		}
		if r.short || sku >= uint64(len(names)) || kind > math.MaxUint8 || line > math.MaxInt32 {
			return nil, fmt.Errorf("posting %d is not one", len(out)+1)
		}
		q := Posting{SKU: SKU(names[sku]), Account: Account{Kind: AccountKind(kind), Line: int(line)}, Qty: Qty(qty)}
		switch {
		case ref == refNone:
		case ref == refOwn:
			q.Account.Ref = own
		case ref-refNamed < uint64(len(names)):
			q.Account.Ref = names[ref-refNamed]
		default:
			return nil, fmt.Errorf("posting %d refers to nothing", len(out)+1)
		}
		out = append(out, q)
	}
	return out, nil
}
