package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// CartonLine is what of one line of an order lies in a carton.
type CartonLine struct {
	Line int        `json:"line" jsonschema:"the order's line, from 1"`
	SKU  ledger.SKU `json:"sku"`
	Name string     `json:"name,omitempty" jsonschema:"where one carton is asked for"`
	Qty  ledger.Qty `json:"qty"`
}

// Carton is a box and what lies in it.
type Carton struct {
	SSCC    gs1.SSCC     `json:"sscc" jsonschema:"18 digits"`
	Status  string       `json:"status" jsonschema:"packed, dispatched, undelivered, delivered, came_back, or emptied: nothing lies in it any more"`
	WeightG int64        `json:"weight_g,omitempty" jsonschema:"grams; left out: nobody has weighed it"`
	Lines   []CartonLine `json:"lines"`
}

// CartonAnswer is one carton, however long ago it was packed.
type CartonAnswer struct {
	Carton
	Fulfilment string         `json:"fulfilment" jsonschema:"that it was packed for"`
	Order      ledger.OrderID `json:"order"`
	Seq        uint64         `json:"seq" jsonschema:"the entry that brought it where it is"`
}

// cartonStatus names where a carton is.
func cartonStatus(at ledger.Stage) string {
	switch at {
	case ledger.StagePacked:
		return "packed"
	case ledger.StageOnTheWay:
		return "dispatched"
	case ledger.StageUndelivered:
		return "undelivered"
	case ledger.StageDelivered:
		return "delivered"
	default:
		return "came_back"
	}
}

func renderCarton(c *ledger.Carton) Carton {
	out := Carton{SSCC: c.SSCC, Status: cartonStatus(c.At), WeightG: c.Grams, Lines: make([]CartonLine, len(c.Lines))}
	for i, l := range c.Lines {
		out.Lines[i] = CartonLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty}
	}
	if len(c.Lines) == 0 {
		out.Status = "emptied"
	}
	return out
}

// RenderCarton gives a carton as its site has it.
func RenderCarton(p *ledger.PackedCarton, site ledger.SiteID) CartonAnswer {
	out := CartonAnswer{Carton: renderCarton(&p.Carton), Fulfilment: FulfilmentID(p.Order, site), Order: p.Order, Seq: uint64(p.Seq)}
	if p.At == ledger.StagePacked && !p.Open {
		out.Status, out.Lines = "emptied", []CartonLine{}
	}
	return out
}

// scannedCarton puts what lies in a carton that was scanned to what was scanned; false where the scan is of no carton.
func scannedCarton(code string, cartons []ledger.Carton, into map[ledger.SKU]ledger.Qty, seen map[gs1.SSCC]bool) (bool, error) {
	s, err := gs1.Read(code)
	if err != nil || s.Elements == nil || s.Elements.Get("00") == "" {
		return false, nil
	}
	n := gs1.SSCC(s.Elements.Get("00"))
	if seen[n] {
		return true, New(CodeWrongScan, fmt.Sprintf("Carton %s was scanned twice. Scan each carton once. Nothing was written down.", n))
	}
	seen[n] = true
	for i := range cartons {
		if cartons[i].SSCC != n {
			continue
		}
		for _, l := range cartons[i].Lines {
			into[l.SKU] += l.Qty
		}
		return true, nil
	}
	return true, New(CodeWrongScan, fmt.Sprintf("Carton %s was scanned, and is no part of what leaves. Take it out, and look its number up to see whose it is. Nothing was written down.", n))
}
