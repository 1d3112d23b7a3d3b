package machine

import (
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ActedMax is how many acts are kept, the latest; all are counted.
const ActedMax = 10_000

// A Hand is whose act something is, as the door let them in. The zero Hand is head office's own, or one of an older build.
type Hand struct {
	By       string // the user, or owner
	Device   string // the till or handheld that they signed in at; "" where none was shown
	Approver string // who approved this one act; "" where nobody had to
}

// An Act is a command that somebody asked for, with whose act it is. All that is kept of who set something is by it, and
// the act itself is kept where it came to something (Acted).
type Act struct {
	Hand
	Call   string  // the request: its method and path
	Member Command // nil: what was done is no part of the state
	Note   string  // what it was, where there is no Member
	At     time.Time

	raw []byte // of a Member, as Marshal gave it; nil where it is not known
}

// ActCommands is what Build.Commands has to be of every server before an Act, or an order with whose it is, is given.
const ActCommands = int(kindAct)

func (*Act) kind() kind { return kindAct }

// An Acted is one act that came to something.
type Acted struct {
	Rank uint64
	Hand
	Call string
	Note string // what was changed, as far as a line says it, and the reason that was given
	At   time.Time
}

// actable says whether a command may be somebody's act. Those that are not are head office's own, or orders, which say
// themselves whose they are.
func actable(cmd Command) bool {
	switch cmd.(type) {
	case *Act, *Group, *Push, *Unpark, *Place, *PlaceUnsure, *Borrow, *Fill, *Refuse:
		return false
	default:
		return true
	}
}

// MarshalAct gives the bytes of a, which is the command of bytes cmd; ok is false where that can be nobody's act.
func MarshalAct(a Act, cmd []byte) (out []byte, ok bool) {
	if a.Member = memberOf(cmd); a.Member == nil {
		return nil, false
	}
	a.raw = cmd
	return Marshal(&a), true
}

// memberOf makes an empty command of the kind that bytes say they are; nil where that can be nobody's act. It does not
// decode them: acts within acts must not be followed as deep as their bytes allow.
func memberOf(cmd []byte) Command {
	v := values{b: cmd}
	if n, ok := v.arrayLen(); !ok || n < 3 || !v.skip() {
		return nil
	}
	n, ok := v.number()
	if !ok || n > uint64(kindLast) {
		return nil
	}
	if c := newCommand(kind(n)); c != nil && actable(c) {
		return c
	}
	return nil
}

// act carries a command out by somebody's hand.
func (m *Machine) act(c *Act) Result {
	note, res := c.Note, Result{}
	if c.Member != nil {
		note = m.saidOf(c)
		m.hand = c.Hand
		res = m.apply(c.Member)
		m.hand = Hand{}
	}
	if res.Err != nil || res.Replayed || res.Answer != nil && res.Answer.Err() != nil {
		return res
	}
	m.counters.Acted++
	a := &Acted{Rank: m.counters.Acted, Hand: c.Hand, Call: cutText(c.Call), Note: cutText(note), At: c.At}
	m.acted.put(keyOfRank(a.Rank), a)
	if a.Rank > ActedMax {
		m.acted.del(keyOfRank(a.Rank - ActedMax))
	}
	m.acted.commit()
	return res
}

// signed is who sets something by the command that is carried out, and from where: what it names itself, and the hand.
func (m *Machine) signed(by, reason string, at time.Time) Signed {
	return Signed{By: by, Reason: reason, At: at, Device: m.hand.Device, Approver: m.hand.Approver}
}

// by says at which device, and by whose leave, something was signed.
func (s *Signed) by(h *Hand) { s.Device, s.Approver = h.Device, h.Approver }

// saidOf says in a line what an act is about to change, before it does, and who has put a name to it where another did it.
func (m *Machine) saidOf(a *Act) string {
	by, reason := reasonOf(a.Member)
	what := m.changeOf(a.Member)
	if what != "" && reason != "" {
		what += ": "
	}
	if what += reason; by != "" && by != a.By {
		what = "signed by " + by + "; " + what
	}
	return strings.TrimSuffix(what, "; ")
}

// changeOf says what a command changes, where that is more than its call says.
func (m *Machine) changeOf(cmd Command) string {
	switch c := cmd.(type) {
	case *PutItems:
		return m.noteOfItems(c.Items)
	case *PutDetailed:
		return m.noteOfItems(c.Items)
	case *PutCustomers:
		return noteOfMany("customer", len(c.Customers), func(i int) string { return string(c.Customers[i].ID) })
	case *PassOn:
		return fmt.Sprintf("%s may promise %d of %s's %s", c.Holder, c.Level, c.Owner, c.SKU)
	case *AddSite:
		return "site " + string(c.Site)
	case *SetSite:
		return c.note()
	case *PutServer:
		return "server " + c.Name
	case *Trust:
		return fmt.Sprintf("join token %s for %s", &c.Token, c.For)
	case *SetAsset:
		return fmt.Sprintf("%s %d", c.Asset, c.Amount)
	case *WriteOff:
		return string(c.SKU)
	case *Resolve:
		return fmt.Sprintf("exception %d", c.Exception)
	case *Cancel:
		return "order " + string(c.Order)
	case *AwaitWord:
		return "order " + string(c.Order.ID)
	case *Amend:
		return fmt.Sprintf("order %s, from version %d", c.Order, c.Version)
	default:
		return ""
	}
}

// reasonOf is who has put a name to a command, and the reason that it gives.
func reasonOf(cmd Command) (by, reason string) {
	switch c := cmd.(type) {
	case *PutUser:
		return c.By, c.Reason
	case *DeclareLost:
		return c.By, c.Reason
	case *SetSite:
		return c.By, c.Reason
	case *WriteOff:
		return c.By, c.Reason
	case *Waive:
		return c.By, c.Reason
	case *Renew:
		return c.By, c.Reason
	case *Lift:
		return c.By, c.Reason
	case *SetPolicy:
		return c.By, c.Reason
	case *SetSourcing:
		return c.By, c.Reason
	case *SetClasses:
		return c.By, c.Reason
	case *SetCompany:
		return c.By, c.Reason
	case *SetReasons:
		return c.By, c.Reason
	case *SetLeast:
		return c.By, c.Reason
	case *SetHook:
		return c.By, c.Reason
	case *Expect:
		return c.By, c.Reason
	case *Purchase:
		return c.By, c.Reason
	case *JudgeTransfer:
		return c.By, c.Reason
	case *SetAsset:
		return c.By, c.Reason
	case *Trust:
		return c.By, c.Reason
	case *Resolve:
		return c.By, c.Note
	case *PassOn:
		return c.By, ""
	case *PutCustomers:
		return c.By, c.Reason
	case *AwaitWord:
		return c.By, c.Reason
	case *Amend:
		return c.By, ""
	default:
		return "", ""
	}
}

// noteOfItems says what becomes of an item: what it costs, from and to, and whether anything else changes. Of many it names
// as many as fit.
func (m *Machine) noteOfItems(items []ledger.Item) string {
	if len(items) != 1 {
		return noteOfMany("item", len(items), func(i int) string { return string(items[i].SKU) })
	}
	it := &items[0]
	old, _ := m.items.get(keyOfItem(it.SKU)) // nil of a new one
	return it.ChangeFrom(old)
}

func noteOfMany(what string, n int, name func(int) string) string {
	if n == 1 {
		return what + " " + name(0)
	}
	out := fmt.Sprintf("%d %ss:", n, what)
	for i := 0; i < n && len(out) < stepTextMax; i++ {
		out += " " + name(i)
	}
	return out
}

// Acted lists the acts below a rank (0: all), newest first, at most limit of those that want names; of all that is kept
// no more than ActedMax are looked at.
func (m *Machine) Acted(below uint64, limit int, want func(*Acted) bool) (out []*Acted) {
	n := m.counters.Acted
	if below > 0 {
		n = min(n, below-1)
	}
	for ; n > 0 && len(out) < limit; n-- {
		a, kept := m.acted.Get(keyOfRank(n))
		if !kept {
			break
		}
		if want(a) {
			out = append(out, a)
		}
	}
	return out
}

// checkActed looks at what is kept of acts.
func (m *Machine) checkActed() error {
	if n := uint64(m.acted.Len()); n != min(m.counters.Acted, ActedMax) {
		return fmt.Errorf("%d acts are kept, %d came to something", n, m.counters.Acted)
	}
	return nil
}

func (c *coder) hand(v *Hand) {
	text(c, &v.By)
	text(c, &v.Device)
	text(c, &v.Approver)
}

func (c *coder) actedRecord(v *Acted) {
	c.record(7, func() {
		count(c, &v.Rank)
		c.hand(&v.Hand)
		text(c, &v.Call)
		text(c, &v.Note)
		c.moment(&v.At)
	})
}

func (c *coder) actCommand(v *Act) {
	c.fields(7, func() {
		c.hand(&v.Hand)
		text(c, &v.Call)
		text(c, &v.Note)
		c.moment(&v.At)
		raw := v.raw
		if !c.reading() && raw == nil && v.Member != nil {
			raw = Marshal(v.Member)
		}
		if c.bytes(&raw); !c.reading() || len(raw) == 0 || c.err != nil {
			return
		}
		if memberOf(raw) == nil {
			c.note(errNoMember)
			return
		}
		member, err := Unmarshal(raw)
		v.Member = member
		c.note(err)
	})
}
