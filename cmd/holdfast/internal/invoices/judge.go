package invoices

import (
	"fmt"
	"strings"
)

// HoldQty is the quantity of one SKU in one order from which a person must look at it first. The
// package comment says why.
const HoldQty = 10_000

// heldMax is how many held lines are remembered to recognise the credit notes that undo them.
const heldMax = 1000

// A judge turns the rows of one document into a Document and reports. It remembers what it held,
// oldest first.
type judge struct {
	report func(row, Reason, string)
	held   []claim
}

// claim is what a held order line asked for.
type claim struct {
	customer, sku string
	qty           int64
}

// document judges the rows of one document. A Document without lines means there is nothing to give
// out; all rows were reported. It takes at least one row.
func (j *judge) document(rows []row) Document {
	first := rows[0]
	if prefixed(first.document, 'A') {
		for _, r := range rows {
			j.report(r, ReasonBadDebt, "a bad-debt entry moves no goods")
		}
		return Document{}
	}
	d := Document{ID: first.document, Kind: kindOf(rows), At: first.at, Customer: first.customer, Country: first.country}
	goods := make([]row, 0, len(rows))
	for _, r := range rows {
		switch reason, text := judgeRow(d.Kind, first.customer, r); reason {
		case "":
			goods = append(goods, r)
		case ReasonNotGoods:
			d.Charges = append(d.Charges, Charge{
				Row: r.line, Code: r.code, Description: r.description, Qty: r.qty, Pence: r.pence, Per: r.per,
			})
			j.report(r, reason, text)
		default:
			j.report(r, reason, text)
		}
	}
	if d.Kind == KindOrder {
		goods = j.holdOrder(goods)
	} else {
		goods = j.holdRows(goods)
	}
	d.Lines = make([]Line, 0, len(goods))
	for _, r := range goods {
		d.Lines = append(d.Lines, lineOf(d.Kind, r))
	}
	return d
}

// kindOf tells orders, credit notes and corrections apart by the whole document.
func kindOf(rows []row) Kind {
	if prefixed(rows[0].document, 'C') {
		return KindCredit
	}
	allNegative := true
	for _, r := range rows {
		if r.customer != "" || r.pence != 0 {
			return KindOrder
		}
		allNegative = allNegative && r.qty < 0
	}
	if len(rows) == 1 || allNegative {
		return KindCorrection
	}
	return KindOrder
}

// judgeRow says why a row cannot be taken, or "".
func judgeRow(kind Kind, customer string, r row) (Reason, string) {
	switch {
	case r.customer != customer:
		return ReasonMixedCustomer, fmt.Sprintf("customer %q in a document of customer %q", clip(r.customer), clip(customer))
	case isCharge(r.code):
		return ReasonNotGoods, fmt.Sprintf("%s is a charge, not goods", clip(r.code))
	case r.pence < 0:
		return ReasonNegativePrice, "the price is negative"
	case r.qty == 0:
		return ReasonZeroQuantity, "the quantity is 0"
	case kind == KindOrder && r.qty < 0:
		return ReasonNegativeLine, fmt.Sprintf("%d of %s in a sale", r.qty, r.code)
	case kind == KindCredit && r.qty > 0:
		return ReasonPositiveCredit, fmt.Sprintf("%d of %s in a credit note", r.qty, r.code)
	}
	return "", ""
}

// holdOrder holds an order back whole if one SKU in it reaches HoldQty, and returns the rows to take.
func (j *judge) holdOrder(goods []row) []row {
	sums := make(map[string]int64, len(goods))
	hold := ""
	for _, r := range goods {
		// The sum stops growing at the limit, so it cannot overflow.
		if sums[r.code] < HoldQty {
			sums[r.code] += min(r.qty, HoldQty)
		}
		if sums[r.code] >= HoldQty {
			hold = r.code
			break
		}
	}
	if hold == "" {
		return goods
	}
	for _, r := range goods {
		j.report(r, ReasonHeld, fmt.Sprintf("%d of %s in an order of %d or more of %s: a person must look at it", r.qty, r.code, HoldQty, hold))
		if len(j.held) == heldMax {
			j.held = j.held[1:]
		}
		j.held = append(j.held, claim{r.customer, r.code, r.qty})
	}
	return nil
}

// holdRows holds back the rows of a credit note or correction that reach HoldQty or undo what was
// held, and returns the others.
func (j *judge) holdRows(goods []row) []row {
	taken := goods[:0]
	for _, r := range goods {
		units := max(r.qty, -r.qty)
		switch {
		case r.qty < 0 && j.forget(claim{r.customer, r.code, units}):
			j.report(r, ReasonUndoesHeld, fmt.Sprintf("%d of %s undo an order that was held", units, r.code))
		case units >= HoldQty:
			j.report(r, ReasonHeld, fmt.Sprintf("%d of %s: a person must look at it", r.qty, r.code))
		default:
			taken = append(taken, r)
		}
	}
	return taken
}

// forget removes a held claim and says whether there was one.
func (j *judge) forget(c claim) bool {
	for i, held := range j.held {
		if held == c {
			j.held = append(j.held[:i], j.held[i+1:]...)
			return true
		}
	}
	return false
}

func lineOf(kind Kind, r row) Line {
	l := Line{Row: r.line, SKU: r.code, Description: r.description, Qty: r.qty, Pence: r.pence, Per: r.per}
	switch kind {
	case KindCredit:
		l.Qty = -r.qty
	case KindCorrection:
		l.Cause = causeOf(r.description)
	}
	return l
}

// prefixed says whether a document number is that letter, in either case, and then only digits.
func prefixed(document string, letter byte) bool {
	if len(document) < 2 || document[0]&^0x20 != letter {
		return false
	}
	return strings.Trim(document[1:], "0123456789") == ""
}
