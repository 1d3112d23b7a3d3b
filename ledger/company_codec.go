package ledger

import "math"

const (
	companyVersion = 1
	checkVersion   = 1
	// companyElementsMax bounds the values of a company: 100 checks of 12, 200 recalls of 9, 100 reasons of 6, and 200 rules of least days of 5.
	companyElementsMax = 8_000
)

// MarshalCompany gives the stored and sent bytes of what a company says.
func MarshalCompany(v *Company) []byte {
	w := rowWriter{}
	w.row(func() {
		w.uint(companyVersion)
		w.uint(v.Version)
		w.str(v.Currency)
		w.str(v.Zone)
		w.list(len(v.Checks), func(i int) { w.check(&v.Checks[i]) })
		w.list(len(v.Recalls), func(i int) { w.recall(&v.Recalls[i]) })
		w.list(len(v.Reasons), func(i int) { w.reason(&v.Reasons[i]) })
		w.list(len(v.Least), func(i int) { w.leastRule(&v.Least[i]) })
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
		r.list(ReasonsMax, func(n int) {
			for range n {
				v.Reasons = append(v.Reasons, r.reason())
			}
		})
		r.list(LeastRulesMax, func(n int) {
			for range n {
				v.Least = append(v.Least, r.leastRule())
			}
		})
	})
	if err := r.done("company"); err != nil {
		return nil, err
	}
	return v, nil
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
