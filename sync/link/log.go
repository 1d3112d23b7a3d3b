package link

// Keys of the room's log attributes.
const (
	keyErr     = "err"
	keyItems   = "items"
	keyOrder   = "order"
	keyServer  = "server"
	keyState   = "state"
	keyVerdict = "verdict"
	keyVersion = "item_version"
	keyWhy     = "why"
)
