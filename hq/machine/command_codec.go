package machine

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	commandVersion  = 1
	commandBytesMax = 16 << 20
)

// Marshal gives the bytes of a command as they stand in the raft log: version, kind, body.
func Marshal(cmd Command) []byte {
	return writeSized(sizeOf(cmd), func(c *coder) {
		version, k := uint64(commandVersion), cmd.kind()
		c.fields(3, func() {
			count(c, &version)
			count(c, &k)
			c.blob(func(c *coder) { c.command(cmd) })
		})
	})
}

// Unmarshal reads what Marshal wrote. Bytes of a later version or of an unknown kind give
// ErrUnknownCommand. Frames alias b.
func Unmarshal(b []byte) (Command, error) {
	if len(b) > commandBytesMax {
		return nil, fmt.Errorf("%w: %d bytes", ErrUnknownCommand, len(b))
	}
	var cmd Command
	err := read(b, func(c *coder) {
		var version uint64
		var k kind
		c.fields(3, func() {
			count(c, &version)
			count(c, &k)
			if cmd = newCommand(k); version != commandVersion || cmd == nil {
				c.refuse("command kind %d version %d", k, version)
				return
			}
			c.blob(func(c *coder) { c.command(cmd) })
		})
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnknownCommand, err)
	}
	return cmd, nil
}

// sizeOf is about how many bytes a command takes.
func sizeOf(cmd Command) int {
	const head, perLine, perLeg = 256, 64, 48
	switch c := cmd.(type) {
	case *Push:
		return sizeOfFrames(c.Frames)
	case *Unpark:
		return sizeOfFrames(c.Frames)
	case *Place:
		return head + perLine*len(c.Order.Lines) + perLeg*len(c.Legs) + len(c.Explain.packed)
	case *PlaceUnsure:
		return sizeOf(&c.Place)
	case *Group:
		size := head
		for _, m := range c.Members {
			size += sizeOf(m)
		}
		return size
	default:
		return head
	}
}

// sizeOfFrames is how many bytes a command with these frames takes at most.
func sizeOfFrames(frames [][]byte) int {
	const head, perFrame = 512, 5
	n := head
	for _, f := range frames {
		n += len(f) + perFrame
	}
	return n
}

func newCommand(k kind) Command {
	switch k {
	case kindBootstrap:
		return &Bootstrap{}
	case kindAddSite:
		return &AddSite{}
	case kindPutServer:
		return &PutServer{}
	case kindPutItems:
		return &PutItems{}
	case kindHello:
		return &Hello{}
	case kindShow:
		return &Show{}
	case kindPush:
		return &Push{}
	case kindPlace:
		return &Place{}
	case kindHold:
		return &Hold{}
	case kindBorrow:
		return &Borrow{}
	case kindRefuse:
		return &Refuse{}
	case kindFill:
		return &Fill{}
	case kindCancel:
		return &Cancel{}
	case kindArchived:
		return &Archived{}
	case kindGroup:
		return &Group{}
	default:
		return newBackCommand(k)
	}
}

func (c *coder) command(cmd Command) {
	switch v := cmd.(type) {
	case *Bootstrap:
		c.fields(2, func() { c.fixed(v.Random[:]); c.moment(&v.At) })
	case *AddSite:
		c.fields(6, func() {
			text(c, &v.Site)
			c.flag(&v.Counter)
			number(c, &v.Rank)
			c.fixed(v.Token[:])
			c.fixed(v.Key[:])
			c.moment(&v.At)
		})
	case *PutServer:
		c.server(&v.Server)
	case *PutItems:
		c.fields(2, func() {
			list(c, &v.Items, itemsMax, func(it *ledger.Item) { foreign(c, it, ledger.MarshalItem, ledger.UnmarshalItem) })
			c.moment(&v.At)
		})
	case *Hello:
		c.hello(v)
	case *Show:
		c.fields(3, func() { text(c, &v.Site); c.position(&v.Head); c.moment(&v.At) })
	case *Push:
		c.fields(6, func() {
			text(c, &v.Site)
			count(c, &v.Epoch)
			c.position(&v.Head)
			c.position(&v.Before)
			list(c, &v.Frames, framesMax, func(b *[]byte) { c.bytes(b) })
			c.moment(&v.At)
		})
	case *Archived:
		c.fields(2, func() {
			list(c, &v.Ends, sitesMax, func(e *ArchiveEnd) {
				c.fields(2, func() { text(c, &e.Site); c.position(&e.End) })
			})
			c.moment(&v.At)
		})
	case *Group:
		c.group(v)
	default:
		c.orderCommand(cmd)
	}
}

func (c *coder) hello(v *Hello) {
	c.grown(9, func() {
		text(c, &v.Site)
		c.fixed(v.NodeKey[:])
		c.fixed(v.Boot[:])
		c.position(&v.Head)
		c.incarnation(&v.HQ)
		c.cursor(&v.Applied)
		number(c, &v.VersionMin)
		number(c, &v.VersionMax)
		c.moment(&v.At)
	}, growth{1, func() { c.fixed(v.Twin[:]) }})
}

func (c *coder) orderCommand(cmd Command) {
	switch v := cmd.(type) {
	case *Place:
		var more []growth
		if c.reading() || v.Hand != (Hand{}) {
			more = []growth{{3, func() { c.hand(&v.Hand) }}}
		}
		c.grown(7, func() {
			c.order(&v.Order)
			c.fixed(v.Key[:])
			c.fixed(v.Request[:])
			text(c, &v.Using)
			c.legs(&v.Legs)
			c.explanation(&v.Explain)
			c.moment(&v.At)
		}, more...)
	case *Hold:
		c.grown(7, func() {
			c.ask(&v.Ask)
			text(c, &v.Order)
			c.position(&v.Head)
			c.legs(&v.Legs)
			c.explanation(&v.Explain)
			c.moment(&v.Deadline)
			c.moment(&v.At)
		}, growth{1, func() { text(c, &v.Class) }})
	case *Borrow:
		c.grown(5, func() {
			text(c, &v.For)
			c.ask(&v.Ask)
			text(c, &v.Order)
			list(c, &v.Sites, sitesMax, func(s *BorrowSite) {
				c.fields(2, func() { text(c, &s.Site); c.commandLines(&s.Lines) })
			})
			c.moment(&v.At)
		}, growth{1, func() { c.bytes(&v.Explain.packed) }})
	case *Refuse:
		c.fields(7, func() {
			text(c, &v.For)
			c.order(&v.Order)
			c.fixed(v.Key[:])
			c.fixed(v.Request[:])
			text(c, &v.Refusal)
			c.shorts(&v.Shorts)
			c.moment(&v.At)
		})
	case *Fill:
		c.fields(5, func() {
			text(c, &v.Order)
			text(c, &v.Using)
			c.legs(&v.Legs)
			c.explanation(&v.Explain)
			c.moment(&v.At)
		})
	case *Cancel:
		c.grown(4, func() { text(c, &v.Order); c.fixed(v.Key[:]); c.fixed(v.Request[:]); c.moment(&v.At) }, growth{1, func() { text(c, &v.By) }})
	default:
		c.backCommand(cmd)
	}
}

func (c *coder) server(v *Server) {
	c.grown(3, func() { text(c, &v.Name); text(c, &v.URL); text(c, &v.Raft) },
		growth{2, func() { known(c, &v.Entries); number(c, &v.Commands) }})
}
