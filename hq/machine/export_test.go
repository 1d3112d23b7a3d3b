package machine

import (
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ShapedForTest says which kinds of record are part of the shape.
func ShapedForTest() map[byte]bool {
	out := map[byte]bool{}
	for kind := range zeroRecords() {
		out[kind] = true
	}
	return out
}

// ParcelsForTest is of how many orders, site by site, parcels are kept.
func (m *Machine) ParcelsForTest() int { return m.parcels.Len() }

// DueAtForTest is the moment that slips of the last command bear which it does not give itself.
func (m *Machine) DueAtForTest() time.Time { return m.dueAt }

// DueAnewForTest lists the SKUs that the last command had planned anew because of what is due in of them.
func (m *Machine) DueAnewForTest() []ledger.SKU {
	out := slices.Clone(m.derived.due.skus)
	slices.Sort(out)
	return slices.Compact(out)
}

// MendedForTest is from where on moves to sites that are declared lost end, and references that nearly fit are told of.
const MendedForTest = int(kindMended)

// AgreedForTest has the state carried on as builds of some kind of command do.
func (m *Machine) AgreedForTest(commands int) { m.counters.Agreed = commands }

// EndMovesToLostForTest does what agreeing on it does.
func (m *Machine) EndMovesToLostForTest(at time.Time) {
	_ = m.atomically(func() error { m.endMovesToLost(at); return nil })
}

// KeepEvents has a machine keep fewer events than head office does.
func (m *Machine) KeepEvents(events uint64, dead int) { m.keeping = eventsKept{events, dead} }
