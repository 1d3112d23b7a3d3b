package machine

import "time"

// ShapedForTest says which kinds of record are part of the shape.
func ShapedForTest() map[byte]bool {
	out := map[byte]bool{}
	for kind := range zeroRecords() {
		out[kind] = true
	}
	return out
}

// DueAtForTest is the moment that slips of the last command bear which it does not give itself.
func (m *Machine) DueAtForTest() time.Time { return m.dueAt }
