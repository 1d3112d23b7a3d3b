package link

// Keys of the room's log attributes.
const (
	keyErr     = "err"
	keyOrder   = "order"
	keyServer  = "server"
	keyState   = "state"
	keyVerdict = "verdict"
	keyWhy     = "why"
)
