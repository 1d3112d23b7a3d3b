package machine

// MembersMax bounds the commands of a Group.
const MembersMax = 256

// GroupCommands is what Build.Commands has to be of every server before a Group is given.
const GroupCommands = int(kindGroup)

// A Group is several commands that were planned together, each on what those before it leave: Place, PlaceUnsure,
// Refuse or Borrow. Each stands alone: one that does not fit any more changes nothing and takes nothing from the
// others.
type Group struct{ Members []Command }

func (*Group) kind() kind { return kindGroup }

// grouped says whether a command may stand in a group.
func grouped(cmd Command) bool {
	switch cmd.(type) {
	case *Place, *PlaceUnsure, *Refuse, *Borrow:
		return true
	default:
		return false
	}
}

// group carries the members out in their order, and answers each by itself.
func (m *Machine) group(c *Group) Result {
	res := Result{Group: make([]Result, len(c.Members))}
	for i := range c.Members {
		res.Group[i] = m.apply(c.Members[i])
	}
	return res
}
