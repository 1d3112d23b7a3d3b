package link

import (
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A Picture is a conversation at a glance.
type Picture struct {
	State     State
	Server    string // the one talked to, or tried next
	Talk      uint64
	Stored    ledger.Position
	Known     bool       // Stored has been told
	Proved    bool       // the book has had the same entry there as head office, in this process
	Archived  ledger.Seq // a copy outside head office has all up to here; 0: not known
	Contacted bool
	Contact   time.Duration // moment of the last success, if Contacted
	Refusal   Refused       // of StateRefused
	Fault     string        // the last failure, for people; "" none yet
	Tries     int           // hellos and failures since talking last went well
	Missed    int           // failures in a row to have any word of head office
	Obeyed    bool          // it talks, and all that head office has issued is carried out
}

// Picture gives the conversation at a glance.
func (c *Conversation) Picture() Picture {
	p := Picture{State: c.state, Server: c.terms.Servers[c.server], Talk: c.talk, Stored: c.stored, Known: c.known, Proved: c.proved, Archived: c.archived,
		Contacted: c.contacted, Contact: c.contact, Fault: c.fault, Tries: c.tries, Missed: c.missed, Obeyed: c.obeyed()}
	if c.state == StateRefused {
		p.Refusal = c.refusal
	}
	return p
}

// Talk numbers the time since the last hello. An exchange outside the machine's lanes keeps it
// and hands it back with how it went, so that a failure of the past ends nothing of now.
func (c *Conversation) Talk() uint64 { return c.talk }

// Online says whether head office may be asked with a hope of an answer.
func (c *Conversation) Online(now time.Duration) bool {
	return c.state == StateTalking && now-c.contact <= c.terms.Fresh
}
