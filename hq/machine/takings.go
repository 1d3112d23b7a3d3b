package machine

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// takingsDaysMax is how many trading days of a site are kept; the oldest goes when one more begins. The journals and the archive have all of them.
const takingsDaysMax = 400

// Takings is one trading day of a site, as head office adds it up from the site's entries. Once the site has ended the day, it is what both
// have added up, each by itself.
type Takings struct {
	Site     ledger.SiteID
	Day      ledger.Day
	Currency string
	At       time.Time // of the last entry of it
	Ended    bool
}

type takingsKey string // site, zero byte, number in 8 bytes, big end first

func keyOfTakings(site ledger.SiteID, day uint64) takingsKey {
	return takingsKey(binary.BigEndian.AppendUint64([]byte(string(site)+"\x00"), day))
}

// takings folds money that was taken, given back or moved in a drawer.
func (f *folding) takings() error {
	if err := f.e.MoneyFits(); err != nil {
		return err
	}
	if b, ok := f.e.Body.(*ledger.DayBody); ok {
		if b.Refusal == "" {
			f.dayEnded(b)
		}
		return nil
	}
	number, currency, ok := f.e.TradingDay()
	if !ok {
		return nil
	}
	if b, ok := f.e.Tendered(); ok {
		f.claimsMoney(b)
		if _, late := f.e.Body.(*ledger.LateBody); late {
			f.claimsTaken(b, claimPaid)
		}
	}
	v := f.takingsOf(number, currency)
	v.Day.Add(f.e)
	v.At = f.e.At
	if id, over := f.e.Overpaid(); over > 0 {
		f.raise("refunded_twice", "", id, fmt.Sprintf("%d minor units of %s were refunded at %s beyond what was paid: two lives of its book have each done it; ask the customer, or write it off", over, currency, f.site))
	}
	return nil
}

// takingsOf gives a copy of the day's record that may be changed.
func (f *folding) takingsOf(number uint64, currency string) *Takings {
	k := keyOfTakings(f.site, number)
	v := &Takings{Site: f.site, Day: ledger.Day{Number: number}, Currency: currency}
	if old, ok := f.m.takings.get(k); ok {
		*v = *old
		v.Day = old.Day.Clone()
	} else if number > takingsDaysMax {
		f.m.takings.del(keyOfTakings(f.site, number-takingsDaysMax))
	}
	f.m.takings.put(k, v)
	return v
}

// dayEnded holds the figures that a site ended its day with against those that its entries came to here.
func (f *folding) dayEnded(b *ledger.DayBody) {
	v := f.takingsOf(b.Day.Number, b.Currency)
	if !v.Day.Same(&b.Day) {
		f.raise("day_differs", "", "", fmt.Sprintf("%s ended day %d with other figures than its entries add up to here: compare holdfast day show %d at the site, and audit its folder", f.site, b.Day.Number, b.Day.Number))
	}
	v.Day, v.Currency, v.At, v.Ended = b.Day.Clone(), b.Currency, f.e.At, true
}

// Takings lists trading days of sites behind a place ("": from the first), at most limit, with the place of the next page. Of one site where
// that is named.
func (m *Machine) Takings(site ledger.SiteID, after string, limit int) (out []*Takings, next string) {
	for k, v := range m.takings.Sorted() {
		if string(k) <= after || site != "" && v.Site != site {
			continue
		}
		if len(out) == limit {
			last := out[limit-1]
			return out, string(keyOfTakings(last.Site, last.Day.Number))
		}
		out = append(out, v)
	}
	return out, ""
}

func (c *coder) takings(v *Takings) {
	c.record(5, func() {
		text(c, &v.Site)
		c.day(&v.Day)
		text(c, &v.Currency)
		c.moment(&v.At)
		c.flag(&v.Ended)
	})
}

func (c *coder) day(v *ledger.Day) {
	c.grown(7, func() {
		count(c, &v.Number)
		list(c, &v.Tenders, ledger.DayRowsMax, func(t *ledger.DayTender) {
			c.fields(5, func() {
				count(c, &t.Kind)
				number(c, &t.Taken)
				number(c, &t.Refunded)
				count(c, &t.Payments)
				count(c, &t.Refunds)
			})
		})
		list(c, &v.Sums, ledger.DayRowsMax, func(p *ledger.MoneyPosting) {
			c.fields(2, func() { count(c, &p.Kind); number(c, &p.Amount) })
		})
		number(c, &v.Float)
		number(c, &v.Counted)
		number(c, &v.In)
		number(c, &v.Out)
	}, growth{2, func() {
		number(c, &v.Accounts)
		number(c, &v.Sold)
	}})
}
