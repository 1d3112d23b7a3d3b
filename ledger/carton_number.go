package ledger

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// CartonNumbers are the numbers that one node may give to cartons: those that begin with the company's GS1 prefix and the digits that are this
// site's and no other's. What is left is shared out among the epochs of its book before the first of them begins, so a book that was restored, or made anew,
// repeats none, and nobody has to be asked for any. The zero CartonNumbers gives none.
type CartonNumbers struct {
	Prefix string // 4 to 12 digits: of the company
	Range  string // digits of this site; "" where the company has one only
}

// Check refuses what leaves no number, or no allotment of numbers.
func (n CartonNumbers) Check() error {
	if n == (CartonNumbers{}) {
		return nil
	}
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	switch {
	case len(n.Prefix) < 4 || len(n.Prefix) > 12 || !digits(n.Prefix):
		return fmt.Errorf("the company's GS1 prefix %q is not 4 to 12 digits", n.Prefix)
	case !digits(n.Range):
		return fmt.Errorf("the site's range of cartons %q is not digits", n.Range)
	case len(n.Prefix)+len(n.Range) > 12:
		return fmt.Errorf("the prefix %s and the site's range %s are %d digits together; at most 12, so that 100,000 cartons can be told apart", n.Prefix, n.Range, len(n.Prefix)+len(n.Range))
	}
	return nil
}

// SSCC gives number nth, from 1, of an epoch. The error says that they are used up.
//
// An epoch's numbers are those that end, read in bits, with its code: as many zeros as its number has bits behind the first, a one, and these bits. No code
// is the end of another, so no two epochs share a number, however many there will be: the first has one number of two, epochs 2 and 3 one of eight each, 4 to 7 one of 32 each.
func (n CartonNumbers) SSCC(epoch Epoch, nth uint64) (gs1.SSCC, error) {
	most := uint64(1)
	for range 17 - len(n.Prefix) - len(n.Range) {
		most *= 10
	}
	behind := bits.Len64(uint64(epoch)) - 1
	width := 2*behind + 1
	code := (uint64(epoch)-1<<behind)<<(behind+1) | 1<<behind
	if epoch == 0 || nth == 0 || width >= 60 || nth-1 > (most-1)>>width || (nth-1)<<width|code >= most {
		return "", &FormError{Field: "cartons", Why: fmt.Sprintf("have used up the numbers that epoch %d of this site has under the prefix %s%s: give its node another range (holdfast node --carton-range)", epoch, n.Prefix, n.Range)}
	}
	serial := (nth-1)<<width | code
	return gs1.NewSSCC(int(serial/(most/10)), n.Prefix+n.Range, serial%(most/10))
}

// recallWork loads into a deed what it names, and says which order it may need that closed long since.
func (c *Core) recallWork(r *WorkLeg) (OrderID, error) {
	if err := c.recallShipped(r); err != nil {
		return "", err
	}
	if r.Deed == DeedComeBack {
		return r.Order, c.recallCartons(r)
	}
	return "", c.recallCartons(r)
}

// recallCartons loads into a deed what the book knows of the cartons that it names, and gives those a number that have none.
func (c *Core) recallCartons(r *WorkLeg) error {
	if len(r.Into) > cartonsMax {
		return nil // refused where it is decided
	}
	r.known, r.given = map[gs1.SSCC]OrderID{}, nil
	next := c.State.cartons
	for i := range r.Into {
		if sscc := r.Into[i].SSCC; sscc != "" {
			order, err := c.numberOf(sscc)
			if err != nil {
				return err
			}
			if order != "" {
				r.known[sscc] = order
			}
			continue
		}
		if r.Numbers == (CartonNumbers{}) {
			continue
		}
		for taken := OrderID("-"); taken != ""; {
			next++
			sscc, err := r.Numbers.SSCC(c.State.Epoch, next)
			if err != nil {
				return err
			}
			if taken, err = c.numberOf(sscc); err != nil { // somebody has written it on a carton by hand
				return err
			}
			if taken == "" {
				r.given = append(r.given, Carton{SSCC: sscc, Made: next})
			}
		}
	}
	return nil
}

// ofTransfer stands for the order of a carton that left with a transfer: no order has such an id.
const ofTransfer = OrderID("transfer")

// numberOf is cartonOf, also of a carton that left with a transfer.
func (c *Core) numberOf(sscc gs1.SSCC) (OrderID, error) {
	order, err := c.cartonOf(sscc)
	if err != nil || order != "" {
		return order, err
	}
	if _, left, err := c.answered(KeyOfWayCarton(sscc)); err != nil || !left {
		return "", err
	}
	return ofTransfer, nil
}

// cartonOf names the order that a carton was packed for; "" where its number is new.
func (c *Core) cartonOf(sscc gs1.SSCC) (OrderID, error) {
	ref, ok, err := c.answered(KeyOfCarton(sscc, StagePacked))
	if err != nil || !ok {
		return "", err
	}
	e, err := c.entry(ref.Seq)
	if err != nil {
		return "", err
	}
	return e.partOf(), nil
}
