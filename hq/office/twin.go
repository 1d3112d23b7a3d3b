package office

import (
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// twinWait is how long a process is given to come again after another one of its node has said
// hello. One that was killed does not; a poll of it may still be open here for a while.
const twinWait = 10 * time.Second

// processes is what the leader has heard of the processes of one site's node. Two that speak in
// turn are two nodes of one identity: a folder was copied. Which of them is the true one is for a
// person to say; the second claimant is refused (protocol.md, section 6).
type processes struct {
	boot  [16]byte  // the one that was heard last
	polls int       // long polls of it that are open
	last  time.Time // when it last came

	rival [16]byte  // another one that has said hello while boot had a poll open
	since time.Time // when it first did
}

// comes notes that a process has come with something new to say.
func (p *processes) comes(boot [16]byte, now time.Time) {
	if boot == ([16]byte{}) {
		return
	}
	if boot != p.boot {
		if p.polls > 0 {
			return // hello has to judge it first
		}
		p.boot = boot
	}
	p.polls++
	p.last = now
}

func (p *processes) goes(boot [16]byte) {
	if boot == p.boot && p.polls > 0 {
		p.polls--
	}
}

// greets says what a hello of boot means: wait that the other process may still be alive, and the
// hello is to come again; twin which process has come again since.
func (p *processes) greets(boot [16]byte, now time.Time) (wait bool, twin [16]byte) {
	switch {
	case boot == p.boot || p.boot == ([16]byte{}):
		p.rival = [16]byte{}
		return false, twin
	case p.rival != boot && p.polls > 0:
		p.rival, p.since = boot, now
		return true, twin
	case p.rival != boot:
		return false, twin
	case p.last.After(p.since):
		return false, p.boot
	case p.polls > 0 && now.Sub(p.since) < twinWait:
		return true, twin
	default:
		return false, twin
	}
}

// greeted notes that a hello of boot was judged ok: it is the process of the site from here on.
func (p *processes) greeted(boot [16]byte, now time.Time) {
	if boot != p.boot {
		*p = processes{boot: boot}
	}
	p.last, p.rival = now, [16]byte{}
}

// alone says whether no other process than boot is known to be alive.
func (o *Office) alone(site ledger.SiteID, boot [16]byte, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := &o.presence(site).procs
	return p.boot == boot || p.polls == 0 && now.Sub(p.last) >= o.cfg.OnlineFor
}
