package office

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A Cluster is the machine as it is reached from here: raft, or a simulator.
type Cluster interface {
	// Propose has cmd applied. With a nil error a quorum has it and the result is that of this
	// server's own machine. ledger.ErrUnsure says that it may or may not come to be applied.
	Propose(ctx context.Context, cmd []byte) (machine.Result, error)
	// View lets f read the machine; f must not keep it, block or propose.
	View(f func(*machine.Machine))
}

// Config is what an operator may set.
type Config struct {
	OnlineFor  time.Duration // a site heard of no longer ago is online; default 5s
	BorrowWait time.Duration // an order waits so long for borrowed units; default 2s
	StaleAfter time.Duration // borrowed units of a request that nobody came back for go back, counted from when this leader first saw it; default 30s
	// ConfirmWait is how long an order that was taken without a promise waits, from when this leader first saw it, before
	// what nobody has is declined; default 30s. A new leader hears of every site in that time.
	ConfirmWait time.Duration
	// ConfirmBy is how long it waits at most, from the same moment, while sites that are away were last seen with what
	// it lacks; default 24h. Not longer than ConfirmWait: sites that stay away are not waited for.
	ConfirmBy time.Duration
	// OwnConfirmBy is the same of an order of head office's own; default a week. A site's order is here when its site is
	// back, one of head office's own before: it was taken because others are away, and waits for them.
	OwnConfirmBy time.Duration
	FillBatch    int // orders looked at in one Release; default 64
	// AgainEach is how often orders are planned again; a fifteenth of it at the earliest, where goods came, an order was
	// cancelled or a site came back; default 15 min.
	AgainEach time.Duration
}

// Bounds.
const (
	plansMax      = 4 // a first plan and three new ones after conflicts
	roundsMax     = 3 // borrows for one request
	commandsBatch = 256
	clientsBatch  = 500         // customers in one pull, and
	clientsBytes  = 256 << 10   // bytes of them
	itemsBatch    = 4000        // items in one pull, and
	itemsBytes    = 384 << 10   // about so many bytes of them
	showEach      = time.Second // a head shown by pulling only is proposed no oftener
)

// An Office works for the leader of head office. Make it with New.
type Office struct {
	cfg     Config
	cluster Cluster

	mu       sync.Mutex // guards what stands below
	sites    map[ledger.SiteID]*presence
	requests map[machine.Subject]sighting
	unsure   map[ledger.OrderID]time.Time // since when an order to be confirmed is known

	advancing advancing
	plannings sync.Pool // of *planning: what was planned with once makes no difference to what is planned next
	againing  againing
}

// New makes an office. Zero fields of cfg get their defaults.
func New(cfg Config, cluster Cluster) *Office {
	if cfg.OnlineFor == 0 {
		cfg.OnlineFor = 5 * time.Second
	}
	if cfg.BorrowWait == 0 {
		cfg.BorrowWait = 2 * time.Second
	}
	if cfg.StaleAfter == 0 {
		cfg.StaleAfter = 30 * time.Second
	}
	if cfg.ConfirmWait == 0 {
		cfg.ConfirmWait = 30 * time.Second
	}
	if cfg.ConfirmBy == 0 {
		cfg.ConfirmBy = 24 * time.Hour
	}
	if cfg.OwnConfirmBy == 0 {
		cfg.OwnConfirmBy = 7 * 24 * time.Hour
	}
	if cfg.FillBatch == 0 {
		cfg.FillBatch = 64
	}
	if cfg.AgainEach == 0 {
		cfg.AgainEach = 15 * time.Minute
	}
	return &Office{cfg: cfg, cluster: cluster, sites: map[ledger.SiteID]*presence{}, requests: map[machine.Subject]sighting{},
		advancing: advancing{due: map[ledger.SKU]struct{}{}, needed: map[ledger.SKU]time.Time{}, night: math.MinInt64}}
}

// propose sends one command and turns its refusal into an error.
func (o *Office) propose(ctx context.Context, c machine.Command) (machine.Result, error) {
	res, err := o.cluster.Propose(ctx, machine.Marshal(c))
	if err != nil {
		return machine.Result{}, err
	}
	return res, res.Err
}
