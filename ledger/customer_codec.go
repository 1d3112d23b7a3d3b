package ledger

const customerVersion = 1

// customerElementsMax bounds the values of a customer: 50 addresses of 6 lines.
const customerElementsMax = 2_000

// MarshalCustomer gives a customer's stored bytes.
func MarshalCustomer(v *CustomerAccount) []byte {
	w := rowWriter{}
	w.row(func() {
		w.uint(customerVersion)
		w.str(string(v.ID))
		w.uint(v.Version)
		w.bool(v.Erased)
		w.str(v.Group)
		w.str(v.PriceList)
		w.uint(uint64(v.TermsDays))
		w.str(v.Blocked)
		w.str(v.Person.Name)
		w.str(v.Person.Email)
		w.str(v.Person.Phone)
		w.str(v.Person.TaxNumber)
		w.list(len(v.Person.Addresses), func(i int) {
			a := &v.Person.Addresses[i]
			w.row(func() {
				w.str(a.Label)
				w.str(a.Name)
				w.list(len(a.Lines), func(i int) { w.str(a.Lines[i]) })
				w.str(a.City)
				w.str(a.Postcode)
				w.str(a.Country)
			})
		})
		w.uint(uint64(v.LeastDays))
	})
	return w.buf
}

// UnmarshalCustomer reads what MarshalCustomer wrote.
func UnmarshalCustomer(b []byte) (*CustomerAccount, error) {
	r := newRowReader(b, customerElementsMax, nil)
	v := &CustomerAccount{}
	r.row(2, func() {
		if r.uint() == 0 {
			r.refuse("customer version 0")
		}
		v.ID, v.Version, v.Erased = CustomerID(r.str()), r.uint(), r.bool()
		v.Group, v.PriceList = r.str(), r.str()
		v.TermsDays, v.Blocked = int(r.upTo(CustomerTermsMax)), r.str()
		p := &v.Person
		p.Name, p.Email, p.Phone, p.TaxNumber = r.str(), r.str(), r.str(), r.str()
		r.list(AddressesMax, func(n int) {
			for range n {
				r.row(0, func() { p.Addresses = append(p.Addresses, r.customerAddress()) })
			}
		})
		v.LeastDays = int(r.upTo(LeastDaysMax))
	})
	if err := r.done("customer"); err != nil {
		return nil, err
	}
	return v, nil
}

func (r *rowReader) customerAddress() (a CustomerAddress) {
	a.Label, a.Name = r.str(), r.str()
	r.list(AddressLinesMax, func(n int) {
		for range n {
			a.Lines = append(a.Lines, r.str())
		}
	})
	a.City, a.Postcode, a.Country = r.str(), r.str(), r.str()
	return a
}
