package link

import (
	"io"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Terms are what a conversation is held on. They do not change during its life.
type Terms struct {
	Site    ledger.SiteID
	NodeKey [16]byte // made once with the book
	Boot    [16]byte // of this process
	Servers []string // base URLs of head office; the next one is tried after a failure

	RetryMin    time.Duration // wait before the first retry, about
	RetryMax    time.Duration // no wait between two tries is longer
	RefusedWait time.Duration // wait before a hello after a refusal, for a person has to act
	Fresh       time.Duration // a success older than this does not count as being online
	HelloLimit  time.Duration // how long a hello may take
	PushLimit   time.Duration // how long a push may take
	PushesMax   int           // pushes on their way at once; default 1
	PushBytes   int           // frames in one push, unless its first alone is larger; default wire.PushBytesMax
	PushRest    int           // while the site sells, a backlog's push is followed by a rest of that many times what it took; 0: by none
	PushRestMax time.Duration // no rest is longer
	PushQuiet   time.Duration // a site that decides nothing for so long does not sell
	PullWait    time.Duration // how long head office may hold a pull that has nothing to bring
	PullSlack   time.Duration // how much longer a pull may take

	// Random gives the jitter of waits. A source that fails gives waits without jitter.
	Random io.Reader
}

// Book is what a conversation knows of the site's book. All of it is on disk.
type Book struct {
	Head       ledger.Position
	HQ         ledger.Incarnation // the one adopted
	Applied    ledger.Cursor      // the last command carried out
	RefVersion uint64
	Sites      uint64        // as wire.Pull has it
	Customers  uint64        // the same
	Company    uint64        // the same
	People     uint64        // the same
	Remembers  ledger.People // of users, from a life before the one adopted

	Rebuilding bool               // it was rebuilt and has not been attested
	Attested   ledger.Incarnation // the one under which it was attested last
	Facts      bool               // what the books set aside know is not recorded yet: no attest before
}

// newer takes what is newer of have and told: snapshots may come in out of turn.
func newer(have, told Book) Book {
	ref, facts := max(have.RefVersion, told.RefVersion), told.Facts
	people := max(have.Customers, told.Customers)
	sites, company, users, remembers := told.Sites, told.Company, told.People, told.Remembers // versions of lists have no order: an older one is sent the list once more
	if told.Head.Seq >= have.Head.Seq {
		have = told
	}
	have.RefVersion, have.Sites, have.Facts, have.Customers, have.Company, have.People, have.Remembers = ref, sites, facts, people, company, users, remembers
	return have
}

// State is where a conversation stands.
type State uint8

// The states. DESIGN.md has the arrows.
const (
	StateWaiting  State = 1 // for the moment of the next hello
	StateHello    State = 2 // a hello is on its way
	StateSettling State = 3 // head office said OK; epoch and incarnation are being written
	StateTalking  State = 4 // push and pull are going on
	StateRefused  State = 5 // head office will not talk to this site as it is
)

func (s State) String() string {
	switch s {
	case StateWaiting:
		return "waiting"
	case StateHello:
		return "hello"
	case StateSettling:
		return "settling"
	case StateTalking:
		return "talking"
	case StateRefused:
		return "refused"
	default:
		return "unknown"
	}
}
