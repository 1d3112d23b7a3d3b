package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A plan is kept as JSON, so that a person can read what happened and take more out of it. Keys and
// requests are not in it: they follow from names.
const (
	planVersion = 1
	planBytes   = 64 << 20
	actsMax     = 1_000_000
)

// ErrPlan says that a file is no plan that can be carried out.
var ErrPlan = errors.New("not a plan")

type planFile struct {
	Version  int          `json:"version"`
	Seed     uint64       `json:"seed"`
	LengthNS int64        `json:"length_ns"`
	Bad      string       `json:"bad"`
	Witness  bool         `json:"witness"`
	Sites    []placeFile  `json:"sites"`
	SKUs     []ledger.SKU `json:"skus"`
	Acts     []actFile    `json:"acts"`
}

type placeFile struct {
	ID      ledger.SiteID `json:"id"`
	Counter bool          `json:"counter"`
	Rank    int           `json:"rank"`
	SkewNS  int64         `json:"skew_ns"`
}

type actFile struct {
	ID      int           `json:"id"`
	AtNS    int64         `json:"at_ns"`
	Kind    string        `json:"kind"`
	Site    ledger.SiteID `json:"site,omitempty"`
	ForNS   int64         `json:"for_ns,omitempty"`
	Hard    bool          `json:"hard,omitempty"`
	Point   Point         `json:"point,omitempty"`
	Part    Part          `json:"part,omitempty"`
	Pick    int           `json:"pick,omitempty"`
	Other   ledger.SiteID `json:"other,omitempty"`
	SKU     ledger.SKU    `json:"sku,omitempty"`
	Qty     ledger.Qty    `json:"qty,omitempty"`
	Weather *Weather      `json:"weather,omitempty"`
	Goods   *goodsFile    `json:"goods,omitempty"`
	Wish    *wishFile     `json:"wish,omitempty"`
}

type goodsFile struct {
	ID        string     `json:"id"`
	Reference string     `json:"reference"`
	Lines     []lineFile `json:"lines"`
}

type lineFile struct {
	SKU ledger.SKU `json:"sku"`
	Qty ledger.Qty `json:"qty"`
	Bin ledger.Bin `json:"bin,omitempty"`

	Supplier string `json:"supplier,omitempty"` // that sends the line itself
}

type wishFile struct {
	ID            ledger.OrderID  `json:"id"`
	Name          string          `json:"name"`
	Channel       ledger.Channel  `json:"channel"`
	Fulfil        ledger.Fulfil   `json:"fulfil"`
	Shortage      ledger.Shortage `json:"shortage"`
	Anywhere      bool            `json:"anywhere,omitempty"`
	CollectAt     ledger.SiteID   `json:"collect_at,omitempty"`
	TakenAt       time.Time       `json:"taken_at"`
	Priority      int             `json:"priority,omitempty"`
	Class         string          `json:"class,omitempty"`
	Lines         []lineFile      `json:"lines"`
	CancelAfterNS int64           `json:"cancel_after_ns,omitempty"`
	Twice         bool            `json:"twice,omitempty"`
	Reuse         bool            `json:"reuse,omitempty"`
	InHand        bool            `json:"in_hand,omitempty"`
	Forgets       bool            `json:"forgets,omitempty"`
}

// Write writes the plan down.
func (p *Plan) Write(w io.Writer) error {
	f := planFile{Version: planVersion, Seed: p.Seed, LengthNS: int64(p.Length), Bad: p.Disasters.String(), Witness: p.Witness, SKUs: p.SKUs, Acts: []actFile{}}
	for _, s := range p.Sites {
		f.Sites = append(f.Sites, placeFile{s.ID, s.Counter, s.Rank, int64(s.Skew)})
	}
	for i := range p.Acts {
		f.Acts = append(f.Acts, fileOf(&p.Acts[i]))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(f)
}

func fileOf(a *Act) actFile {
	f := actFile{ID: a.ID, AtNS: int64(a.At), Kind: a.Kind.String(), Site: a.Site, ForNS: int64(a.For), Hard: a.Hard, Point: a.Point,
		Part: a.Part, Pick: a.Pick, Other: a.Other, SKU: a.SKU, Qty: a.Qty}
	if a.Kind == ActWeather {
		f.Weather = &a.Weather
	}
	if r := a.Receipt; r != nil {
		f.Goods = &goodsFile{ID: r.ID, Reference: r.Reference}
		for _, l := range r.Lines {
			f.Goods.Lines = append(f.Goods.Lines, lineFile{SKU: l.SKU, Qty: l.Qty, Bin: l.Bin})
		}
	}
	if w := a.Wish; w != nil {
		o := &w.Order
		f.Wish = &wishFile{ID: o.ID, Name: o.External, Channel: o.Channel, Fulfil: o.Fulfil, Shortage: o.Shortage, Anywhere: o.Anywhere, CollectAt: o.CollectAt,
			TakenAt: o.TakenAt, Priority: o.Priority, Class: o.Class, CancelAfterNS: int64(w.CancelAfter), Twice: w.Twice, Reuse: w.Reuse, InHand: w.InHand, Forgets: w.Forgets}
		for _, l := range o.Lines {
			line := lineFile{SKU: l.SKU, Qty: l.Qty}
			if l.Drop != nil {
				line.Supplier = l.Drop.Supplier
			}
			f.Wish.Lines = append(f.Wish.Lines, line)
		}
	}
	return f
}

// ReadPlan reads a plan and checks that it can be carried out.
func ReadPlan(r io.Reader) (*Plan, error) {
	raw, err := io.ReadAll(io.LimitReader(r, planBytes+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > planBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrPlan, planBytes)
	}
	var f planFile
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	if d.More() {
		return nil, fmt.Errorf("%w: something follows it", ErrPlan)
	}
	p, err := f.plan()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	return p, nil
}

func (f *planFile) plan() (*Plan, error) {
	bad, err := ParseDisasters(f.Bad)
	switch {
	case f.Version != planVersion:
		return nil, fmt.Errorf("version %d; this build reads %d", f.Version, planVersion)
	case err != nil:
		return nil, err
	case f.LengthNS < 0 || f.LengthNS > int64(HoursMax*time.Hour):
		return nil, fmt.Errorf("it takes %v", time.Duration(f.LengthNS))
	case len(f.Sites) < 1 || len(f.Sites) > SitesMax || len(f.Acts) > actsMax:
		return nil, fmt.Errorf("%d sites, %d acts", len(f.Sites), len(f.Acts))
	}
	p := &Plan{Seed: f.Seed, Length: time.Duration(f.LengthNS), Witness: f.Witness, Disasters: bad, SKUs: f.SKUs}
	for _, s := range f.Sites {
		if _, err := ledger.ParseSite(string(s.ID)); err != nil || p.has(s.ID) {
			return nil, fmt.Errorf("site %q: %w", s.ID, cmpErr(err))
		}
		p.Sites = append(p.Sites, Place{s.ID, s.Counter, s.Rank, time.Duration(s.SkewNS)})
	}
	for _, sku := range p.SKUs {
		if _, err := ledger.ParseSKU(string(sku)); err != nil {
			return nil, err
		}
	}
	names := map[string]bool{}
	for i := range f.Acts {
		a, err := p.act(&f.Acts[i], names)
		if err != nil {
			return nil, fmt.Errorf("act %d: %w", f.Acts[i].ID, err)
		}
		p.Acts = append(p.Acts, a)
	}
	return p, nil
}

var errTwice = errors.New("it is there twice")

func cmpErr(err error) error {
	if err == nil {
		return errTwice
	}
	return err
}

func (p *Plan) has(id ledger.SiteID) bool {
	return slices.ContainsFunc(p.Sites, func(s Place) bool { return s.ID == id })
}

// act reads one act: what it names has to be there.
func (p *Plan) act(f *actFile, names map[string]bool) (Act, error) {
	a := Act{ID: f.ID, At: time.Duration(f.AtNS), Site: f.Site, For: time.Duration(f.ForNS), Hard: f.Hard, Point: f.Point, Part: f.Part,
		Pick: f.Pick, Other: f.Other, SKU: f.SKU, Qty: f.Qty}
	var known bool
	if a.Kind, known = kindNamed(f.Kind); !known {
		return a, fmt.Errorf("nothing is called %q", f.Kind)
	}
	line := a.Kind == ActCut && len(a.Site) > 1 && p.has(a.Site[:len(a.Site)-1]) // of a copy
	atHQ := a.Site == ledger.HQ && a.Kind.atHQ()
	switch {
	case a.At > p.Length || a.At < -time.Hour || a.For < 0 && a.Kind != ActClock || a.Pick < 0:
		return a, errors.New("out of bounds")
	case a.Kind != ActWeather && !p.has(a.Site) && !line && !atHQ:
		return a, fmt.Errorf("no site is called %q", a.Site)
	case a.Kind == ActPass && !p.has(a.Other):
		return a, fmt.Errorf("no site is called %q", a.Other)
	case (a.Kind == ActWeather) != (f.Weather != nil), (a.Kind == ActReceipt) != (f.Goods != nil), a.Kind.wishes() != (f.Wish != nil):
		return a, errors.New("it has not what its kind needs, and nothing else")
	}
	if f.Weather != nil {
		a.Weather = *f.Weather
		if a.Weather.Latency < 0 || a.Weather.Latency > time.Minute {
			return a, errors.New("out of bounds")
		}
	}
	var err error
	switch {
	case f.Goods != nil:
		a.Receipt, err = f.Goods.receipt(names)
	case f.Wish != nil:
		a.Wish, err = f.Wish.wish(names)
		if err == nil && a.Wish.Order.CollectAt != "" && !p.has(a.Wish.Order.CollectAt) {
			err = fmt.Errorf("no site is called %q", a.Wish.Order.CollectAt)
		}
	}
	return a, err
}

func (f *goodsFile) receipt(names map[string]bool) (*ledger.Receive, error) {
	r := &ledger.Receive{ID: f.ID, Reference: f.Reference}
	if names["r "+f.ID] {
		return nil, errTwice
	}
	names["r "+f.ID] = true
	for _, l := range f.Lines {
		if l.Qty < 1 || l.Qty > ledger.QtyMax {
			return nil, fmt.Errorf("%d of %s", l.Qty, l.SKU)
		}
		r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: l.SKU, Qty: l.Qty, Bin: l.Bin})
	}
	r.Key, r.Request = keyOf(r.ID), ledger.DigestOf([]byte(r.ID))
	return r, nil
}

func (f *wishFile) wish(names map[string]bool) (*Wish, error) {
	if names["o "+f.Name] || names["id "+string(f.ID)] {
		return nil, errTwice
	}
	names["o "+f.Name], names["id "+string(f.ID)] = true, true
	w := &Wish{Key: keyOf(f.Name), Request: ledger.DigestOf([]byte(f.Name)), CancelAfter: time.Duration(f.CancelAfterNS),
		Twice: f.Twice, Reuse: f.Reuse, InHand: f.InHand, Forgets: f.Forgets}
	w.Order = ledger.Order{ID: f.ID, External: f.Name, Channel: f.Channel, Fulfil: f.Fulfil, Shortage: f.Shortage, Anywhere: f.Anywhere,
		CollectAt: f.CollectAt, TakenAt: f.TakenAt, Priority: f.Priority, Class: f.Class}
	for _, l := range f.Lines {
		line := ledger.Line{SKU: l.SKU, Qty: l.Qty}
		if l.Supplier != "" {
			line.Drop = &ledger.DropShip{Supplier: l.Supplier, LeadDays: dropDays}
		}
		w.Order.Lines = append(w.Order.Lines, line)
	}
	if w.CancelAfter < 0 {
		return nil, errors.New("out of bounds")
	}
	return w, w.Order.Check()
}
