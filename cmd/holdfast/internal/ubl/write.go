package ubl

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// The document as it is written, in the order that the schema of UBL 2.1 demands.
type (
	written struct {
		XMLName  xml.Name      `xml:"DespatchAdvice"`
		NS       string        `xml:"xmlns,attr"`
		CAC      string        `xml:"xmlns:cac,attr"`
		CBC      string        `xml:"xmlns:cbc,attr"`
		Version  string        `xml:"cbc:UBLVersionID"`
		ID       string        `xml:"cbc:ID"`
		Issued   string        `xml:"cbc:IssueDate"`
		Type     string        `xml:"cbc:DespatchAdviceTypeCode,omitempty"`
		Order    *writtenID    `xml:"cac:OrderReference"`
		Supplier writtenParty  `xml:"cac:DespatchSupplierParty"`
		Customer writtenParty  `xml:"cac:DeliveryCustomerParty"`
		Shipment *shipment     `xml:"cac:Shipment"`
		Lines    []writtenLine `xml:"cac:DespatchLine"`
	}
	writtenID struct {
		ID string `xml:"cbc:ID"`
	}
	writtenParty struct {
		Name string `xml:"cac:Party>cac:PartyName>cbc:Name"`
	}
	shipment struct {
		ID          string           `xml:"cbc:ID"`
		Consignment *consignment     `xml:"cac:Consignment"`
		Delivery    *writtenTracking `xml:"cac:Delivery"`
		Units       []handlingUnit   `xml:"cac:TransportHandlingUnit"`
	}
	handlingUnit struct {
		ID struct {
			Scheme string `xml:"schemeID,attr"`
			Value  string `xml:",chardata"`
		} `xml:"cbc:ID"`
		Lines []unitLine `xml:"cac:HandlingUnitDespatchLine"`
	}
	unitLine struct {
		ID  string `xml:"cbc:ID"`
		Qty struct {
			Unit  string `xml:"unitCode,attr"`
			Value int64  `xml:",chardata"`
		} `xml:"cbc:DeliveredQuantity"`
		Ref struct {
			LineID string `xml:"cbc:LineID"`
		} `xml:"cac:OrderLineReference"`
		Item struct {
			Sellers *writtenID `xml:"cac:SellersItemIdentification"`
		} `xml:"cac:Item"`
	}
	consignment struct {
		ID      string `xml:"cbc:ID"`
		Carrier string `xml:"cac:CarrierParty>cac:PartyName>cbc:Name"`
	}
	writtenTracking struct {
		ID string `xml:"cbc:TrackingID"`
	}
	writtenLine struct {
		ID  string `xml:"cbc:ID"`
		Qty struct {
			Unit  string `xml:"unitCode,attr"`
			Value int64  `xml:",chardata"`
		} `xml:"cbc:DeliveredQuantity"`
		Ref struct {
			LineID string     `xml:"cbc:LineID"`
			Order  *writtenID `xml:"cac:OrderReference"`
		} `xml:"cac:OrderLineReference"`
		Item struct {
			Name     string        `xml:"cbc:Name,omitempty"`
			Buyers   *writtenID    `xml:"cac:BuyersItemIdentification"`
			Sellers  *writtenID    `xml:"cac:SellersItemIdentification"`
			Standard *standardItem `xml:"cac:StandardItemIdentification"`
		} `xml:"cac:Item"`
	}
	standardItem struct {
		ID struct {
			Scheme string `xml:"schemeID,attr"`
			Value  string `xml:",chardata"`
		} `xml:"cbc:ID"`
	}
)

// Write writes a despatch advice.
func Write(out io.Writer, a *Advice) error {
	if a.ID == "" || a.Issued == "" || len(a.Lines) == 0 {
		return errors.New("write document: it needs an ID, a day and a line")
	}
	doc := written{NS: namespace, CAC: "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2", CBC: "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
		Version: "2.1", ID: a.ID, Issued: a.Issued, Type: a.Type, Order: idOf(a.Order), Supplier: writtenParty{a.Supplier}, Customer: writtenParty{a.Customer}}
	if a.Carrier+a.Tracking != "" || len(a.Cartons) > 0 {
		doc.Shipment = &shipment{ID: "1"}
		for i := range a.Cartons {
			doc.Shipment.Units = append(doc.Shipment.Units, a.Cartons[i].unit())
		}
		if a.Carrier != "" {
			doc.Shipment.Consignment = &consignment{ID: "1", Carrier: a.Carrier}
		}
		if a.Tracking != "" {
			doc.Shipment.Delivery = &writtenTracking{a.Tracking}
		}
	}
	for i := range a.Lines {
		l := &a.Lines[i]
		var w writtenLine
		w.ID, w.Qty.Unit, w.Qty.Value = l.ID, "C62", int64(l.Qty)
		w.Ref.LineID, w.Ref.Order = l.OrderLine, idOf(l.Order)
		w.Item.Name, w.Item.Buyers, w.Item.Sellers = l.Name, idOf(l.Buyers), idOf(l.Sellers)
		if l.Standard != "" {
			w.Item.Standard = &standardItem{}
			w.Item.Standard.ID.Scheme, w.Item.Standard.ID.Value = "GTIN", l.Standard
		}
		doc.Lines = append(doc.Lines, w)
	}
	b, err := xml.MarshalIndent(&doc, "", "\t")
	if err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	if _, err := out.Write(append([]byte(xml.Header), append(b, '\n')...)); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// unit is a carton as the document has it: its SSCC, and which lines of the note lie in it.
func (c *Carton) unit() (u handlingUnit) {
	u.ID.Scheme, u.ID.Value = "SSCC", c.SSCC
	for _, l := range c.Lines {
		var w unitLine
		w.ID, w.Qty.Unit, w.Qty.Value = l.ID, "C62", int64(l.Qty)
		w.Ref.LineID, w.Item.Sellers = l.OrderLine, idOf(l.Sellers)
		u.Lines = append(u.Lines, w)
	}
	return u
}

func idOf(id string) *writtenID {
	if id == "" {
		return nil
	}
	return &writtenID{id}
}
