package ubl

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

const namespaceOrder = "urn:oasis:names:specification:ubl:schema:xsd:Order-2"

// An Order says what a customer's program wants.
type Order struct {
	ID       string // the customer's number of it
	Issued   string // a day
	Buyer    Party
	Country  string // where it is to go: two capital letters; "" where nothing is said
	Postcode string
	NeedBy   string // the last day on which it is wanted; "" where nothing is said
	Lines    []OrderLine
}

// A Party is a customer as its own document names it.
type Party struct {
	At    int // the line of the file on which it begins
	Name  string
	Names []string // its numbers: the account that the seller gave it first, then its own
}

// An OrderLine is one article that is wanted.
type OrderLine struct {
	ID       string
	At       int // the line of the file on which it begins
	Qty      ledger.Qty
	Name     string
	Buyers   string // the buyer's number of the article
	Sellers  string // the seller's
	Standard string // its GTIN
	Price    string // of Base pieces, as it is written; "" where none is
	Currency string
	Base     string
}

// The parts of an order that are read.
type (
	readParty struct {
		Supplier string `xml:"SupplierAssignedAccountID"`
		Customer string `xml:"CustomerAssignedAccountID"`
		Party    struct {
			IDs  []identification `xml:"PartyIdentification"`
			Name string           `xml:"PartyName>Name"`
			End  string           `xml:"EndpointID"`
		} `xml:"Party"`
	}
	readDelivery struct {
		Address  readAddress `xml:"DeliveryAddress"`
		Location readAddress `xml:"DeliveryLocation>Address"`
		End      string      `xml:"RequestedDeliveryPeriod>EndDate"`
	}
	readAddress struct {
		Zone    string `xml:"PostalZone"`
		Country string `xml:"Country>IdentificationCode"`
	}
	readOrderLine struct {
		Item struct {
			ID       string   `xml:"ID"`
			Quantity quantity `xml:"Quantity"`
			Price    struct {
				Amount struct {
					Currency string `xml:"currencyID,attr"`
					Value    string `xml:",chardata"`
				} `xml:"PriceAmount"`
				Base string `xml:"BaseQuantity"`
			} `xml:"Price"`
			Item readItem `xml:"Item"`
		} `xml:"LineItem"`
	}
)

// ReadOrder reads an order. Faults are of lines that cannot be taken; the others are there all the same.
func ReadOrder(src io.Reader) (o *Order, faults []*Fault, err error) {
	o = &Order{}
	err = document(src, "Order", namespaceOrder, func(d *xml.Decoder, start *xml.StartElement) error {
		fault, err := o.take(d, start)
		if fault != nil {
			faults = append(faults, fault)
		}
		if err == nil && len(o.Lines)+len(faults) > linesMax {
			err = fmt.Errorf("the document has more than %d lines", linesMax)
		}
		return err
	})
	switch {
	case err != nil:
		return nil, nil, err
	case o.ID == "":
		return nil, nil, errors.New("the document has no ID, by which it would be known when it is read again")
	case len(o.Lines)+len(faults) == 0:
		return nil, nil, errors.New("the document has no lines: nothing is ordered")
	}
	return o, faults, nil
}

// take reads one element of an order.
func (o *Order) take(d *xml.Decoder, start *xml.StartElement) (*Fault, error) {
	at, _ := d.InputPos()
	switch start.Name.Local {
	case "ID":
		return nil, decodeText(d, start, &o.ID)
	case "IssueDate":
		return nil, decodeText(d, start, &o.Issued)
	case "BuyerCustomerParty":
		var v readParty
		err := d.DecodeElement(&v, start)
		o.Buyer = Party{At: at, Name: clip(v.Party.Name)}
		names := []string{v.Supplier}
		for _, id := range v.Party.IDs {
			names = append(names, id.ID)
		}
		for _, n := range append(names, v.Party.End, v.Customer) {
			if n = clip(n); n != "" && !slices.Contains(o.Buyer.Names, n) && len(o.Buyer.Names) < partyNamesMax {
				o.Buyer.Names = append(o.Buyer.Names, n)
			}
		}
		return nil, err
	case "Delivery":
		var v readDelivery
		err := d.DecodeElement(&v, start)
		for _, a := range []readAddress{v.Address, v.Location} {
			if o.Country == "" && o.Postcode == "" {
				o.Country, o.Postcode = strings.ToUpper(clip(a.Country)), clip(a.Zone)
			}
		}
		if end := strings.TrimSpace(v.End); o.NeedBy == "" && isDay(end) {
			o.NeedBy = end
		}
		return nil, err
	case "OrderLine":
		var v readOrderLine
		if err := d.DecodeElement(&v, start); err != nil {
			return nil, err
		}
		l, why := v.line(at)
		if why == "" && slices.ContainsFunc(o.Lines, func(other OrderLine) bool { return other.ID == l.ID }) {
			why = "another line has the same ID"
		}
		if why != "" {
			return &Fault{At: at, Name: "line " + l.ID, Why: why}, nil
		}
		o.Lines = append(o.Lines, l)
		return nil, nil
	default:
		return nil, d.Skip()
	}
}

// partyNamesMax bounds the numbers of a party that are kept.
const partyNamesMax = 16

func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// line checks what a line says; why is why it cannot be taken.
func (v *readOrderLine) line(at int) (l OrderLine, why string) {
	i, p := &v.Item, &v.Item.Price
	l = OrderLine{ID: clip(i.ID), At: at, Name: i.Item.name(), Buyers: clip(i.Item.Buyers.ID), Sellers: clip(i.Item.Sellers.ID), Standard: clip(i.Item.Standard.ID),
		Price: clip(p.Amount.Value), Currency: clip(p.Amount.Currency), Base: clip(p.Base)}
	switch {
	case l.ID == "":
		return l, "it has no ID, by which it would be known when it is read again"
	case l.Buyers == "" && l.Standard == "" && l.Sellers == "":
		return l, "it names no article"
	}
	l.Qty, why = i.Quantity.pieces("ordered")
	return l, why
}
