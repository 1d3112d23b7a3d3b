package ledger

import (
	"math"
	"slices"
)

const (
	companyVersion = 1
	checkVersion   = 1
	// companyElementsMax bounds the values of a company: 100 checks of 12, 200 recalls of 9, 100 reasons of 7, and 200 rules of least days of 5.
	companyElementsMax = 8_000
)

// MarshalCompany gives the stored and sent bytes of what a company says.
func MarshalCompany(v *Company) []byte {
	w := rowWriter{}
	moved, others := splitReasons(v.Reasons)
	w.row(func() {
		w.uint(companyVersion)
		w.uint(v.Version)
		w.str(v.Currency)
		w.str(v.Zone)
		w.list(len(v.Checks), func(i int) { w.check(&v.Checks[i]) })
		w.list(len(v.Recalls), func(i int) { w.recall(&v.Recalls[i]) })
		w.list(len(moved), func(i int) { w.reason(&moved[i]) })
		w.list(len(v.Least), func(i int) { w.leastRule(&v.Least[i]) })
		w.list(len(others), func(i int) { w.reason(&others[i]) })
	})
	return w.buf
}

// UnmarshalCompany reads what MarshalCompany wrote.
func UnmarshalCompany(b []byte) (*Company, error) {
	r := newRowReader(b, companyElementsMax, nil)
	v := &Company{}
	r.row(1, func() {
		if r.uint() == 0 {
			r.refuse("company version 0")
		}
		v.Version, v.Currency, v.Zone = r.uint(), r.str(), r.str()
		r.list(ChecksMax, func(n int) {
			for range n {
				v.Checks = append(v.Checks, r.check())
			}
		})
		r.list(RecallsMax, func(n int) {
			for range n {
				v.Recalls = append(v.Recalls, r.recall())
			}
		})
		r.reasons(&v.Reasons)
		r.list(LeastRulesMax, func(n int) {
			for range n {
				v.Least = append(v.Least, r.leastRule())
			}
		})
		if r.reasons(&v.Reasons); len(v.Reasons) > ReasonsMax {
			r.refuse("more reasons than there may be")
		}
	})
	slices.SortStableFunc(v.Reasons, func(a, b Reason) int {
		switch {
		case a.Code == b.Code && a.Moves() == b.Moves():
			return 0
		case a.Code < b.Code || a.Code == b.Code && a.Moves():
			return -1
		default:
			return 1
		}
	})
	if err := r.done("company"); err != nil {
		return nil, err
	}
	return v, nil
}

// splitReasons parts the reasons of adjustments and counts from the others: builds that know no acts hold every reason that they read against adjustments,
// so the others stand where they do not look.
func splitReasons(list []Reason) (moved, others []Reason) {
	for i := range list {
		if list[i].Moves() {
			moved = append(moved, list[i])
		} else {
			others = append(others, list[i])
		}
	}
	return moved, others
}

func (r *rowReader) reasons(to *[]Reason) {
	r.list(ReasonsMax, func(n int) {
		for range n {
			*to = append(*to, r.reason())
		}
	})
}

// MarshalCheck gives the bytes of a check where it stands alone.
func MarshalCheck(v *Check) []byte {
	w := rowWriter{}
	w.check(v)
	return w.buf
}

// UnmarshalCheck reads what MarshalCheck wrote.
func UnmarshalCheck(b []byte) (*Check, error) {
	r := newRowReader(b, companyElementsMax, nil)
	v := r.check()
	if err := r.done("check"); err != nil {
		return nil, err
	}
	return &v, nil
}

func (w *rowWriter) check(v *Check) {
	w.row(func() {
		w.uint(checkVersion)
		w.str(v.Name)
		w.uint(uint64(v.Kind))
		w.int(v.Limit)
		w.bool(v.Refuses)
		w.bool(v.Override)
		w.str(v.Owner)
		w.uint(uint64(v.Default))
		w.int(int64(v.Wait))
		w.str(string(v.Site))
		w.str(string(v.SKU))
		w.str(v.Category)
	})
}

func (r *rowReader) check() (v Check) {
	r.row(1, func() {
		if r.uint() == 0 {
			r.refuse("check version 0")
		}
		v.Name, v.Kind, v.Limit = r.str(), CheckKind(r.upTo(math.MaxUint8)), r.int()
		v.Refuses, v.Override, v.Owner = r.bool(), r.bool(), r.str()
		v.Default, v.Wait = Ruling(r.upTo(math.MaxUint8)), Duration(r.int())
		v.Site, v.SKU, v.Category = SiteID(r.str()), SKU(r.str()), r.str()
	})
	return v
}
