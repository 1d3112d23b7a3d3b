package wire

import "github.com/holdfast-stock/holdfast/ledger"

// Bounds of a message. A sender keeps them, a receiver refuses what is beyond.
const (
	// BodyMax is the most bytes of a body, before and after unpacking: the largest lone frame
	// (an order of 5,000 lines) with room for what stands around it.
	BodyMax = ledger.FrameBytesLone + 512<<10

	// PushBytesMax is the most bytes of frames in one push, unless its first alone is larger:
	// a push is one Raft entry.
	PushBytesMax = 512 << 10
	FramesMax    = 8192 // frames in one push
	CommandsMax  = 1024 // commands in one pull
	ItemsMax     = 4096 // items in one pull
	CallsMax     = 64   // calls in one pull
	CustomersMax = 1024 // customers in one pull

	// LegsMax bounds what an ask brings: each line served by up to four sites.
	LegsMax = 4 * ledger.LinesMax

	WhyMax   = 1 << 10 // bytes of a reason; a longer one is cut
	ActorMax = 256     // bytes of an actor's name
	DataMax  = 1 << 20 // bytes of a client's answer that is passed on

	packFrom = 1 << 10   // bodies over this many bytes are packed
	growMax  = 256 << 10 // bytes set aside for a body before any came
)
