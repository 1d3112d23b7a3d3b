package contract

import (
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Device is a till or handheld, and when it was seen last by whoever answers.
type Device struct {
	Device     ledger.UserID `json:"device"`
	Name       string        `json:"name"`
	Sites      []string      `json:"sites,omitempty" jsonschema:"where it is known; left out: everywhere"`
	Disabled   string        `json:"disabled,omitempty" jsonschema:"why it is turned away, for example that it was lost"`
	LastSeenAt string        `json:"last_seen_at,omitempty" jsonschema:"by the server or node that answers; left out: it knows of no time. A power cut takes the last minute back"`
	LastUser   ledger.UserID `json:"last_user,omitempty" jsonschema:"who had signed in at it then"`
}

// DeviceList is a page of devices.
type DeviceList struct {
	Devices    []Device `json:"devices"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// Add puts a user on the page where it is a device, as it was seen last, by whom; at is zero where it was not. It says
// whether there is room for another.
func (l *DeviceList) Add(u *ledger.User, at time.Time, by ledger.UserID, limit int) bool {
	if u.Kind != ledger.UserDevice {
		return true
	}
	if len(l.Devices) == limit {
		l.NextCursor = Cursor(string(l.Devices[limit-1].Device))
		return false
	}
	out := Device{Device: u.ID, Name: u.Name, Disabled: u.Disabled, LastUser: by}
	for _, s := range u.Sites {
		out.Sites = append(out.Sites, string(s))
	}
	if !at.IsZero() {
		out.LastSeenAt = Moment(at)
	}
	l.Devices = append(l.Devices, out)
	return true
}
