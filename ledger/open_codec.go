package ledger

// openFields is how many fields every open order has.
const openFields = 7

// marshalOpen gives the value of an open order: its open ask, if it has one.
func marshalOpen(a OpenAsk) []byte {
	p := newPacker()
	fields := openFields
	if a.Approver != "" {
		fields++ // an ask that nobody approved has the bytes that it had before there were approvers
	}
	p.array(fields)
	p.uint(1)
	p.str(string(a.Order))
	p.askID(a.Ask)
	p.digest(a.Key)
	p.digest(a.Request)
	p.str(a.Actor)
	p.str(a.Device)
	if a.Approver != "" {
		p.str(a.Approver)
	}
	return p.bytes()
}

func unmarshalOpen(b []byte) (OpenAsk, error) {
	u := newUnpacker(b)
	n := u.array(openFields)
	u.uint() // version
	a := OpenAsk{Order: OrderID(u.str()), Ask: u.askID(), Key: u.digest(), Request: u.digest(), Actor: u.str(), Device: u.str()}
	known := openFields
	if n > openFields {
		a.Approver = u.str()
		known++
	}
	u.rest(n, known)
	return a, u.done("open order")
}
