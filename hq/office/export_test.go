package office

// LooksForTest has each step of Again look at so many orders: a test with as many as it looks at would be very large.
func (o *Office) LooksForTest(n int) { o.againing.looks = n }
