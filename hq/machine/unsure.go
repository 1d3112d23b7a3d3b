package machine

// UnsureCommands is what Build.Commands has to be of every server before a PlaceUnsure is given.
const UnsureCommands = int(kindPlaceUnsure)

// A PlaceUnsure takes an order that HQ owns, and what its plan leaves without a promise: it is to be confirmed. The
// order must have asked for that (ledger.Confirm). Head office gives it where what is left was last seen with
// sites that do not answer; what cannot be served in the end is declined.
type PlaceUnsure struct{ Place }

func (*PlaceUnsure) kind() kind { return kindPlaceUnsure }
