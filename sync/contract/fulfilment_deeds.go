package contract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// HandledLine names units of one line.
type HandledLine struct {
	Line int        `json:"line" jsonschema:"the order's line, from 1"`
	Qty  ledger.Qty `json:"qty"`
	Lots []LotQty   `json:"lots,omitempty" jsonschema:"which lots, or serial numbers, leave hands or come back. Left out: the only one that it can be; of a lot that goes out of the door, what leaves first"`
}

// PackRequest says what was packed.
type PackRequest struct {
	Lines   []HandledLine `json:"lines,omitempty" jsonschema:"left out: all that is picked"`
	Cartons []string      `json:"cartons,omitempty" jsonschema:"the SSCC of the one carton that all of it is in, as digits or as it was scanned; of several cartons contents says which holds what"`

	Contents []CartonContents `json:"contents,omitempty" jsonschema:"what is packed into which carton, at most 100. What lies in no carton yet may be packed into one, too"`
}

// CartonContents is what goes into one carton.
type CartonContents struct {
	SSCC    string        `json:"sscc,omitempty" jsonschema:"18 digits, or as it was scanned; left out: the carton gets one of this site's numbers (node --gs1-prefix)"`
	Lines   []HandledLine `json:"lines,omitempty" jsonschema:"left out, of one carton: all that the request names, or all that is picked"`
	WeightG int64         `json:"weight_g,omitempty" jsonschema:"grams, with the box; left out: as it was"`
}

// RepackRequest says what was taken out of a carton, or laid into another one, before it leaves. Left out, from or into are no carton.
type RepackRequest struct {
	From  string          `json:"from,omitempty" jsonschema:"SSCC of the carton that it is taken out of; left out: it is loose"`
	Into  *CartonContents `json:"into,omitempty" jsonschema:"the carton that it is laid into; its lines play no part. Left out: it is loose"`
	Lines []HandledLine   `json:"lines,omitempty" jsonschema:"left out: all of it"`
}

// ReadyRequest says what a customer may come for.
type ReadyRequest struct {
	Lines []HandledLine `json:"lines,omitempty" jsonschema:"left out: all that is packed or picked"`
}

// DispatchPartRequest says what a carrier took.
type DispatchPartRequest struct {
	Lines    []HandledLine `json:"lines,omitempty" jsonschema:"left out: all that is packed"`
	Carrier  string        `json:"carrier,omitempty" jsonschema:"at most 128 bytes"`
	Service  string        `json:"service,omitempty" jsonschema:"at most 128 bytes"`
	Tracking string        `json:"tracking,omitempty" jsonschema:"the carrier's number, at most 128 bytes"`
	Cartons  []string      `json:"cartons,omitempty" jsonschema:"SSCC of each carton that leaves; with lines: what leaves loose beside them. Both left out: all that is packed, in cartons or loose"`
	Check    []Scanned     `json:"check,omitempty" jsonschema:"what was scanned as it leaves, articles or cartons: it must be what leaves, neither more nor less; left out: nobody has scanned it. At most 5000"`
}

// CollectRequest says what was handed over to a customer who brought the code.
type CollectRequest struct {
	Code  string        `json:"code" jsonschema:"as the customer has it"`
	Lines []HandledLine `json:"lines,omitempty" jsonschema:"left out: all that is ready"`
}

// DeliverRequest says what a carrier has delivered.
type DeliverRequest struct {
	Lines   []HandledLine `json:"lines,omitempty" jsonschema:"left out: all that is on the way"`
	Cartons []string      `json:"cartons,omitempty" jsonschema:"SSCC of each carton that it is said of; with lines: what is loose beside them"`
}

// UndeliveredRequest says what a carrier could not deliver: it comes back.
type UndeliveredRequest struct {
	Reason  string        `json:"reason" jsonschema:"at most 128 bytes: one of the list, where the company has reasons for undelivered (GET /v1/policy/reasons)"`
	Lines   []HandledLine `json:"lines,omitempty" jsonschema:"left out: all that is on the way"`
	Cartons []string      `json:"cartons,omitempty" jsonschema:"SSCC of each carton that it is said of; with lines: what is loose beside them"`
}

// CameBackRequest says what a carrier has brought back. It is blocked until somebody has looked at it.
type CameBackRequest struct {
	Lines   []HandledLine `json:"lines,omitempty" jsonschema:"left out: all that was not delivered"`
	Bin     string        `json:"bin,omitempty" jsonschema:"where it lies; left out: the usual one"`
	Cartons []string      `json:"cartons,omitempty" jsonschema:"SSCC of each carton that it is said of; with lines: what is loose beside them"`
}

// PutBackRequest says what was put back into a bin.
type PutBackRequest struct {
	Lines  []HandledLine `json:"lines,omitempty" jsonschema:"left out: all that is not wanted any more. What is still wanted has to be named: it is to be picked again"`
	Bin    string        `json:"bin,omitempty" jsonschema:"where it lies; left out: the usual one"`
	Carton string        `json:"carton,omitempty" jsonschema:"SSCC of the carton that it was taken out of, where it lay in one of several"`
}

// deed begins the ledger's request for what was done with lines.
func deed(d ledger.Deed, order ledger.OrderID, lines []HandledLine) (*ledger.WorkLeg, error) {
	if lines != nil && len(lines) == 0 || len(lines) > ledger.LinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; it has 1 to %d, or is left out for all", len(lines), ledger.LinesMax)}
	}
	out := &ledger.WorkLeg{Order: order, Deed: d}
	for _, l := range lines {
		out.Lines = append(out.Lines, ledger.LegLine{Line: l.Line, Qty: l.Qty})
		for _, n := range l.Lots {
			lot, err := ledger.ParseLot(string(n.Lot))
			if err != nil {
				return nil, atLine(err, len(out.Lines)-1)
			}
			q := cmp.Or(n.Qty, 1)
			if err := ledger.CheckQty(q); err != nil {
				return nil, atLine(err, len(out.Lines)-1)
			}
			out.Lots = append(out.Lots, ledger.LineLot{Line: l.Line, LotQty: ledger.LotQty{Lot: lot, Qty: q}})
		}
		if len(out.Lots) > ledger.LotMovesMax {
			return nil, &ledger.FormError{Field: "lots", Why: fmt.Sprintf("are more than %d", ledger.LotMovesMax)}
		}
	}
	return out, nil
}

// Ledger checks the request and gives it to the ledger, without a key.
func (r *PackRequest) Ledger(order ledger.OrderID) (*ledger.WorkLeg, error) {
	out, err := deed(ledger.DeedPack, order, r.Lines)
	if err != nil {
		return nil, err
	}
	contents := r.Contents
	switch {
	case len(r.Cartons) > 0 && len(contents) > 0:
		return nil, &ledger.FormError{Field: "cartons", Why: "is given beside contents; give one of the two"}
	case len(r.Cartons) > 1:
		return nil, &ledger.FormError{Field: "cartons", Why: fmt.Sprintf("names %d; say by contents what lies in which", len(r.Cartons))}
	case len(r.Cartons) == 1:
		contents = []CartonContents{{SSCC: r.Cartons[0]}}
	case len(contents) > 1 && len(r.Lines) > 0:
		return nil, &ledger.FormError{Field: "lines", Why: "stand beside several cartons; give each carton its own lines"}
	}
	if len(contents) > 100 {
		return nil, &ledger.FormError{Field: "contents", Why: "has more than 100 cartons"}
	}
	for i := range contents {
		c, err := contents[i].ledger()
		if err != nil {
			return nil, err
		}
		if len(contents) > 1 && len(c.Lines) == 0 && c.Grams == 0 {
			return nil, &ledger.FormError{Field: fmt.Sprintf("contents[%d].lines", i), Why: "is empty: say what lies in this carton"}
		}
		out.Into = append(out.Into, c)
	}
	return out, nil
}

// ledger gives what goes into a carton.
func (c *CartonContents) ledger() (out ledger.Carton, err error) {
	if c.SSCC != "" {
		if out.SSCC, err = ReadSSCC(c.SSCC); err != nil {
			return out, err
		}
	}
	out.Grams = c.WeightG
	for _, l := range c.Lines {
		out.Lines = append(out.Lines, ledger.CartonLine{Line: l.Line, Qty: l.Qty})
	}
	return out, nil
}

// ReadSSCC reads a carton's number: 18 digits, or any scan that says it.
func ReadSSCC(text string) (gs1.SSCC, error) {
	if s, err := gs1.Read(text); err == nil && s.Elements != nil {
		if n := s.Elements.Get("00"); n != "" {
			text = n
		}
	}
	n, err := gs1.ParseSSCC(strings.TrimSpace(text))
	if err != nil {
		return "", &ledger.FormError{Field: "cartons", Why: fmt.Sprintf("has %q, which is no SSCC: %v", clip(text), err)}
	}
	return n, nil
}

func readSSCCs(texts []string) (out []gs1.SSCC, err error) {
	for _, text := range texts {
		n, err := ReadSSCC(text)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out, nil
}

// withCartons adds the cartons that a deed names.
func withCartons(out *ledger.WorkLeg, err error, cartons []string) (*ledger.WorkLeg, error) {
	if err == nil {
		out.Boxes, err = readSSCCs(cartons)
	}
	return out, err
}

// Ledger checks the request and gives it to the ledger, without a key.
func (r *RepackRequest) Ledger(order ledger.OrderID) (*ledger.WorkLeg, error) {
	out, err := deed(ledger.DeedRepack, order, r.Lines)
	if err != nil {
		return nil, err
	}
	if r.From != "" {
		if out.Out, err = ReadSSCC(r.From); err != nil {
			return nil, err
		}
	}
	if r.Into != nil {
		c, err := r.Into.ledger()
		if err != nil {
			return nil, err
		}
		c.Lines = nil
		out.Into = []ledger.Carton{c}
	}
	return out, nil
}

// Ledger checks the request and gives it to the ledger, without a key. code is the customer's, where the fulfilment has none yet.
func (r *ReadyRequest) Ledger(order ledger.OrderID, code string) (*ledger.WorkLeg, error) {
	out, err := deed(ledger.DeedReady, order, r.Lines)
	if err == nil {
		out.Code = code
	}
	return out, err
}

// Ledger checks the request and gives it to the ledger, without a key.
func (r *DispatchPartRequest) Ledger(order ledger.OrderID) (*ledger.WorkLeg, error) {
	for _, t := range []struct{ field, text string }{{"carrier", r.Carrier}, {"service", r.Service}, {"tracking", r.Tracking}} {
		if err := CheckText(t.field, t.text, textMax); err != nil {
			return nil, err
		}
	}
	out, err := deed(ledger.DeedDispatch, order, r.Lines)
	if err == nil {
		out.Ship = ledger.Shipment{Carrier: r.Carrier, Service: r.Service, Tracking: r.Tracking}
	}
	return withCartons(out, err, r.Cartons)
}

// Ledger checks the request and gives it to the ledger, without a key.
func (r *CollectRequest) Ledger(order ledger.OrderID) (*ledger.WorkLeg, error) {
	if err := CheckText("code", r.Code, textMax); err != nil {
		return nil, err
	}
	if r.Code == "" {
		return nil, &ledger.FormError{Field: "code", Why: "is empty: ask the customer for it"}
	}
	out, err := deed(ledger.DeedCollect, order, r.Lines)
	if err == nil {
		out.Code = r.Code
	}
	return out, err
}

// Ledger checks the request and gives it to the ledger, without a key.
func (r *DeliverRequest) Ledger(order ledger.OrderID) (*ledger.WorkLeg, error) {
	out, err := deed(ledger.DeedDeliver, order, r.Lines)
	return withCartons(out, err, r.Cartons)
}

// Ledger checks the request and gives it to the ledger, without a key.
func (r *UndeliveredRequest) Ledger(order ledger.OrderID) (*ledger.WorkLeg, error) {
	if err := CheckText("reason", r.Reason, textMax); err != nil {
		return nil, err
	}
	out, err := deed(ledger.DeedFail, order, r.Lines)
	if err == nil {
		out.Reason = r.Reason
	}
	return withCartons(out, err, r.Cartons)
}

// Ledger checks the request and gives it to the ledger, without a key and without the name of the return that it is.
func (r *CameBackRequest) Ledger(order ledger.OrderID) (*ledger.WorkLeg, error) {
	out, err := binned(ledger.DeedComeBack, order, r.Lines, r.Bin)
	return withCartons(out, err, r.Cartons)
}

// Ledger checks the request and gives it to the ledger, without a key.
func (r *PutBackRequest) Ledger(order ledger.OrderID) (*ledger.WorkLeg, error) {
	out, err := binned(ledger.DeedPutBack, order, r.Lines, r.Bin)
	if err == nil && r.Carton != "" {
		out.Out, err = ReadSSCC(r.Carton)
	}
	return out, err
}

func binned(d ledger.Deed, order ledger.OrderID, lines []HandledLine, bin string) (*ledger.WorkLeg, error) {
	out, err := deed(d, order, lines)
	if err != nil {
		return nil, err
	}
	out.Bin, err = ledger.ParseBin(bin)
	return out, err
}

// RenderWork gives the answer that an entry at site about an order is.
func RenderWork(b *ledger.WorkBody, order ledger.OrderID, site ledger.SiteID, seq ledger.Seq) FulfilmentAnswer {
	out := FulfilmentAnswer{ID: FulfilmentID(order, site), Order: order, Owner: b.Owner, Site: site, Status: FulfilmentStatus(b.State),
		Lines: []FulfilledLine{}, Code: b.Code, Seq: uint64(seq)}
	if b.Deed != ledger.DeedReady {
		out.Code = ""
	}
	for _, v := range b.Moves {
		if n := len(out.Lines); n > 0 && out.Lines[n-1].Line == v.Line {
			out.Lines[n-1].Qty += v.Qty
			continue
		}
		out.Lines = append(out.Lines, FulfilledLine{Line: v.Line, SKU: v.SKU, Qty: v.Qty})
	}
	for i := range b.Boxes {
		out.Cartons = append(out.Cartons, renderCarton(&b.Boxes[i]))
	}
	return out
}

// RenderPart gives a part of an order as its site lists it.
func RenderPart(p *ledger.ServedPart, site ledger.SiteID) SiteFulfilment {
	out := SiteFulfilment{ID: FulfilmentID(p.Order, site), Order: p.Order, Owner: p.Owner, Site: site, Status: FulfilmentStatus(p.State),
		Lines: make([]FulfilmentLine, len(p.Lines)), Code: p.Code}
	for i := range p.Lines {
		l := &p.Lines[i]
		out.Lines[i] = FulfilmentLine{Line: l.Line, SKU: l.SKU, Qty: l.Reserved,
			Picked: l.At[ledger.StagePicked], Packed: l.At[ledger.StagePacked], Ready: l.At[ledger.StageReady], PutBack: l.At[ledger.StagePutBack],
			OnTheWay: l.At[ledger.StageOnTheWay], Undelivered: l.At[ledger.StageUndelivered], Delivered: l.At[ledger.StageDelivered],
			Collected: l.At[ledger.StageCollected], CameBack: l.At[ledger.StageCameBack]}
	}
	for _, s := range p.Shipments {
		out.Shipments = append(out.Shipments, Shipment(s))
	}
	for i := range p.Cartons {
		out.Cartons = append(out.Cartons, renderCarton(&p.Cartons[i]))
	}
	return out
}
