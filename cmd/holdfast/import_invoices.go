package main

import (
	"io"
	"iter"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/invoices"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// invoiceReader gives the orders of a wholesaler's invoice lines. What this version has no
// place for (credit notes and stock corrections: it knows no returns and no counts yet) is
// given back row by row, as are the rows that the reader of invoices itself does not take.
type invoiceReader struct {
	next   func() (invoices.Document, error, bool)
	stop   func()
	faults []*sheet.Fault
}

func invoiceOrders(file io.Reader) (func() (sheet.Order, error), error) {
	s := &invoiceReader{}
	r, err := invoices.NewReader(file, func(rep invoices.Report) {
		s.faults = append(s.faults, &sheet.Fault{Line: rep.Line, Document: rep.Document, Why: string(rep.Reason) + ": " + rep.Text})
	})
	if err != nil {
		return nil, err
	}
	s.next, s.stop = iter.Pull2(r.Documents())
	return s.read, nil
}

// read gives the next order, a *sheet.Fault, or io.EOF.
func (s *invoiceReader) read() (sheet.Order, error) {
	for {
		if len(s.faults) > 0 {
			f := s.faults[0]
			s.faults = s.faults[1:]
			return sheet.Order{}, f
		}
		doc, err, more := s.next()
		switch {
		case !more && len(s.faults) == 0:
			s.stop()
			return sheet.Order{}, io.EOF
		case !more:
			continue
		case err != nil:
			s.stop()
			return sheet.Order{}, err
		case doc.Kind != invoices.KindOrder:
			for _, l := range doc.Lines {
				s.faults = append(s.faults, &sheet.Fault{Line: l.Row, Document: doc.ID, Why: notYet(doc.Kind)})
			}
		default:
			return orderOf(doc), nil
		}
	}
}

func notYet(kind invoices.Kind) string {
	if kind == invoices.KindCredit {
		return "credit: import orders takes no returns; use holdfast return take"
	}
	return "correction: import orders takes no counts; use holdfast count post"
}

func orderOf(doc invoices.Document) sheet.Order {
	o := sheet.Order{Name: doc.ID, Key: sheet.OrderKey(doc.ID), Lines: make([]int, len(doc.Lines)),
		Put: contract.OrderRequest{ExternalID: doc.ID, Customer: doc.Customer, TakenAt: doc.At.UTC().Format(time.RFC3339),
			Lines: make([]contract.LineRequest, len(doc.Lines))}}
	for i, l := range doc.Lines {
		o.Lines[i] = l.Row
		price := &contract.Price{Amount: l.Pence, Currency: "GBP"}
		if l.Per != 1 {
			price.Per = l.Per
		}
		o.Put.Lines[i] = contract.LineRequest{SKU: l.SKU, Qty: ledger.Qty(l.Qty), UnitPrice: price}
	}
	return o
}
