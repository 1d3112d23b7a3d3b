package office

import (
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// twinWait is how long a process is given to come again after another one of its node has said
// hello. One that was killed does not; a poll of it may still be open here for a while.
const twinWait = 10 * time.Second

// processes is what the leader has heard of the processes of one site's node. Two that live are two
// nodes of one identity: a folder was copied. Which of them is the true one is for a person to say; the
// second claimant is refused (protocol.md, section 6).
//
// A message proves nothing by coming: its sender may have died long before. What it says of the last
// answer that its process has had (wire.Hello, HeardMS) proves that it lived then.
type processes struct {
	boot  [16]byte  // the site's process, by the state of head office
	since time.Time // when this leader first took it for that
	polls int       // long polls of it that are open
	last  time.Time // when one last began or ended
	heard int64     // ms: the latest answer that it says it had

	rival [16]byte  // another one that has said hello while boot had a poll open
	asked time.Time // when it first did
}

// comes notes a poll of the site's process.
func (p *processes) comes(boot [16]byte, heardMS int64, now time.Time) {
	if boot != p.boot {
		*p = processes{boot: boot, since: now}
	}
	p.polls++
	p.last, p.heard = now, max(p.heard, heardMS)
}

func (p *processes) goes(boot [16]byte, now time.Time) {
	if boot == p.boot && p.polls > 0 {
		p.polls--
		p.last = now
	}
}

// greets says what a hello of boot means: wait that the site's process may still be alive, and the
// hello is to come again; twin which process lives beside the one that says hello, which is former
// where the process by has followed it.
func (p *processes) greets(boot [16]byte, heardMS int64, former bool, by [16]byte, now time.Time) (wait bool, twin [16]byte) {
	switch {
	case former && p.boot == ([16]byte{}): // this leader has not heard of the one that followed it
		*p = processes{boot: by, since: now}
		return false, twin
	case boot == p.boot || p.boot == ([16]byte{}):
		p.rival = [16]byte{}
		return false, twin
	case former && heardMS > p.since.UnixMilli():
		return false, p.boot // it was followed, and has had an answer since
	case former:
		return false, twin
	case p.rival != boot && p.polls > 0:
		p.rival, p.asked = boot, now
		return true, twin
	case p.rival != boot:
		return false, twin
	case p.heard > p.asked.UnixMilli():
		return false, p.boot
	case p.polls > 0 && now.Sub(p.asked) < twinWait:
		return true, twin
	default:
		return false, twin
	}
}

// greeted notes that boot is the process of the site from here on: its hello was judged ok, or it was
// given an epoch.
func (p *processes) greeted(boot [16]byte, now time.Time) {
	if boot != p.boot {
		*p = processes{boot: boot, since: now}
	}
	p.last, p.rival = now, [16]byte{}
}

// process gives the site's process by the state, zero where there is none.
func (o *Office) process(id ledger.SiteID) (boot [16]byte) {
	o.cluster.View(func(m *machine.Machine) {
		if site, ok := m.Site(id); ok {
			boot = site.Boot
		}
	})
	return boot
}

// followed says whether boot was the site's process until another one followed it, and which is it now.
func (o *Office) followed(id ledger.SiteID, boot [16]byte) (former bool, by [16]byte) {
	o.cluster.View(func(m *machine.Machine) {
		if site, ok := m.Site(id); ok {
			former, by = site.Followed(boot), site.Boot
		}
	})
	return former, by
}

// alone says whether no other process than boot is known to be alive.
func (o *Office) alone(site ledger.SiteID, boot [16]byte, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := &o.presence(site).procs
	return p.boot == boot || p.polls == 0 && now.Sub(p.last) >= o.cfg.OnlineFor
}
