package node

// The keys of what varies in a log line.
const (
	keySite  = "site"
	keySKU   = "sku"
	keyErr   = "err"
	keyOrder = "order"
	keyRoute = "route"
	keyStack = "stack"
	keyWhy   = "why"
	keyAddr  = "addr"
	keySeq   = "seq"
	keyEpoch = "epoch"
	keyTook  = "took"
	keyHosts = "hosts"
	keyLacks = "lacks"
	keyHint  = "hint"
)
