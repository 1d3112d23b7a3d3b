package machine

// ShapedForTest says which kinds of record are part of the shape.
func ShapedForTest() map[byte]bool {
	out := map[byte]bool{}
	for kind := range zeroRecords() {
		out[kind] = true
	}
	return out
}
