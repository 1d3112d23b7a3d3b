package ledger

// marshalOpen gives the value of an open order: its open ask, if it has one.
func marshalOpen(a OpenAsk) []byte {
	p := newPacker()
	p.array(7)
	p.uint(1)
	p.str(string(a.Order))
	p.askID(a.Ask)
	p.digest(a.Key)
	p.digest(a.Request)
	p.str(a.Actor)
	p.str(a.Device)
	return p.bytes()
}

func unmarshalOpen(b []byte) (OpenAsk, error) {
	u := newUnpacker(b)
	n := u.array(7)
	u.uint() // version
	a := OpenAsk{Order: OrderID(u.str()), Ask: u.askID(), Key: u.digest(), Request: u.digest(), Actor: u.str(), Device: u.str()}
	u.rest(n, 7)
	return a, u.done("open order")
}
