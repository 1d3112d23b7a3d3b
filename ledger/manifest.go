package ledger

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// ManifestMax bounds the shipments of one manifest, and those that may be struck off before it is closed.
const ManifestMax = 2_000

// ManifestAct is what is done with a carrier's manifest. Acts are on disk: only ever appended to.
type ManifestAct uint8

// The acts.
const (
	ManifestClose  ManifestAct = 1 // its carrier is given it: what left since the one before stands on it
	ManifestStrike ManifestAct = 2 // a shipment is struck off it before it is closed: its carrier has not taken it after all
)

// OnManifest is an act on the open manifest of a carrier: the shipments that left with it since its last one was closed. Nothing of stock moves by it.
// Done again it changes nothing.
type OnManifest struct {
	Meta
	Act      ManifestAct
	Carrier  string
	Day      string // close: the day where the site is; "": in UTC
	Shipment uint64 // strike
	Reason   string // strike: why
	By       string // who signs

	open openManifest
}

func (*OnManifest) request() {}

// ManifestBody is what an entry says of a carrier's manifest.
type ManifestBody struct {
	Act      ManifestAct
	Carrier  string
	Number   uint64   // of the carrier's manifests in this book, from 1; of a strike: that it would have stood on
	Day      string   // such as 2026-12-10, where the site is
	From, To uint64   // the carrier's shipments that it is of, counted from 1
	Struck   []uint64 // of them, or of those after them, what is struck off and on no manifest, ascending
	Strikes  uint64   // how many strikes the carrier has had, with this one
	Shipment uint64   // strike
	Reason   string
	By       string
	Still    bool // nothing was changed: it was so already. The entry answers its own key
}

func (*ManifestBody) kindly(k Kind) bool { return k == KindManifest }

// Has says whether a shipment stands on it.
func (b *ManifestBody) Has(shipment uint64) bool {
	return b.Act == ManifestClose && shipment >= b.From && shipment <= b.To && !slices.Contains(b.Struck, shipment)
}

// A ManifestError says no to an act on a carrier's manifest: nothing was changed.
type ManifestError struct {
	Carrier  string
	Act      ManifestAct
	Shipment uint64
	Closed   uint64 // the manifest that the shipment stands on; 0: there is no such shipment, or none at all
}

func (e *ManifestError) Error() string {
	switch {
	case e.Closed > 0:
		return fmt.Sprintf("shipment %d stands on manifest %d of %s, which is closed", e.Shipment, e.Closed, e.Carrier)
	case e.Act == ManifestStrike:
		return fmt.Sprintf("%s has no shipment %d", e.Carrier, e.Shipment)
	default:
		return fmt.Sprintf("nothing has left with %s", e.Carrier)
	}
}

// KeyOfShipped is the digest under which a book remembers for ever which entry was the nth that sent something with a carrier.
func KeyOfShipped(carrier string, nth uint64) Digest {
	return DigestOf([]byte("shipped"), []byte(carrier), seqKey(Seq(nth)))
}

// KeyOfManifest is the same for a carrier's nth manifest.
func KeyOfManifest(carrier string, nth uint64) Digest {
	return DigestOf([]byte("manifest"), []byte(carrier), seqKey(Seq(nth)))
}

// KeyOfStrike is the same for the nth shipment that was struck off a carrier's manifests.
func KeyOfStrike(carrier string, nth uint64) Digest {
	return DigestOf([]byte("struck"), []byte(carrier), seqKey(Seq(nth)))
}

// Manifest is what an entry says of a carrier's manifest; nil where it is about none.
func (e *Entry) Manifest() *ManifestBody {
	b, _ := e.Body.(*ManifestBody)
	return b
}

// shipped is the key of what e sent with a carrier, or of what it did with a carrier's manifest; zero where it did neither.
func (e *Entry) shipped() Digest {
	switch b := e.Body.(type) {
	case *WorkBody:
		if b.Shipped > 0 {
			return KeyOfShipped(b.Ship.Carrier, b.Shipped)
		}
	case *ManifestBody:
		switch {
		case b.Still:
		case b.Act == ManifestClose:
			return KeyOfManifest(b.Carrier, b.Number)
		default:
			return KeyOfStrike(b.Carrier, b.Strikes)
		}
	}
	return Digest{}
}

// openManifest is what a book knows of a carrier's manifests.
type openManifest struct {
	shipments uint64        // that have left with the carrier
	last      *ManifestBody // the last that was closed; nil for none
	entry     *Entry        // that closed it
	strike    *ManifestBody // the last strike; nil for none
}

// number is the open one's.
func (m *openManifest) number() uint64 {
	if m.last == nil {
		return 1
	}
	return m.last.Number + 1
}

// on is the last shipment that stands on a closed one, or was struck off it; 0 for none.
func (m *openManifest) on() uint64 {
	if m.last == nil {
		return 0
	}
	return m.last.To
}

// struck lists what is struck off, of shipments that are on no closed one.
func (m *openManifest) struck() (out []uint64) {
	if m.strike == nil {
		return nil
	}
	for _, n := range m.strike.Struck {
		if n > m.on() {
			out = append(out, n)
		}
	}
	return out
}

// manifestOf looks up what is known of a carrier's manifests.
func manifestOf(carrier string, seqOf func(Digest) (Seq, error), entry func(Seq) (*Entry, error)) (m openManifest, err error) {
	last := func(key func(string, uint64) Digest) (uint64, *ManifestBody, *Entry, error) {
		n, seq, err := lastVersion(func(n uint64) (Seq, error) { return seqOf(key(carrier, n)) })
		if err != nil || seq == 0 {
			return n, nil, nil, err
		}
		e, err := entry(seq)
		if err != nil {
			return n, nil, nil, err
		}
		return n, e.Manifest(), e, nil
	}
	if m.shipments, _, _, err = last(KeyOfShipped); err != nil || m.shipments == 0 {
		return m, err
	}
	if _, m.last, m.entry, err = last(KeyOfManifest); err != nil {
		return m, err
	}
	_, m.strike, _, err = last(KeyOfStrike)
	return m, err
}

// recallManifest loads into a request what the book knows of a carrier's manifests. ok is false of any other request.
func (c *Core) recallManifest(req Request) (ok bool, err error) {
	r, ok := req.(*OnManifest)
	if !ok {
		return false, nil
	}
	r.open, err = manifestOf(r.Carrier, c.answeredAt, c.entry)
	return true, err
}

// answeredAt is where the answer under a key stands; 0 where there is none.
func (c *Core) answeredAt(key Digest) (Seq, error) {
	ref, _, err := c.answered(key)
	return ref.Seq, err
}

// recallShipped counts what has left with a deed's carrier.
func (c *Core) recallShipped(r *WorkLeg) (err error) {
	if r.Deed != DeedDispatch || r.Ship.Carrier == "" {
		return nil
	}
	r.shipped, _, err = lastVersion(func(n uint64) (Seq, error) { return c.answeredAt(KeyOfShipped(r.Ship.Carrier, n)) })
	return err
}

// onManifest closes a carrier's manifest, or strikes a shipment off it.
func (d *decision) onManifest(r *OnManifest) Outcome {
	if err := r.check(); err != nil {
		return Outcome{Err: err}
	}
	b, err := r.body(d.now)
	if err != nil {
		return Outcome{Err: err}
	}
	if b.Still && r.Key == (Digest{}) {
		return Outcome{Entry: &Entry{Kind: KindManifest, Body: b}, Replayed: true}
	}
	return Outcome{Entry: d.write(&Entry{Kind: KindManifest, Ref: r.Carrier, Body: b}, r.Meta), Replayed: b.Still}
}

func (r *OnManifest) check() error {
	for _, t := range []struct{ field, text string }{{"carrier", r.Carrier}, {"reason", r.Reason}, {"by", r.By}} {
		if len(t.text) > TextMax {
			return &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
		}
	}
	switch {
	case r.Carrier == "":
		return &FormError{Field: "carrier", Why: "is empty"}
	case r.Act != ManifestClose && r.Act != ManifestStrike:
		return &FormError{Field: "act", Why: "is none that this version knows"}
	case r.Act == ManifestStrike && r.Reason == "":
		return &FormError{Field: "reason", Why: "is empty: say why its carrier has not taken it"}
	}
	if r.Day != "" {
		if _, err := time.Parse(time.DateOnly, r.Day); err != nil {
			return &FormError{Field: "day", Why: fmt.Sprintf("is %q; it is a day such as 2026-12-10", r.Day)}
		}
	}
	return nil
}

// body is what the entry says, or why there is none.
func (r *OnManifest) body(now time.Time) (*ManifestBody, error) {
	m := &r.open
	no := &ManifestError{Carrier: r.Carrier, Act: r.Act, Shipment: r.Shipment}
	b := &ManifestBody{Act: r.Act, Carrier: r.Carrier, Number: m.number(), Day: cmp.Or(r.Day, now.UTC().Format(time.DateOnly)), Struck: m.struck(), Reason: r.Reason, By: r.By}
	if m.strike != nil {
		b.Strikes = m.strike.Strikes
	}
	switch {
	case r.Act == ManifestClose && m.shipments == 0:
		return nil, no
	case r.Act == ManifestClose && m.shipments == m.on(): // nothing has left since: the last one is closed
		again := *m.last
		again.Still = true
		return &again, nil
	case r.Act == ManifestClose:
		b.From, b.To = m.on()+1, min(m.shipments, m.on()+ManifestMax)
		return b, nil
	case r.Shipment == 0 || r.Shipment > m.shipments:
		return nil, no
	case r.Shipment <= m.on():
		no.Closed = m.last.Number
		return nil, no
	}
	b.Shipment = r.Shipment
	at, twice := slices.BinarySearch(b.Struck, r.Shipment)
	switch {
	case twice:
		b.Still = true
	case len(b.Struck) >= ManifestMax:
		return nil, &FormError{Field: "shipment", Why: fmt.Sprintf("would be one more than the %d that are struck off before a manifest is closed: close it first", ManifestMax)}
	default:
		b.Struck, b.Strikes = slices.Insert(b.Struck, at, r.Shipment), b.Strikes+1
	}
	return b, nil
}

// Fits says whether the body is one that a book writes.
func (b *ManifestBody) Fits() error {
	span := b.Act == ManifestClose && b.From >= 1 && b.To >= b.From && b.To-b.From < ManifestMax
	if b.Carrier == "" || b.Number == 0 || !span && (b.Act != ManifestStrike || b.Shipment == 0 || b.From+b.To > 0) || len(b.Struck) > ManifestMax || !slices.IsSorted(b.Struck) {
		return fmt.Errorf("manifest %d of %q: act %d, shipments %d to %d, %d struck off", b.Number, b.Carrier, b.Act, b.From, b.To, len(b.Struck))
	}
	return nil
}

func (w *rowWriter) manifest(v *ManifestBody) {
	w.row(func() {
		w.uint(uint64(v.Act))
		w.str(v.Carrier)
		w.uint(v.Number)
		w.str(v.Day)
		w.uint(v.From)
		w.uint(v.To)
		w.list(len(v.Struck), func(i int) { w.uint(v.Struck[i]) })
		w.uint(v.Strikes)
		w.uint(v.Shipment)
		w.str(v.Reason)
		w.str(v.By)
		w.bool(v.Still)
	})
}

func (r *rowReader) manifest() *ManifestBody {
	v := &ManifestBody{}
	r.row(0, func() {
		v.Act, v.Carrier, v.Number, v.Day = ManifestAct(r.upTo(math.MaxUint8)), r.str(), r.uint(), r.str()
		v.From, v.To = r.uint(), r.uint()
		r.list(ManifestMax, func(n int) {
			for range n {
				v.Struck = append(v.Struck, r.uint())
			}
		})
		v.Strikes, v.Shipment, v.Reason, v.By, v.Still = r.uint(), r.uint(), r.str(), r.str(), r.bool()
	})
	return v
}
