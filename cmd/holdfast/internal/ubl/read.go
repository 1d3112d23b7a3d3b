package ubl

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The limits of a document.
const (
	documentMax = 16 << 20 // bytes
	linesMax    = 5_000
	textMax     = 128 // bytes of a number or a name that is kept
)

const namespace = "urn:oasis:names:specification:ubl:schema:xsd:DespatchAdvice-2"

// TypeTransfer marks the delivery note of goods that go from one site of a company to another.
const TypeTransfer = "transfer"

// An Advice says what was sent.
type Advice struct {
	ID       string
	Type     string // "" where nothing is said
	Issued   string // a day
	Order    string // the buyer's number of the order, or the transfer's; "" for none
	Supplier string // who sends, by name
	Customer string // who gets it
	Carrier  string
	Tracking string
	Lines    []Line
	Cartons  []Carton // not read
}

// A Carton is a box that was sent, by its SSCC, and what of the lines lies in it.
type Carton struct {
	SSCC  string
	Lines []Line // ID, OrderLine, Qty and Sellers play a part
}

// A Line is one article that was sent.
type Line struct {
	ID        string
	At        int    // the line of the file on which it begins; not written
	Order     string // of this line; "" where it is the document's
	OrderLine string
	Qty       ledger.Qty
	Name      string
	Buyers    string // the buyer's number of the article
	Sellers   string // the seller's
	Standard  string // its GTIN
}

// A Fault is a line that cannot be taken, and why.
type Fault struct {
	At   int
	Name string
	Why  string
}

func (f *Fault) Error() string { return fmt.Sprintf("line %d (%s): %s", f.At, f.Name, f.Why) }

// pieces are the codes of UN/ECE recommendation 20 that count articles one by one.
func pieces() []string { return []string{"", "C62", "EA", "H87", "NAR", "PCE"} }

// The parts of a document that are read. Names match in any namespace: programs differ in their prefixes.
type (
	orderRef struct {
		ID string `xml:"ID"`
	}
	identification struct {
		ID string `xml:"ID"`
	}
	party struct {
		Name string `xml:"Party>PartyName>Name"`
	}
	quantity struct {
		Unit  string `xml:"unitCode,attr"`
		Value string `xml:",chardata"`
	}
	readLine struct {
		ID        string   `xml:"ID"`
		Delivered quantity `xml:"DeliveredQuantity"`
		Ref       []struct {
			LineID string   `xml:"LineID"`
			Order  orderRef `xml:"OrderReference"`
		} `xml:"OrderLineReference"`
		Item struct {
			Name        string         `xml:"Name"`
			Description []string       `xml:"Description"`
			Buyers      identification `xml:"BuyersItemIdentification"`
			Sellers     identification `xml:"SellersItemIdentification"`
			Standard    identification `xml:"StandardItemIdentification"`
		} `xml:"Item"`
	}
	readShipment struct {
		Carrier  string `xml:"Consignment>CarrierParty>PartyName>Name"`
		Tracking string `xml:"Delivery>TrackingID"`
	}
)

// Read reads a despatch advice. Faults are of lines that cannot be booked; the others are there all the same.
func Read(src io.Reader) (a *Advice, faults []*Fault, err error) {
	bounded := &io.LimitedReader{R: src, N: documentMax + 1}
	d := xml.NewDecoder(bounded)
	root, err := rootOf(d)
	if err != nil {
		return nil, nil, err
	}
	if root.Name.Local != "DespatchAdvice" || root.Name.Space != namespace {
		return nil, nil, fmt.Errorf("the document is a %s, and no UBL 2 DespatchAdvice", clip(root.Name.Local))
	}
	a = &Advice{}
	for {
		token, err := d.Token()
		if err == nil {
			if bounded.N <= 0 {
				return nil, nil, fmt.Errorf("the document is larger than %d MiB", documentMax>>20)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read document: %w", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if fault, err := a.take(d, &start); err != nil {
			return nil, nil, fmt.Errorf("read document: %w", err)
		} else if fault != nil {
			faults = append(faults, fault)
		}
		if len(a.Lines)+len(faults) > linesMax {
			return nil, nil, fmt.Errorf("the document has more than %d lines", linesMax)
		}
	}
	if a.ID == "" {
		return nil, nil, errors.New("the document has no ID, by which it would be known when it is read again")
	}
	return a, faults, nil
}

func rootOf(d *xml.Decoder) (xml.StartElement, error) {
	for {
		token, err := d.Token()
		if err != nil {
			return xml.StartElement{}, fmt.Errorf("read document: it is no XML: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			return start, nil
		}
	}
}

// take reads one element of the document.
func (a *Advice) take(d *xml.Decoder, start *xml.StartElement) (*Fault, error) {
	at, _ := d.InputPos()
	text := func(into *string) error {
		var v string
		err := d.DecodeElement(&v, start)
		*into = clip(v)
		return err
	}
	switch start.Name.Local {
	case "ID":
		return nil, text(&a.ID)
	case "DespatchAdviceTypeCode":
		return nil, text(&a.Type)
	case "IssueDate":
		return nil, text(&a.Issued)
	case "OrderReference":
		var v orderRef
		err := d.DecodeElement(&v, start)
		if a.Order == "" {
			a.Order = clip(v.ID)
		}
		return nil, err
	case "DespatchSupplierParty", "DeliveryCustomerParty":
		var v party
		err := d.DecodeElement(&v, start)
		if start.Name.Local == "DespatchSupplierParty" {
			a.Supplier = clip(v.Name)
		} else {
			a.Customer = clip(v.Name)
		}
		return nil, err
	case "Shipment":
		var v readShipment
		err := d.DecodeElement(&v, start)
		a.Carrier, a.Tracking = clip(v.Carrier), clip(v.Tracking)
		return nil, err
	case "DespatchLine":
		var v readLine
		if err := d.DecodeElement(&v, start); err != nil {
			return nil, err
		}
		l, why := v.line(at)
		if why == "" && slices.ContainsFunc(a.Lines, func(o Line) bool { return o.ID == l.ID }) {
			why = "another line has the same ID"
		}
		if why != "" {
			return &Fault{At: at, Name: "line " + l.ID, Why: why}, nil
		}
		a.Lines = append(a.Lines, l)
		return nil, nil
	default:
		return nil, d.Skip()
	}
}

// line checks what a line says; why is why it cannot be booked.
func (v *readLine) line(at int) (l Line, why string) {
	l = Line{ID: clip(v.ID), At: at, Name: clip(v.Item.Name), Buyers: clip(v.Item.Buyers.ID), Sellers: clip(v.Item.Sellers.ID), Standard: clip(v.Item.Standard.ID)}
	if l.Name == "" && len(v.Item.Description) > 0 {
		l.Name = clip(v.Item.Description[0])
	}
	if len(v.Ref) > 0 {
		l.Order, l.OrderLine = clip(v.Ref[0].Order.ID), clip(v.Ref[0].LineID)
	}
	value, unit := strings.TrimSpace(v.Delivered.Value), strings.ToUpper(strings.TrimSpace(v.Delivered.Unit))
	whole, fraction, _ := strings.Cut(value, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	switch {
	case l.ID == "":
		return l, "it has no ID, by which it would be known when it is read again"
	case value == "":
		return l, "it does not say how many were delivered"
	case !slices.Contains(pieces(), unit):
		return l, fmt.Sprintf("%s %s were delivered, and only pieces are booked (unit codes %s)", clip(value), clip(unit), strings.Join(pieces()[1:], ", "))
	case err != nil || strings.Trim(fraction, "0") != "" || n < 0 || ledger.Qty(n) > ledger.QtyMax:
		return l, fmt.Sprintf("%q is no whole number of pieces", clip(value))
	case n == 0:
		return l, "none were delivered"
	case l.Buyers == "" && l.Standard == "" && l.Sellers == "":
		return l, "it names no article"
	}
	l.Qty = ledger.Qty(n)
	return l, ""
}

// clip cuts a text of a document to what is kept of it.
func clip(text string) string {
	text = strings.TrimSpace(text)
	if len(text) <= textMax {
		return text
	}
	return strings.ToValidUTF8(text[:textMax], "")
}
