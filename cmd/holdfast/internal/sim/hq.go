package sim

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// errDown says that head office's process is not there.
var errDown = errors.New("head office is down")

// A headOffice is HQ's state machine behind a log that applies at once. Its log and its last
// snapshot outlive a crash; the machine is made again from them and must come out the same.
type headOffice struct {
	c       *company
	chance  *chance
	trapped map[Point]time.Duration

	life     int
	up       bool
	unsure   time.Duration // until then nobody knows whether a proposal lands
	m        *machine.Machine
	office   *office.Office
	snap     []byte           // of the state after base commands
	base     int              // commands that snap has in it
	tail     [][]byte         // commands since snap
	follower *machine.Machine // another server, which applies the same log when it has to
	applied  int              // commands that it has
	starts   int
	whole    bool // the next start is one from the snapshot: all servers were down
	digest   ledger.Hash
	journal  map[ledger.SiteID]*journal
	polls    []*poll
	tries    []*try
	poked    bool // a look at what waits is on the agenda
	release  bool // a release is on the agenda

	offs         []writtenOff                  // by this life, and by those that its backup knew
	forgotten    map[ledger.AssetID]ledger.Qty // what a life that is lost had written off of accounts
	lives        int                           // 1, and one more after each restore from a backup
	backups      []*hqBackup
	sawException uint64
	recovers     bool // a person is about to begin another life
}

// A journal is a site's journal as head office keeps it.
type journal struct {
	frames [][]byte
	last   ledger.Seq
}

func newHeadOffice(c *company) *headOffice {
	h := &headOffice{c: c, chance: newChance(c.plan.Seed, "hq"), trapped: map[Point]time.Duration{},
		journal: map[ledger.SiteID]*journal{}, m: machine.New(), follower: machine.New(), up: true,
		lives: 1, forgotten: map[ledger.AssetID]ledger.Qty{}}
	for _, p := range c.plan.Sites {
		h.journal[p.ID] = &journal{}
	}
	h.office = office.New(h.settings(), h)
	return h
}

// settings are the office's own, but for a guard.
func (h *headOffice) settings() office.Config {
	if h.c.guardOff(guardConfirmed) {
		return office.Config{ConfirmWait: time.Nanosecond}
	}
	return office.Config{}
}

// commands is how far the builds of all servers go, but for a guard.
func (h *headOffice) commands() int {
	if h.c.guardOff(guardCloseTold) {
		return machine.LeastCommands - 1 // such a build tells no book
	}
	return machine.ThisBuild().Commands
}

func (h *headOffice) wall() time.Time { return start.Add(h.c.now) }

func (h *headOffice) after(d time.Duration, f func()) {
	life := h.life
	h.c.after(d, func() {
		if h.life == life && h.up {
			f()
		}
	})
}

// found makes head office and its sites known to itself, as an operator does.
func (h *headOffice) found() {
	h.must(&machine.Bootstrap{Random: h.chance.bytes16(), At: h.wall()})
	for _, p := range h.c.plan.Sites {
		h.must(&machine.AddSite{Site: p.ID, Counter: p.Counter, Rank: p.Rank, Key: keyOf("add " + string(p.ID)), At: h.wall()})
	}
	items := make([]ledger.Item, len(h.c.plan.SKUs))
	for i, sku := range h.c.plan.SKUs {
		items[i] = ledger.Item{SKU: sku, Name: string(sku)}
	}
	h.must(&machine.PutItems{Items: items, At: h.wall()})
	h.must(&machine.Raise{Kind: ledger.KindLast, At: h.wall()})
	h.must(&machine.Agree{Commands: h.commands(), At: h.wall()})
	h.openAccounts()
	h.openRisks()
	h.snapshot()
	h.tick()
}

func (h *headOffice) must(cmd machine.Command) {
	if res, err := h.Propose(context.Background(), machine.Marshal(cmd)); err != nil || res.Err != nil {
		h.c.fail("found", "%T: %v %v", cmd, err, res.Err)
	}
}

// View lets f read the machine.
func (h *headOffice) View(f func(*machine.Machine)) { f(h.m) }

// Propose applies a command at once. While the leader is unsure the answer is lost, and with it
// half of the commands.
func (h *headOffice) Propose(_ context.Context, cmd []byte) (machine.Result, error) {
	if h.c.now < h.unsure {
		if h.chance.in100(50) {
			h.c.met("unsure", "not applied")
			return machine.Result{}, ledger.ErrUnsure
		}
		h.c.met("unsure", "applied all the same")
		h.apply(cmd)
		return machine.Result{}, ledger.ErrUnsure
	}
	return h.apply(cmd), nil
}

func (h *headOffice) apply(cmd []byte) machine.Result {
	cmd = bytes.Clone(cmd)
	h.tail = append(h.tail, cmd)
	res := h.m.Apply(cmd)
	for _, f := range res.Frames {
		h.keep(f)
	}
	if len(res.Wake) > 0 {
		h.wake(res.Wake)
	}
	h.poke()
	h.c.sawApplied(res)
	return res
}

// keep stores a frame in the journal store: each follows the one before, once.
func (h *headOffice) keep(f machine.StoredFrame) {
	j := h.journal[f.Site]
	if f.First != j.last+1 {
		h.c.fail("journal", "head office stores entry %d of %s behind %d", f.First, f.Site, j.last)
		return
	}
	j.frames = append(j.frames, bytes.Clone(f.Bytes))
	j.last = f.Last
}

// snapshot freezes the state now and writes it out a while later, when the machine has moved on.
func (h *headOffice) snapshot() {
	frozen, upTo := h.m.Freeze(), h.base+len(h.tail)
	h.after(h.chance.between(0, 300*time.Millisecond), func() {
		var b bytes.Buffer
		if err := frozen.Encode(&b); err != nil {
			h.c.fail("snapshot", "encode: %v", err)
			return
		}
		if h.base+len(h.tail) > upTo {
			h.c.met("snapshot", "while applying")
		}
		if upTo < h.base {
			return // a later one was written first
		}
		h.follow()
		h.snap, h.tail, h.base = b.Bytes(), h.tail[upTo-h.base:], upTo
		h.c.count("snapshot")
	})
}

// follow lets the other server apply what it lacks of the log.
func (h *headOffice) follow() {
	for _, cmd := range h.tail[h.applied-h.base:] {
		h.follower.Apply(cmd)
	}
	h.applied = h.base + len(h.tail)
}

// wholeEach is how often head office starts from its snapshot because all servers were down: at
// each so many starts. At the others a follower leads on.
const wholeEach = 4

// crash ends head office's process; another server takes over after a while.
func (h *headOffice) crash(why string, down time.Duration) {
	if !h.up {
		return
	}
	h.c.say("hq", "crashes: %s", why)
	h.c.count("hq_restart")
	h.up = false
	h.life++
	h.polls, h.tries, h.poked, h.release = nil, nil, false, false
	h.starts++
	if h.whole = h.starts%wholeEach == 1 || h.c.guardOff(guardLogReplayed); h.whole {
		var err error
		if h.digest, err = h.m.Digest(); err != nil {
			h.c.fail("digest", "%v", err)
			return
		}
	}
	life := h.life
	h.c.after(down, func() {
		if h.life == life && !h.up {
			h.restart()
		}
	})
}

// restart lets a follower lead on, or makes the machine again from the snapshot and what was applied
// since. All of them come to the same state.
func (h *headOffice) restart() {
	h.life++
	h.up = true
	h.follow()
	if h.whole {
		if !h.reload() {
			return
		}
	} else {
		h.m, h.follower = h.follower, h.m
		if got, want := h.m.Counts(), h.follower.Counts(); got != want {
			h.c.fail("replay", "a follower of head office has %+v, its leader had %+v", got, want)
			return
		}
	}
	h.office = office.New(h.settings(), h)
	h.c.say("hq", "starts, %d commands since the snapshot", len(h.tail))
	h.tick()
}

// reload makes the machine again, and says whether it is what it was.
func (h *headOffice) reload() bool {
	h.m = machine.New()
	if h.snap != nil {
		m, err := machine.Restore(bytes.NewReader(h.snap))
		if err != nil {
			h.c.fail("restore", "%v", err)
			return false
		}
		h.m = m
	}
	if !h.c.guardOff(guardLogReplayed) {
		for _, cmd := range h.tail {
			h.m.Apply(cmd)
		}
		for i, m := range []*machine.Machine{h.m, h.follower} {
			if digest, err := m.Digest(); err != nil || digest != h.digest {
				h.c.fail("replay", "server %d of head office came back as %s, the leader was %s (%v)", i+1, digest, h.digest, err)
				return false
			}
		}
	}
	if err := h.m.Check(); err != nil {
		h.c.fail("books", "after a restart: %v", err)
		return false
	}
	return true
}

// pass crashes head office if a trap waits for it here, and says whether it did.
func (h *headOffice) pass(p Point) bool {
	down, ok := h.trapped[p]
	if !ok {
		return false
	}
	delete(h.trapped, p)
	h.c.met("hq crash", string(p))
	h.crash(string(p), down)
	return true
}
