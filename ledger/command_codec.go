package ledger

import (
	"math"
	"slices"
)

// MarshalCommand gives a command's bytes, its hash included.
func MarshalCommand(c *HQCommand) []byte {
	p := newPacker()
	p.command(c)
	return p.bytes()
}

// UnmarshalCommand reads what MarshalCommand wrote.
func UnmarshalCommand(b []byte) (*HQCommand, error) {
	u := newUnpackerMax(b, orderElementsMax)
	c := u.command()
	if err := u.done("command"); err != nil {
		return nil, err
	}
	return &c, nil
}

const commandVersion = 1

// wholeMax bounds the bytes of an item whose texts are read as parts of one.
const wholeMax = 64 << 10

// appendContent appends what a command's hash is taken over. Cartons are not among it, nor are lots that stand apart: a site of a build before them passes
// them over, and works out the hash from what it has read. Were they, its stream would stop at the first transfer that names some.
func appendContent(b []byte, c *HQCommand) []byte {
	bare := *c
	if bare.Hash, bare.Cartons, bare.Customer = (Hash{}), nil, ""; bare.Apart {
		bare.Lots = nil
	}
	p := packer{row: rowWriter{buf: b}}
	p.command(&bare)
	return p.row.buf
}

func (p *packer) command(c *HQCommand) {
	beside := c.beside()
	switch { // as every build before a field came: the hash of the stream is taken over these bytes
	case beside != nil:
		p.array(15)
	case len(c.Cartons) > 0:
		p.array(14)
	case len(c.Lots) > 0:
		p.array(13)
	case c.Return != "":
		p.array(12)
	case c.Reason != "":
		p.array(11)
	default:
		p.array(10)
	}
	p.uint(uint64(c.Kind))
	p.uint(commandVersion)
	p.incarnation(c.H)
	p.uint(c.Number)
	p.bin(c.Hash[:])
	p.str(c.ID)
	p.str(string(c.Order))
	p.str(string(c.Owner))
	p.str(string(c.Site))
	p.commandLines(c.Lines)
	more := len(c.Lots)+len(c.Cartons)+len(beside) > 0
	if c.Reason != "" || c.Return != "" || more {
		p.str(c.Reason)
	}
	if c.Return != "" || more {
		p.str(string(c.Return))
	}
	switch {
	case c.Apart && more:
		p.bin(nil)
	case more:
		p.bin(appendCommandLots(nil, c.Lots))
	}
	if len(c.Cartons) > 0 || beside != nil {
		p.bin(appendWayCartons(nil, c.Cartons))
	}
	if beside != nil {
		p.bin(beside)
	}
}

// beside gives, as a row of its own, what of a command stands beside what every build hashes; nil where there is none.
func (c *HQCommand) beside() []byte {
	lots := c.Apart && len(c.Lots) > 0
	if !lots && c.Customer == "" {
		return nil
	}
	w := rowWriter{}
	w.row(func() {
		if lots {
			w.bin(appendCommandLots(nil, c.Lots))
		} else {
			w.bin(nil)
		}
		w.str(c.Customer)
	})
	return w.buf
}

// readBeside reads what beside wrote.
func (c *HQCommand) readBeside(b []byte) error {
	r := newRowReader(b, orderElementsMax, nil)
	r.row(0, func() {
		if lots := r.bin(); r.err == nil && len(lots) > 0 {
			c.Apart = true
			c.Lots, r.err = readCommandLots(lots)
		}
		c.Customer = r.str()
	})
	return r.done("command")
}

func (u *unpacker) command() HQCommand {
	n := u.array(10)
	c := HQCommand{Kind: CommandKind(u.upTo(math.MaxUint8))}
	u.uint() // version
	c.H = u.incarnation()
	c.Number = u.uint()
	u.fixed(c.Hash[:], false)
	c.ID = u.str()
	c.Order = OrderID(u.str())
	c.Owner = SiteID(u.str())
	c.Site = SiteID(u.str())
	c.Lines = u.commandLines()
	if n > 10 {
		c.Reason = u.str()
	}
	if n > 11 {
		c.Return = ReturnID(u.str())
	}
	if n > 12 {
		var err error
		if c.Lots, err = readCommandLots(u.bin()); err != nil && u.err == nil {
			u.err = err
		}
	}
	if n > 13 {
		var err error
		if c.Cartons, err = readWayCartons(u.bin()); err != nil && u.err == nil {
			u.err = err
		}
	}
	if n > 14 {
		if err := c.readBeside(u.bin()); err != nil && u.err == nil {
			u.err = err
		}
	}
	u.rest(n, 15)
	return c
}

func (p *packer) incarnation(h Incarnation) {
	p.array(2)
	p.uint(h.Counter)
	p.bin(h.Random[:])
}

func (u *unpacker) incarnation() Incarnation {
	n := u.array(2)
	h := Incarnation{Counter: u.uint()}
	u.fixed(h.Random[:], false)
	u.rest(n, 2)
	return h
}

func (p *packer) commandLines(lines []CommandLine) {
	p.array(len(lines))
	for _, l := range lines {
		p.array(3)
		p.uint(uint64(l.Line))
		p.str(string(l.SKU))
		p.int(int64(l.Qty))
	}
}

func (u *unpacker) commandLines() []CommandLine {
	var out []CommandLine
	for range u.list(reasonsMax) {
		n := u.array(3)
		l := CommandLine{Line: int(u.upTo(math.MaxInt32)), SKU: SKU(u.str()), Qty: Qty(u.int())}
		u.rest(n, 3)
		if u.err != nil {
			return nil
		}
		out = append(out, l)
	}
	return out
}

// MarshalItem gives an item's stored bytes.
func MarshalItem(v *Item) []byte {
	p, n := newPacker(), 7
	switch { // the last fields: an item without them is as it always was
	case v.Detail != nil:
		n = 9
	case v.Category != "":
		n = 8
	}
	p.array(n)
	p.uint(1)
	p.str(string(v.SKU))
	p.str(v.Name)
	p.array(len(v.Barcodes))
	for _, b := range v.Barcodes {
		p.str(b)
	}
	p.price(v.Price)
	p.str(string(v.Tracking))
	p.uint(v.Version)
	if n > 7 {
		p.str(v.Category)
	}
	if v.Detail != nil {
		p.raw(AppendDetail(nil, v.Detail))
	}
	return p.bytes()
}

// UnmarshalItem reads what MarshalItem wrote. All texts of the item are parts of one, and its detail is beside it: a node holds a hundred
// thousand, and each piece by itself costs the collector a look whenever it passes.
func UnmarshalItem(b []byte) (*Item, error) {
	v := &Item{}
	r := newRowReader(b, scanElementsMax, nil)
	if len(b) <= wholeMax { // what is longer is no item that anybody has, and nothing is made of it before it is read
		r.whole = string(b)
	}
	r.row(7, func() {
		r.uint() // version
		v.SKU, v.Name = SKU(r.str()), r.str()
		v.Barcodes = r.strs(BarcodesMax)
		v.Price = r.itemPrice()
		v.Tracking = Tracking(r.str())
		v.Version, v.Category = r.uint(), r.str()
		if !r.null() {
			both := &struct {
				Item
				detail Detail
			}{Item: *v}
			v, both.Item.Detail = &both.Item, &both.detail
			r.detail(&both.detail)
		}
	})
	if err := r.done("item"); err != nil {
		return nil, err
	}
	return v, nil
}

// strs reads a list of at most most strings; nil where it is empty.
func (r *rowReader) strs(most int) (out []string) {
	r.list(most, func(n int) {
		out = slices.Grow(out, n)
		for range n {
			out = append(out, r.str())
		}
	})
	return out
}

// itemPrice reads nil as no price.
func (r *rowReader) itemPrice() (v Price) {
	if r.null() {
		return v
	}
	r.row(4, func() { v = Price{Money: Money{Amount: r.int(), Currency: r.str()}, Per: r.int(), Tax: r.str()} })
	return v
}

// price writes nil for what has no price, the commonest case.
func (p *packer) price(v Price) {
	if v == (Price{}) {
		p.null()
		return
	}
	p.array(4)
	p.int(v.Amount)
	p.str(v.Currency)
	p.int(v.Per)
	p.str(v.Tax)
}
