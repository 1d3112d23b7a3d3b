package machine

import (
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A reservation for an order of head office's own says in its id which version of the order it is for. Its site keeps the id and tells it
// back, so another life knows a reservation that an amendment asked for from one that a lost life made because it served the order from
// elsewhere. To a site, of whatever build, an id is a name and no more.

// versionMark stands between the id and the version. What comes after it has no other sign than digits.
const versionMark = '~'

// marked gives the id of a reservation for an order.
func (m *Machine) marked(o *Order, id string) string {
	if o.Owner != ledger.HQ || !m.marks() {
		return id
	}
	return id + string(versionMark) + strconv.FormatUint(m.version(o.ID), 10)
}

// version is VersionOf as this command has it.
func (m *Machine) version(id ledger.OrderID) uint64 {
	if r, ok := m.revised.get(id); ok {
		return r.Amends + 1
	}
	return 1
}

// markOf is the version that a reservation of that id is for. One that a build before this one named does not say, nor does one of an exchange.
func markOf(id string) (version uint64, says bool) {
	i := strings.LastIndexByte(id, versionMark)
	if i < 0 {
		return 0, false
	}
	version, err := strconv.ParseUint(id[i+1:], 10, 64)
	return version, err == nil
}
