package machine

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The records of a snapshot. Every one is a msgpack array led by its version; fields are only
// appended. Keys of tables are worked out from the records.

const recordVersion = 1

// record is an array of n fields behind the version.
func (c *coder) record(n int, f func()) { c.grownRecord(n, f) }

// grownRecord is a record to which more fields were appended since it was first written.
func (c *coder) grownRecord(n int, f func(), more ...growth) {
	version := uint64(recordVersion)
	c.grown(n+1, func() {
		if count(c, &version); version < recordVersion {
			c.refuse("record version %d", version)
		}
		f()
	}, more...)
}

func (c *coder) counters(v *counters) {
	more := []growth{{2, func() { known(c, &v.Known); c.incarnation(&v.Behind) }}, {1, func() { count(c, &v.Epochs) }}, {1, func() { c.settings(&v.Settings) }}, {1, func() { number(c, &v.Today) }},
		{1, func() { c.flag(&v.Sourced) }}, {1, func() { number(c, &v.Agreed) }}, {1, func() { count(c, &v.Steps) }}}
	if c.reading() || v.Customers > 0 || v.Acted > 0 { // a company without has the bytes of before
		more = append(more, growth{1, func() { count(c, &v.Customers) }})
	}
	if c.reading() || v.Acted > 0 {
		more = append(more, growth{1, func() { count(c, &v.Acted) }})
	}
	c.grownRecord(7, func() {
		c.incarnation(&v.H)
		count(c, &v.Applied)
		count(c, &v.Serial)
		count(c, &v.Rank)
		count(c, &v.RefVersion)
		count(c, &v.Exceptions)
		count(c, &v.Explains)
	}, more...)
}

func (c *coder) site(v *Site) {
	if c.reading() {
		v.SiteAbout = &SiteAbout{}
	}
	var doubt uint64 // not used any more
	more := []growth{{3, func() {
		c.flag(&v.Parted)
		c.fixed(v.Doubted[:])
		list(c, &v.Former, FormerMax, func(b *[16]byte) { c.fixed(b[:]) })
	}}, {1, func() { c.position(&v.Archived) }}, {6, func() {
		text(c, &v.Frozen)
		c.incarnation(&v.Attested)
		c.flag(&v.Rebuilding)
		c.signed(&v.Lost)
		c.signed(&v.Waived)
		count(c, &v.Kept)
	}}, {2, func() { count(c, &v.Confirmed); count(c, &v.Declined) }}}
	if c.reading() || v.PeopleTold != 0 { // of a site that has told nothing, the bytes of before
		more = append(more, growth{1, func() { count(c, &v.PeopleTold) }})
	}
	c.grownRecord(20, func() {
		text(c, &v.ID)
		c.flag(&v.Counter)
		number(c, &v.Rank)
		c.fixed(v.Token[:])
		c.fixed(v.Key[:])
		c.moment(&v.AddedAt)
		c.fixed(v.NodeKey[:])
		c.fixed(v.Boot[:])
		count(c, &v.Epoch)
		c.fixed(v.Issued[:])
		c.moment(&v.SeenAt)
		c.position(&v.Stored)
		c.position(&v.Shown)
		count(c, &doubt)
		count(c, &v.Folded)
		text(c, &v.Parked)
		list(c, &v.Trail, TrailMax, c.position)
		text(c, &v.Broken)
		c.cursor(&v.Issue)
		c.cursor(&v.Ack)
	}, more...)
}

func (c *coder) signed(v *Signed) {
	var more []growth
	if c.reading() || v.Device != "" || v.Approver != "" { // what nobody did at a device has the bytes of before
		more = []growth{{2, func() { text(c, &v.Device); text(c, &v.Approver) }}}
	}
	c.grown(3, func() { text(c, &v.By); text(c, &v.Reason); c.moment(&v.At) }, more...)
}

// known is the number of a kind of entry.
func known(c *coder, k *ledger.Kind) {
	n := uint64(*k)
	if count(c, &n); n > math.MaxUint16 {
		c.refuse("kind %d", n)
	}
	if c.reading() { // a record that is written is shared with whoever reads the machine
		*k = ledger.Kind(n)
	}
}

func (c *coder) passed(v *Passed) {
	c.record(9, func() {
		text(c, &v.Owner)
		text(c, &v.Holder)
		text(c, &v.SKU)
		number(c, &v.Wish)
		number(c, &v.Has)
		number(c, &v.Coming)
		number(c, &v.Off)
		text(c, &v.By)
		c.moment(&v.At)
	})
}

func (c *coder) avoided(v *Avoided) {
	c.grownRecord(5, func() {
		text(c, &v.Site)
		text(c, &v.SKU)
		c.moment(&v.Until)
		text(c, &v.Why)
		count(c, &v.Count)
	}, growth{4, func() { c.moment(&v.Since); text(c, &v.By); text(c, &v.Order); c.signed(&v.Lifted) }})
}

// A keptAt is a command that is kept for a site, with its place among them.
type keptAt struct {
	To ledger.SiteID
	N  uint64
	ledger.HQCommand
}

func (c *coder) kept(v *keptAt) {
	c.record(3, func() {
		text(c, &v.To)
		count(c, &v.N)
		foreign(c, &v.HQCommand, ledger.MarshalCommand, ledger.UnmarshalCommand)
	})
}

// A stockAt is a stock with its place.
type stockAt struct {
	Site ledger.SiteID
	SKU  ledger.SKU
	Stock
}

func marshalLevel(l *ledger.Level) []byte { return ledger.MarshalLevel(l) }

func unmarshalLevel(b []byte) (*ledger.Level, error) {
	l, err := ledger.UnmarshalLevel(b)
	return &l, err
}

func (c *coder) stock(v *stockAt) {
	c.grownRecord(7, func() {
		text(c, &v.Site)
		text(c, &v.SKU)
		foreign(c, &v.Level, marshalLevel, unmarshalLevel)
		number(c, &v.Held)
		number(c, &v.Tied)
		number(c, &v.Holds)
		number(c, &v.Drawn)
	}, growth{2, func() { number(c, &v.Burns); count(c, &v.Owing) }})
}

// legsOfOrderMax bounds the legs that an order ever had: its plans' and the refused ones.
const legsOfOrderMax = 1 << 20

func (c *coder) orderRecord(v *Order) {
	more := []growth{{1, func() { c.flag(&v.Relearned) }}, {1, func() { c.flag(&v.Yields) }}}
	denied := len(v.Denied) > 0 // most orders have the bytes of before
	if c.reading() || v.Hand != (Hand{}) || denied {
		more = append(more, growth{3, func() { c.hand(&v.Hand) }})
	}
	if c.reading() || denied {
		more = append(more, growth{1, func() { list(c, &v.Denied, ledger.LinesMax, func(q *ledger.Qty) { number(c, q) }) }})
	}
	c.grownRecord(4, func() {
		c.order(&v.Order)
		count(c, &v.Rank)
		number(c, &v.Plans)
		list(c, &v.Legs, legsOfOrderMax, func(l *Leg) {
			c.blob(func(c *coder) {
				c.fields(6, func() {
					number(c, &l.Line)
					text(c, &l.SKU)
					text(c, &l.Site)
					number(c, &l.Qty)
					count(c, &l.State)
					text(c, &l.Command)
				})
			})
		})
	}, more...)
}

func (c *coder) askRecord(v *Ask) {
	c.record(5, func() {
		c.ask(&v.ID)
		text(c, &v.Order)
		c.flag(&v.Seen)
		c.legs(&v.Legs)
		c.moment(&v.At)
	})
}

func (c *coder) request(v *Request) {
	c.grownRecord(6, func() {
		text(c, &v.For)
		text(c, &v.Order)
		c.moment(&v.At)
		number(c, &v.Rounds)
		list(c, &v.Borrowed, 100*sitesMax, func(b *Borrowing) {
			c.blob(func(c *coder) {
				c.fields(3, func() { text(c, &b.Site); count(c, &b.Number); c.flag(&b.Answered) })
			})
		})
		list(c, &v.Tied, 100*sitesMax, func(t *Tied) {
			c.blob(func(c *coder) {
				c.fields(3, func() { text(c, &t.Site); text(c, &t.SKU); number(c, &t.Qty) })
			})
		})
	}, growth{1, func() { c.bytes(&v.Explain.packed) }})
}

// An answerAt is an answer with its key.
type answerAt struct {
	Key ledger.Digest
	Answer
}

func (c *coder) answer(v *answerAt) {
	if c.reading() {
		v.Order = &ledger.Order{}
	}
	var amends []growth
	if c.reading() || v.Amends > 0 || v.Yields { // of most there is none: those are as they always were
		amends = []growth{{1, func() { count(c, &v.Amends) }}}
	}
	if c.reading() || v.Yields {
		amends = append(amends, growth{1, func() { c.flag(&v.Yields) }})
	}
	promised := []growth{{1, func() { c.duePromises(&v.Promised) }}}
	c.grownRecord(5, func() {
		c.fixed(v.Key[:])
		c.fixed(v.Request[:])
		c.order(v.Order)
		c.shorts(&v.Shorts)
		text(c, &v.Refusal)
	}, append(promised, amends...)...)
}

// A commandAt is a queued command with its site.
type commandAt struct {
	To ledger.SiteID
	ledger.HQCommand
}

func (c *coder) queued(v *commandAt) {
	c.record(2, func() {
		text(c, &v.To)
		foreign(c, &v.HQCommand, ledger.MarshalCommand, ledger.UnmarshalCommand)
	})
}

func (c *coder) item(v *ledger.Item) {
	c.record(1, func() { foreign(c, v, ledger.MarshalItem, ledger.UnmarshalItem) })
}

func (c *coder) serverRecord(v *Server) { c.record(1, func() { c.server(v) }) }

func (c *coder) exception(v *Exception) {
	c.grownRecord(9, func() {
		count(c, &v.ID)
		text(c, &v.What)
		text(c, &v.Site)
		count(c, &v.Seq)
		text(c, &v.SKU)
		text(c, &v.Order)
		text(c, &v.Why)
		text(c, &v.Owner)
		c.moment(&v.At)
	}, growth{1, func() { c.signed(&v.Resolved) }}, growth{1, func() { list(c, &v.ToCount, ledger.MovedMax, func(s *ledger.SKU) { text(c, s) }) }})
}

func (c *coder) explained(v *Explained) {
	c.record(3, func() {
		text(c, &v.Order)
		count(c, &v.Rank)
		c.explanation(&v.Explain)
	})
}

func (c *coder) owned(v *Owned) {
	c.record(3, func() {
		text(c, &v.Order)
		text(c, &v.Owner)
		count(c, &v.Seq)
	})
}

// ownersPerRecord is how many orders' owners one record holds, but for the last.
const ownersPerRecord = 1000

// owners is two fields: the sites, as they first come, and the rows one after the other as bytes:
// id 16, place in the list of sites and entry as varints.
func (c *coder) owners(rows *[]Owned) {
	var sites []ledger.SiteID
	var packed []byte
	for _, r := range *rows { // none when reading
		at := slices.Index(sites, r.Owner)
		if at < 0 {
			at = len(sites)
			sites = append(sites, r.Owner)
		}
		id, ok := ledger.ParseUUID(r.Order)
		if !ok {
			c.refuse("order %q", r.Order)
		}
		packed = append(packed, id[:]...)
		packed = binary.AppendUvarint(packed, uint64(at))
		packed = binary.AppendUvarint(packed, uint64(r.Seq))
	}
	c.record(2, func() {
		list(c, &sites, ownersPerRecord, func(s *ledger.SiteID) { text(c, s) })
		c.bytes(&packed)
	})
	if c.reading() && c.err == nil {
		var err error
		*rows, err = unpackOwners(sites, packed)
		c.note(err)
	}
}

func unpackOwners(sites []ledger.SiteID, packed []byte) (rows []Owned, err error) {
	for len(packed) > 0 {
		var id ledger.UUID
		if len(packed) < len(id)+2 || len(rows) == ownersPerRecord {
			return nil, errors.New("owners do not fit their record")
		}
		packed = packed[copy(id[:], packed):]
		at, n := binary.Uvarint(packed)
		if n <= 0 || at >= uint64(len(sites)) {
			return nil, errors.New("an owner is no site of its record")
		}
		packed = packed[n:]
		seq, n := binary.Uvarint(packed)
		if n <= 0 {
			return nil, errors.New("an owner's entry is cut off")
		}
		packed = packed[n:]
		rows = append(rows, Owned{Order: ledger.OrderID(id.String()), Owner: sites[at], Seq: ledger.Seq(seq)})
	}
	return rows, nil
}
