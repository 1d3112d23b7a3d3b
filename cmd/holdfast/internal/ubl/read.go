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
	At    int
	Name  string
	Order string // of a despatch advice: the order that the line names, where it does
	Why   string
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
		Item readItem `xml:"Item"`
	}
	readItem struct {
		Name        string         `xml:"Name"`
		Description []string       `xml:"Description"`
		Buyers      identification `xml:"BuyersItemIdentification"`
		Sellers     identification `xml:"SellersItemIdentification"`
		Standard    identification `xml:"StandardItemIdentification"`
	}
	readShipment struct {
		Carrier  string `xml:"Consignment>CarrierParty>PartyName>Name"`
		Tracking string `xml:"Delivery>TrackingID"`
	}
)

// Read reads a despatch advice. Faults are of lines that cannot be booked; the others are there all the same.
func Read(src io.Reader) (a *Advice, faults []*Fault, err error) {
	a = &Advice{}
	err = document(src, "DespatchAdvice", namespace, func(d *xml.Decoder, start *xml.StartElement) error {
		fault, err := a.take(d, start)
		if fault != nil {
			faults = append(faults, fault)
		}
		if err == nil && len(a.Lines)+len(faults) > linesMax {
			err = fmt.Errorf("the document has more than %d lines", linesMax)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if a.ID == "" {
		return nil, nil, errors.New("the document has no ID, by which it would be known when it is read again")
	}
	return a, faults, nil
}

// document gives each element right below the root of a UBL 2 document to take, which reads it or passes over it.
func document(src io.Reader, root, space string, take func(*xml.Decoder, *xml.StartElement) error) error {
	bounded := &io.LimitedReader{R: src, N: documentMax + 1}
	d := xml.NewDecoder(bounded)
	first, err := rootOf(d)
	if err != nil {
		return err
	}
	if first.Name.Local != root || first.Name.Space != space {
		return fmt.Errorf("the document is a %s, and no UBL 2 %s", clip(first.Name.Local), root)
	}
	for {
		token, err := d.Token()
		if err == nil && bounded.N <= 0 {
			return fmt.Errorf("the document is larger than %d MiB", documentMax>>20)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read document: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			if err := take(d, &start); err != nil {
				return fmt.Errorf("read document: %w", err)
			}
		}
	}
}

// decodeText reads the text of an element.
func decodeText(d *xml.Decoder, start *xml.StartElement, into *string) error {
	var v string
	err := d.DecodeElement(&v, start)
	*into = clip(v)
	return err
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
	switch start.Name.Local {
	case "ID":
		return nil, decodeText(d, start, &a.ID)
	case "DespatchAdviceTypeCode":
		return nil, decodeText(d, start, &a.Type)
	case "IssueDate":
		return nil, decodeText(d, start, &a.Issued)
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
			return &Fault{At: at, Name: "line " + l.ID, Order: l.Order, Why: why}, nil
		}
		a.Lines = append(a.Lines, l)
		return nil, nil
	default:
		return nil, d.Skip()
	}
}

// line checks what a line says; why is why it cannot be booked.
func (v *readLine) line(at int) (l Line, why string) {
	l = Line{ID: clip(v.ID), At: at, Name: v.Item.name(), Buyers: clip(v.Item.Buyers.ID), Sellers: clip(v.Item.Sellers.ID), Standard: clip(v.Item.Standard.ID)}
	if len(v.Ref) > 0 {
		l.Order, l.OrderLine = clip(v.Ref[0].Order.ID), clip(v.Ref[0].LineID)
	}
	if l.ID == "" {
		return l, "it has no ID, by which it would be known when it is read again"
	}
	if l.Qty, why = v.Delivered.pieces("delivered"); why == "" && l.Buyers == "" && l.Standard == "" && l.Sellers == "" {
		why = "it names no article"
	}
	return l, why
}

// name is what an article is called: its name, or else what describes it.
func (v *readItem) name() string {
	if v.Name == "" && len(v.Description) > 0 {
		return clip(v.Description[0])
	}
	return clip(v.Name)
}

// pieces reads a whole number of pieces; why is why it is none. done says what was done with them.
func (q quantity) pieces(done string) (n ledger.Qty, why string) {
	value, unit := strings.TrimSpace(q.Value), strings.ToUpper(strings.TrimSpace(q.Unit))
	whole, fraction, _ := strings.Cut(value, ".")
	units, err := strconv.ParseInt(whole, 10, 64)
	switch {
	case value == "":
		return 0, fmt.Sprintf("it does not say how many were %s", done)
	case !slices.Contains(pieces(), unit):
		return 0, fmt.Sprintf("%s %s were %s, and only pieces are booked (unit codes %s)", clip(value), clip(unit), done, strings.Join(pieces()[1:], ", "))
	case err != nil || strings.Trim(fraction, "0") != "" || units < 0 || ledger.Qty(units) > ledger.QtyMax:
		return 0, fmt.Sprintf("%q is no whole number of pieces", clip(value))
	case units == 0:
		return 0, fmt.Sprintf("none were %s", done)
	}
	return ledger.Qty(units), ""
}

// clip cuts a text of a document to what is kept of it.
func clip(text string) string {
	text = strings.TrimSpace(text)
	if len(text) <= textMax {
		return text
	}
	return strings.ToValidUTF8(text[:textMax], "")
}
