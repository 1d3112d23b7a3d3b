package machine

import (
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A Checkpoint marks a place in the raft log at which every server fixes its state and works out its digest: they
// have applied the same commands, so it is the same. It changes nothing itself.
type Checkpoint struct{ At time.Time }

// Differs tells that the state of a server at a checkpoint was not the one of the others. Head office raises it, for a
// person to replace that server.
type Differs struct {
	Server string // its raft id
	Index  uint64 // of the checkpoint in the raft log
	Alone  bool   // a majority agrees on another state: this one is wrong, and went out of service. False: nobody can tell
	At     time.Time
}

// CheckpointCommands is what Build.Commands has to be of every server before a Checkpoint or a Differs is given.
const CheckpointCommands = int(kindDiffers)

func (*Checkpoint) kind() kind { return kindCheckpoint }
func (*Differs) kind() kind    { return kindDiffers }

// whatDiffers is the word for a server whose state is not the one of the others.
const whatDiffers = "state_differs"

// differs raises the exception, once: several servers find it out, and each that leads tells of it.
func (m *Machine) differs(c *Differs) Result {
	return Result{Err: m.atomically(func() error {
		if c.Server == "" || len(c.Server) > serverNameMax {
			return &ledger.FormError{Field: "server", Why: fmt.Sprintf("is not 1 to %d bytes", serverNameMax)}
		}
		why := fmt.Sprintf("server %s had another state at entry %d of the raft log than the others: it is out of service, replace it", c.Server, c.Index)
		if !c.Alone {
			why = fmt.Sprintf("server %s had another state at entry %d of the raft log than another one, and no majority agrees: nobody is out of service, find out which is right", c.Server, c.Index)
		}
		for _, e := range m.Exceptions(ExceptionsMax) {
			if e.What == whatDiffers && e.Why == why {
				return nil
			}
		}
		m.raise(Exception{What: whatDiffers, Why: why}, c.At)
		return nil
	})}
}

// serverNameMax bounds the raft id of a server, in bytes.
const serverNameMax = 64

// Sum is the checksum that a snapshot of the state ends with: servers that applied the same commands have the same. All
// that the snapshot would be goes through pace, which may take its time and keep nothing.
func (f *Frozen) Sum(pace io.Writer) (ledger.Hash, error) {
	last := &tail{w: pace}
	if err := f.Encode(last); err != nil {
		return ledger.Hash{}, err
	}
	return last.end, nil
}

// tail passes on what is written through it and keeps the last bytes: a snapshot ends with its checksum.
type tail struct {
	w   io.Writer
	end ledger.Hash
}

func (t *tail) Write(p []byte) (int, error) {
	if n := len(p); n >= len(t.end) {
		copy(t.end[:], p[n-len(t.end):])
	} else {
		copy(t.end[:], t.end[n:])
		copy(t.end[len(t.end)-n:], p)
	}
	return t.w.Write(p)
}

// Shape is a digest of how this build writes a state down: of the kinds that it can apply, and of a zero record of each
// kind. Servers whose builds have another one may write equal states as other bytes, so their sums say nothing of each other.
func Shape() ledger.Hash {
	build := ThisBuild()
	return ledger.Hash(sha256.Sum256(write(func(c *coder) {
		known(c, &build.Entries)
		number(c, &build.Commands)
		zero := zeroRecords()
		for _, kind := range slices.Sorted(maps.Keys(zero)) {
			c.blob(zero[kind])
		}
	})))
}

// zeroRecords are the records of a snapshot, by kind; those of recordOwned are not written any more.
func zeroRecords() map[byte]func(*coder) {
	return map[byte]func(*coder){
		recordCounters:  func(c *coder) { c.counters(&counters{}) },
		recordServer:    func(c *coder) { c.serverRecord(&Server{}) },
		recordSite:      func(c *coder) { c.site(&Site{SiteAbout: &SiteAbout{}}) },
		recordItem:      func(c *coder) { c.item(&ledger.Item{}) },
		recordStock:     func(c *coder) { c.stock(&stockAt{}) },
		recordOrder:     func(c *coder) { c.orderRecord(&Order{}) },
		recordAsk:       func(c *coder) { c.askRecord(&Ask{}) },
		recordRequest:   func(c *coder) { c.request(&Request{}) },
		recordCommand:   func(c *coder) { c.queued(&commandAt{}) },
		recordAnswer:    func(c *coder) { c.answer(&answerAt{Answer: Answer{Order: &ledger.Order{}}}) },
		recordException: func(c *coder) { c.exception(&Exception{}) },
		recordExplained: func(c *coder) { c.explained(&Explained{}) },
		recordOwned:     func(c *coder) { c.owned(&Owned{}) },
		recordOwners:    func(c *coder) { c.owners(&[]Owned{}) },
		recordKept:      func(c *coder) { c.kept(&keptAt{}) },
		recordPassed:    func(c *coder) { c.passed(&Passed{}) },
		recordRate:      func(c *coder) { c.rate(&Rate{}) },
		recordRule:      func(c *coder) { c.rule(&Rule{}) },
		recordChange:    func(c *coder) { c.change(&Change{}) },
		recordAvoided:   func(c *coder) { c.avoided(&Avoided{}) },
		recordDelivery:  func(c *coder) { c.delivery(&Delivery{}) },
		recordPromise:   func(c *coder) { c.duePromise(&DuePromise{}) },
		recordSupplier:  func(c *coder) { c.supplier(&Supplier{}) },
		recordTerms:     func(c *coder) { c.termsRecord(&Terms{}) },
		recordLoad:      func(c *coder) { c.load(&Load{}) },
		recordZone:      func(c *coder) { c.zone(&Zone{}) },
		recordPreset:    func(c *coder) { c.presetFor(&PresetFor{}) },
		recordRevised:   func(c *coder) { c.revisedRecord(&Revised{}) },
		recordClass:     func(c *coder) { c.ranked(&Ranked{}) },
		recordQuota:     func(c *coder) { c.quota(&Quota{}) },
		recordMoving:    func(c *coder) { c.moving(&Moving{}) },
		recordStory:     func(c *coder) { c.story(&Story{}) },
		recordParcels:   func(c *coder) { c.parcels(&Parcels{}) },
		recordTransfer:  func(c *coder) { c.transfer(&Transfer{}) },
		recordClaims:    func(c *coder) { c.claimsOf(&Unclaimed{}) },
		recordEvent:     func(c *coder) { c.event(&Event{}) },
		recordOutbox:    func(c *coder) { c.outboxRecord(&outbox{}) },
		recordTakings:   func(c *coder) { c.takings(&Takings{}) },
		recordUser:      func(c *coder) { c.user(&User{}) },
		recordActed:     func(c *coder) { c.actedRecord(&Acted{}) },
		recordCompany:   func(c *coder) { c.company(&Company{}) },
		recordTrusted:   func(c *coder) { c.trustedRecord(&Trusted{Tokens: make([]JoinToken, 1)}) },
		recordForget:    func(c *coder) { c.forgetting(&Forgetting{Marks: make([]ForgetMark, 1), Gone: make([]GoneNode, 1)}) },
		recordReleasing: func(c *coder) { c.releasing(&Releasing{Latest: make([]Released, 1)}) },
		recordAccount:   func(c *coder) { c.account(&Customer{}) },
		recordAsset:     func(c *coder) { c.asset(&Asset{Holders: make([]AssetHolder, 1)}) },
	}
}
