package node

// The keys of what varies in a log line.
const (
	keyErr    = "err"
	keyOrder  = "order"
	keyRoute  = "route"
	keyWhy    = "why"
	keyAddr   = "addr"
	keySeq    = "seq"
	keyStatus = "status"
)
