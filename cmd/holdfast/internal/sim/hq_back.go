package sim

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// An hqBackup is head office as it was: what a restore goes on from.
type hqBackup struct {
	at      time.Duration
	snap    []byte
	base    int
	tail    [][]byte
	journal map[ledger.SiteID]*journal
}

// backup keeps head office as it is now.
func (h *headOffice) backup() {
	if h.snap == nil {
		return
	}
	b := &hqBackup{at: h.c.now, snap: h.snap, base: h.base, tail: slices.Clip(h.tail), journal: map[ledger.SiteID]*journal{}}
	for id, j := range h.journal {
		b.journal[id] = &journal{frames: slices.Clip(j.frames), last: j.last}
	}
	if h.backups = append(h.backups, b); len(h.backups) > backupsMax {
		h.backups = h.backups[1:]
	}
}

// goBack restores head office from a backup. It begins another life before it answers anybody.
// Clients that it told something after the backup ask again.
func (h *headOffice) goBack(a *Act) {
	if len(h.backups) == 0 {
		return
	}
	b := h.backups[a.Pick%len(h.backups)]
	h.c.count("hq_restored")
	h.c.wentBack, h.c.hqBack = true, true
	h.crash("restored from a backup", a.For)
	h.lives++
	h.snap, h.base, h.tail, h.unsure = b.snap, b.base, b.tail, 0
	h.forget(b.base + len(b.tail))
	for id, j := range b.journal {
		h.journal[id] = &journal{frames: slices.Clip(j.frames), last: j.last}
	}
	m, err := machine.Restore(bytes.NewReader(h.snap))
	if err != nil {
		h.c.fail("restore", "%v", err)
		return
	}
	for _, cmd := range h.tail {
		m.Apply(cmd)
	}
	h.c.say("hq", "goes back to %s", clock(b.at))
	if !h.c.guardOff(guardNewLife) {
		random := h.chance.bytes16()
		cmd := machine.Marshal(&machine.Reincarnate{Random: random, Why: "restored from a backup", At: h.wall(), Apart: true})
		h.tail = append(h.tail, cmd)
		if res := m.Apply(cmd); res.Err != nil {
			h.c.fail("restore", "no new life: %v", res.Err)
			return
		}
	}
	if h.digest, err = m.Digest(); err != nil {
		h.c.fail("digest", "%v", err)
	}
	h.whole, h.follower, h.applied = true, m, h.base+len(h.tail)
	h.sawException = m.Counts().Exceptions
	h.backups = slices.DeleteFunc(h.backups, func(o *hqBackup) bool { return o.at > b.at })
	for _, k := range h.c.wishes {
		k.hqWentBack(b.at)
	}
}

// writtenOff is what a site had of an asset when a person gave it up: head office gave it to others from then on.
type writtenOff struct {
	cmd   int // commands that were in the log then
	asset ledger.AssetID
	q     ledger.Qty
}

// writesOff carries a write-off out, and notes what it gives away of accounts.
func (h *headOffice) writesOff(cmd *machine.WriteOff) machine.Result {
	off := func() map[ledger.AssetID]ledger.Qty {
		out := map[ledger.AssetID]ledger.Qty{}
		for _, a := range h.m.Assets("", assetsMost) {
			for i := range a.Holders {
				if a.Holders[i].Site == cmd.Site {
					out[a.ID] = a.Holders[i].Off
				}
			}
		}
		return out
	}
	before := off()
	res := h.apply(machine.Marshal(cmd))
	after := off()
	for _, id := range slices.Sorted(maps.Keys(after)) {
		if q := after[id] - before[id]; q > 0 {
			h.offs = append(h.offs, writtenOff{h.base + len(h.tail), id, q})
		}
	}
	return res
}

// forget takes out what was written off behind the first so many commands: the site goes on, for nobody knows any more that it was
// given up, and those who were given what it had have it too.
func (h *headOffice) forget(commands int) {
	h.offs = slices.DeleteFunc(h.offs, func(w writtenOff) bool {
		if w.cmd > commands {
			h.forgotten[w.asset] += w.q
		}
		return w.cmd > commands
	})
}

// hqWentBack lets a client of head office ask again for what it was told after the backup.
func (k *client) hqWentBack(at time.Duration) {
	if k.book != ledger.HQ {
		return
	}
	switch {
	case k.told == no && k.cancels: // it was forgotten altogether, and wants nothing any more
	case k.told != unknown && k.toldAt >= at && !k.cancels:
		k.forget("head office went back")
	case k.told != unknown && k.toldAt >= at, k.canceled != unknown && k.canceledAt >= at:
		k.canceled, k.renewed = unknown, k.renewed || k.told == yes && k.toldAt >= at
		k.c.after(k.chance.between(0, 2*time.Second), k.cancel)
	}
}

// thawed says whether no site is frozen: what this life can learn it has learnt.
func (h *headOffice) thawed() bool {
	for _, p := range h.c.plan.Sites {
		if s, ok := h.m.Site(p.ID); !ok || s.Frozen != "" {
			return false
		}
	}
	return true
}

// recover lets a person begin yet another life: two restores of one backup have the same number,
// and sites that have met the first refuse the second.
func (h *headOffice) recover() {
	if h.recovers {
		return
	}
	h.recovers = true
	h.c.after(time.Minute, func() {
		h.recovers = false
		h.c.count("hq_recovered")
		h.c.person(&machine.Reincarnate{Random: h.chance.bytes16(), Why: "sites have met another head office", At: h.wall(), Apart: true})
	})
}

// rejoin gives a site an epoch of its own.
func (h *headOffice) rejoin(m *wire.Rejoin, say func(wire.Message, error)) {
	reply, err := h.office.Rejoin(context.Background(), h.wall(), m, h.m.LetIn(m.Site))
	h.answer(PointRejoin, reply, err, say)
}

// sawExceptions looks at what head office has raised since the last look: each has an owner, and
// none says that the books contradict each other.
func (c *company) sawExceptions() {
	n := c.hq.m.Counts().Exceptions
	if n <= c.hq.sawException {
		c.hq.sawException = n
		return
	}
	fresh := int(n - c.hq.sawException)
	c.hq.sawException = n
	for _, e := range c.hq.m.Exceptions(fresh) {
		c.met("exception", e.What)
		c.say("hq", "exception %s at %s, entry %d: %s %s %s", e.What, e.Site, e.Seq, e.SKU, e.Order, e.Why)
		if e.What == "hq_behind" || e.What == "stranger" && strings.Contains(e.Why, "another head office") {
			c.hq.recover()
		}
		if e.Owner == "" {
			c.fail("exception", "%s at %s has no owner", e.What, e.Site)
		}
		if e.What == "declined" {
			c.sawDeclined(e)
		}
		if !c.explained(e) {
			c.fail("exception", "%s at %s, entry %d: %s %s %s", e.What, e.Site, e.Seq, e.SKU, e.Order, e.Why)
		}
	}
}

// explained says whether a disaster of the plan explains an exception.
func (c *company) explained(e *machine.Exception) bool {
	switch e.What {
	case "count", "declined", "transfer_refused", "transfer_differs", "undelivered", "left_cancelled", "over_returned", "return_unclaimed", "unserved", "over_received", "promise_slips", "risk_lost", "drop_ship_refused", "drop_ship_over":
		// somebody fell short; an order was taken without a promise; goods were not there to send, or are missing; a carrier brings them back, or took them while a
		// cancel was on its way; more came back than was sold, or before the sale was told of; an order to be served at once fell short; a supplier brought more, or less, or later; more was given back at risk than was paid; a supplier
		// does not send, or has sent what was called off
		return true
	case "overdrawn":
		s := c.byID[e.Site]
		return s != nil && (s.told.seized[e.SKU] > 0 || c.wentBack)
	case "refused":
		for _, s := range []*site{c.byID[e.Site], c.clones[e.Site]} {
			if s != nil && len(s.told.seized) > 0 && strings.HasSuffix(e.Why, string(ledger.RefusedNotAllotted)) {
				return true
			}
		}
		return false
	case "not_held":
		s := c.byID[e.Site]
		return c.hqBack && (c.siteBack || s != nil && s.told.seized[e.SKU] > 0) // taken while everything was frozen
	case "price_differs", "accepted_after_all", // of what was accepted in a life that is forgotten: at which price, and although somebody has said no to it since
		"amended_before", "reserved_twice": // what a life that is forgotten changed of an order, or served from elsewhere, is learnt from its sites
		return c.hqBack
	case "displaced", "shortfall", "leg_refused":
		return c.plan.Disasters&(Hands|Restores|Clones|Replaces|Losses|HQRestores) != 0
	case "site_behind", "site_fork", "closed_epoch", "stranger", "twin", "reissued", "to_count", "site_lost", "hq_restored", "hq_behind", "written_off", "late_refused", "relearned", "orphan", "asset_over", "refunded_twice":
		return c.wentBack
	default:
		return false
	}
}
