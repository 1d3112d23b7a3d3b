package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// Hello judges a site's position and issues its epoch.
func (o *Office) Hello(ctx context.Context, now time.Time, h *wire.Hello) (*wire.Welcome, error) {
	former, by := o.followed(h.Site, h.Boot)
	o.mu.Lock()
	wait, twin := o.presence(h.Site).procs.greets(h.Boot, h.HeardMS, former, by, now)
	o.mu.Unlock()
	if wait {
		return &wire.Welcome{Verdict: wire.VerdictLater, Why: "another process of the node is still connected: say hello again",
			Version: min(h.VersionMax, wire.VersionMax), WallMS: now.UnixMilli()}, nil
	}
	res, err := o.propose(ctx, &machine.Hello{Site: h.Site, NodeKey: h.NodeKey, Boot: h.Boot, Head: h.Head, HQ: h.HQ,
		Applied: h.Applied, VersionMin: h.VersionMin, VersionMax: h.VersionMax, At: now, Twin: twin})
	if err != nil {
		return nil, err
	}
	w := &wire.Welcome{Verdict: res.Verdict, Why: res.Why, Version: min(h.VersionMax, wire.VersionMax), H: res.H,
		Epoch: res.Epoch, Counter: res.Counter, Stored: res.Stored, WallMS: now.UnixMilli()}
	if res.Verdict == wire.VerdictOK {
		o.mu.Lock()
		p := o.presence(h.Site)
		p.seen, p.skew = now, time.UnixMilli(h.WallMS).Sub(now)
		p.procs.greeted(h.Boot, now)
		o.mu.Unlock()
		w.Issued, w.Attest = o.told(h.Site)
		o.returned(h.Site)
	}
	return w, nil
}

// told is the last command given to a site, and whether it is to attest.
func (o *Office) told(id ledger.SiteID) (issued ledger.Cursor, attest bool) {
	o.cluster.View(func(m *machine.Machine) {
		if site, ok := m.Site(id); ok {
			issued, attest = site.Issue, m.Attests(site)
		}
	})
	return issued, attest
}

// Rejoin gives a site whose book cannot go on an epoch of its own to make the book anew in. letIn is Machine.LetIn as it was when the caller
// found that the node is one to let in.
func (o *Office) Rejoin(ctx context.Context, now time.Time, r *wire.Rejoin, letIn ledger.Epoch) (*wire.RejoinReply, error) {
	if r.VersionMax < wire.VersionMin || r.VersionMin > wire.VersionMax {
		return &wire.RejoinReply{Verdict: wire.VerdictUpgrade, Why: fmt.Sprintf("speaks versions %d to %d, head office %d to %d", r.VersionMin, r.VersionMax, wire.VersionMin, wire.VersionMax)}, nil
	}
	res, err := o.propose(ctx, &machine.Reissue{Site: r.Site, NodeKey: r.NodeKey, Boot: r.Boot, Head: r.Head, HQ: r.HQ, Replace: r.Replace,
		Alone: o.alone(r.Site, r.Boot, now), LetIn: letIn, At: now})
	if err != nil {
		return nil, err
	}
	reply := &wire.RejoinReply{Verdict: res.Verdict, Why: res.Why}
	if res.Verdict == wire.VerdictOK {
		o.mu.Lock()
		o.presence(r.Site).procs.greeted(r.Boot, now)
		o.mu.Unlock()
		reply.H, reply.Epoch, reply.Counter, reply.Stored = res.H, res.Epoch, res.Counter, res.Stored
	}
	return reply, nil
}

// Push takes frames of a site's journal.
func (o *Office) Push(ctx context.Context, now time.Time, p *wire.Push) (*wire.PushReply, error) {
	return o.PushBy(ctx, now, p, o.cluster.Propose)
}

// PushBy is Push with the caller's own way to the cluster: one that keeps a site's pushes in line.
func (o *Office) PushBy(ctx context.Context, now time.Time, p *wire.Push, propose func(context.Context, []byte) (machine.Result, error)) (*wire.PushReply, error) {
	res, err := propose(ctx, machine.Marshal(&machine.Push{Site: p.Site, Epoch: p.Epoch, Head: p.Head, Before: p.Before, Frames: p.Frames, At: now}))
	if err == nil {
		err = res.Err
	}
	if errors.Is(err, machine.ErrSiteUnknown) {
		return &wire.PushReply{Verdict: wire.VerdictStranger, Why: err.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	if res.Verdict == wire.VerdictOK {
		o.Seen(p.Site, now)
		o.arrived(res.Arrived)
	}
	return &wire.PushReply{Verdict: res.Verdict, Why: res.Why, Stored: res.Stored}, nil
}

// Pull gives what there is to say to a site. news is false where the reply says nothing new: the
// caller may wait for the machine to change and pull again. Calls are the caller's own affair.
func (o *Office) Pull(ctx context.Context, now time.Time, p *wire.Pull) (reply *wire.PullReply, news bool, err error) {
	if p.Remembers.Version != 0 {
		if err := o.learnUsers(ctx, now, p); err != nil {
			return nil, false, err
		}
	}
	r := &wire.PullReply{}
	higher, erased := false, uint64(0)
	o.cluster.View(func(m *machine.Machine) {
		var site *machine.Site
		if site, r.Verdict, r.Why = known(m, p.Site, p.Head); r.Verdict != wire.VerdictOK {
			return
		}
		higher = p.Head.Seq > site.Shown.Seq
		r.H, r.Stored, r.Archived = m.H(), site.Stored, site.Archived.Seq
		r.Issued, r.Attest = site.Issue, m.Attests(site)
		r.Greet = site.Broken != "" && p.Boot == site.Boot
		if p.HQ == r.H {
			r.Commands = inBounds(m.Commands(p.Site, applied(p, r.H), commandsBatch))
		}
		r.Items, r.RefVersion, r.RefMore = page(m.ItemsSince(p.RefVersion, itemsBatch))
		if p.Customers > 0 {
			r.Customers, r.CustomersUpTo, r.CustomersMore = clientPage(m.CustomersSince(p.Customers-1, clientsBatch))
		}
		erased = m.CustomersVersion() // one that keeps none has nobody to forget
		if p.Customers > 0 {
			erased = p.Customers - 1
		}
		if !m.OwesForgetting(p.Site, erased) {
			erased = 0
		}
		if v := m.CompanyVersion(); p.Company != 0 && v != 0 && v != p.Company {
			r.Company = m.CompanyFor(p.Site)
		}
		if v := m.UsersVersion(); p.People != 0 && (v != 0 && v != p.People || p.Remembers.Version != 0 && m.SaysWhen()) {
			r.People = m.UsersFor(p.Site)
			r.People.Version = max(r.People.Version, wire.PeopleNone+1) // a list of nobody is one, too
		}
		if l := m.SiteList(); p.Sites != 0 && l.Version != 0 && l.Version != p.Sites {
			r.Sites = l
		}
	})
	if r.Verdict != wire.VerdictOK {
		return r, true, nil
	}
	if err := o.show(ctx, now, p, higher); err != nil {
		return nil, false, err
	}
	if erased > 0 {
		if _, err := o.propose(ctx, &machine.Forget{Do: machine.ForgetHeard, Site: p.Site, UpTo: erased, At: now}); err != nil {
			return nil, false, err
		}
	}
	return r, r.Greet || len(r.Commands) > 0 || len(r.Items) > 0 || r.Sites.Version != 0 || r.Company.Version != 0 || r.People.Version != 0 || r.RefVersion != p.RefVersion || r.CustomersUpTo+1 > p.Customers && p.Customers > 0 || p.HQ != r.H, nil
}

// learnUsers takes what a site remembers of users from a life before this one, before it is told what this one knows of them.
func (o *Office) learnUsers(ctx context.Context, now time.Time, p *wire.Pull) error {
	owes := false
	o.cluster.View(func(m *machine.Machine) {
		_, verdict, _ := known(m, p.Site, p.Head)
		owes = verdict == wire.VerdictOK && p.HQ == m.H() && m.OwesPeople(p.Site)
	})
	if !owes {
		return nil
	}
	_, err := o.propose(ctx, &machine.LearnUsers{Site: p.Site, People: p.Remembers, At: now})
	return err
}

// page cuts a page of items to what a reply may hold beside its commands. At least one is given.
// The site goes on from the version of the last, so a page that is lost is all that is sent again.
func page(items []*ledger.Item, upTo uint64, more bool) ([]ledger.Item, uint64, bool) {
	var out []ledger.Item
	bytes := 0
	for _, it := range items {
		bytes += bytesOf(it)
		if bytes > itemsBytes && len(out) > 0 {
			return out, out[len(out)-1].Version, true
		}
		out = append(out, *it)
	}
	return out, upTo, more
}

// clientPage cuts a page of customers likewise.
func clientPage(list []ledger.CustomerAccount, upTo uint64, more bool) ([]ledger.CustomerAccount, uint64, bool) {
	bytes := 0
	for i := range list {
		if bytes += len(ledger.MarshalCustomer(&list[i])); bytes > clientsBytes && i > 0 {
			return list[:i], list[i-1].Version, true
		}
	}
	return list, upTo, more
}

// bytesOf is about how many bytes of a reply an item takes.
func bytesOf(it *ledger.Item) int {
	const around = 96 // beside its texts, about
	n := around + len(it.SKU) + len(it.Name)
	for _, code := range it.Barcodes {
		n += 2 + len(code)
	}
	if it.Detail != nil { // few have one, and it may be large
		n += len(ledger.AppendDetail(nil, it.Detail))
	}
	return n
}

// applied is the number of the last command of this life of head office that the site has.
func applied(p *wire.Pull, h ledger.Incarnation) uint64 {
	if p.Applied.H != h {
		return 0
	}
	return p.Applied.Number
}

// inBounds cuts a batch of commands so that a reply stays well below what a message may hold.
// At least one command is given.
func inBounds(cs []ledger.HQCommand) []ledger.HQCommand {
	lines := 0
	for i := range cs {
		if lines += len(cs[i].Lines); lines > 2*ledger.LinesMax && i > 0 {
			return cs[:i]
		}
	}
	return cs
}

// show notes the contact, and has head office keep a head that pushes do not bring: once in a
// while, for pushes mostly do.
func (o *Office) show(ctx context.Context, now time.Time, p *wire.Pull, higher bool) error {
	o.mu.Lock()
	at := o.presence(p.Site)
	at.seen = now
	due := higher && now.Sub(at.shown) >= showEach
	if due {
		at.shown = now
	}
	o.mu.Unlock()
	if !due {
		return nil
	}
	_, err := o.propose(ctx, &machine.Show{Site: p.Site, Head: p.Head, At: now})
	return err
}

func listed(m *machine.Machine, id ledger.SiteID) bool {
	_, ok := m.Site(id)
	return ok
}

// known judges who speaks and from where.
func known(m *machine.Machine, id ledger.SiteID, head ledger.Position) (*machine.Site, wire.Verdict, string) {
	site, ok := m.Site(id)
	if !ok {
		return nil, wire.VerdictStranger, machine.ErrSiteUnknown.Error()
	}
	v, why := m.Judge(site, head)
	return site, v, why
}

// Look tells what the company has of a SKU: what may be asked for now, and what was last seen at
// sites that do not answer.
func (o *Office) Look(now time.Time, l *wire.Look) *wire.LookReply {
	there := o.presences(now)
	r := &wire.LookReply{}
	o.cluster.View(func(m *machine.Machine) {
		var why string
		if _, r.Verdict, why = known(m, l.Site, l.Head); why != "" {
			return
		}
		if l.Other != "" {
			if r.Other = wire.FoundNo; listed(m, l.Other) {
				r.Other = wire.FoundYes
			}
		}
		for st := range m.OffersOf(l.SKU) {
			if m.Closed(st.Site) != "" {
				continue
			}
			r.Ask += st.Promisable
			if !st.Site.Counter || st.Site.ID == l.Site {
				continue
			}
			p := there[st.Site.ID]
			if lends(m, st.Site, there) {
				r.Ask += spare(m, st, l.SKU)
				continue
			}
			if p.since.IsZero() {
				p.since = st.Site.SeenAt
			}
			if st.Available > 0 {
				r.Likely += st.Available
				r.LikelyAgeMS = max(r.LikelyAgeMS, now.Sub(p.since).Milliseconds())
			}
		}
	})
	return r
}
