package link

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A Link drives a Conversation over HTTP. Open gives one; Run owns its goroutines. The other
// methods may be called from any goroutine, before, during and after Run.
type Link struct {
	cfg     Config
	parts   Parts
	client  *http.Client
	holds   *http.Client // for pulls: a held one takes no warm connection from an ask
	meters  *meters
	asks    chan struct{} // one place for each exchange of Ask, Look and Forward under way
	answers chan struct{} // one place for each call being answered
	judged  chan struct{} // closed at the first verdict; closing it needs mu
	bell    chan struct{} // rung when Wake may have moved

	mu      sync.Mutex // guards what stands below
	talk    *Conversation
	running context.Context // of Run; nil while it does not run
	work    sync.WaitGroup  // goroutines of Run; added to under mu while running
	cancels map[uint64]context.CancelFunc
	ran     bool
	fatal   error // the book has stopped
	seen    seen
	skewMS  int64
	heardMS int64
	changed chan struct{}
	oldest  oldest
	items   progress
}

// asksMax bounds the orders that wait for head office at once; the next one is answered
// offline. callsMax bounds head office's questions being answered.
const (
	asksMax  = 32
	callsMax = 16
)

// Open puts a link together. It starts nothing and dials nobody.
func Open(cfg Config, parts Parts) (*Link, error) {
	if err := errors.Join(cfg.Validate(), parts.check(), identified(&cfg, &parts)); err != nil {
		return nil, fmt.Errorf("open link: %w", err)
	}
	cfg.fill()
	l := &Link{
		cfg: cfg, parts: parts, client: newClient(&cfg, &parts), holds: newClient(&cfg, &parts),
		asks: make(chan struct{}, asksMax), answers: make(chan struct{}, callsMax), bell: make(chan struct{}, 1), judged: make(chan struct{}),
		cancels: map[uint64]context.CancelFunc{}, changed: make(chan struct{}),
	}
	l.talk = NewConversation(Terms{
		Site: cfg.Site, NodeKey: parts.NodeKey, Boot: parts.Env.Process.Boot(), Servers: cfg.servers(),
		RetryMin: cfg.RetryMin, RetryMax: cfg.RetryMax, RefusedWait: cfg.RefusedWait,
		Fresh:      cfg.PullWait + cfg.PullSlack + cfg.RetryMin,
		HelloLimit: cfg.HelloLimit, PushLimit: cfg.PushLimit, PushesMax: cfg.PushesMax,
		PushRest: cfg.PushRest, PushRestMax: cfg.PushRestMax, PushQuiet: cfg.PushQuiet, PullWait: cfg.PullWait, PullSlack: cfg.PullSlack,
		Random: parts.Env.Random("link retry " + string(cfg.Site)),
	}, l.book())
	l.seen = l.look()
	var err error
	if l.meters, err = newMeters(parts.Registry, l); err != nil {
		return nil, fmt.Errorf("open link: %w", err)
	}
	return l, nil
}

// identified makes sure that head office can tell whose line it is.
func identified(cfg *Config, parts *Parts) error {
	if cfg.Token == "" && parts.TLS == nil {
		return &ledger.FormError{Field: "token", Why: "is empty; head office gives one when the site is added"}
	}
	return nil
}

// Close lets go of kept connections and of the metrics. Run must have returned. It may be
// called twice.
func (l *Link) Close() error {
	l.closeIdle()
	l.meters.unregister()
	return nil
}

// Run keeps the conversation going until ctx ends and then returns nil. Any other return says
// that the book has stopped. When Run returns, no goroutine of l is alive. It runs once: what
// it leaves under way is never answered.
func (l *Link) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer l.work.Wait()
	defer cancel()
	l.mu.Lock()
	if l.ran {
		l.mu.Unlock()
		return errors.New("run link: it has run already")
	}
	l.ran, l.running = true, ctx
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.running = nil
		l.mu.Unlock()
	}()
	for {
		changed := l.parts.Journal.Changed()
		l.advance(Told{Book: l.book()})
		fired, stop := l.alarm()
		select {
		case <-ctx.Done():
		case <-changed:
		case <-fired:
		case <-l.bell:
		}
		stop()
		if err := l.stopped(); err != nil || ctx.Err() != nil {
			return err
		}
	}
}

func (l *Link) stopped() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}

// alarm fires when the machine wants to be told again.
func (l *Link) alarm() (fired <-chan time.Time, stop func()) {
	l.mu.Lock()
	now := l.parts.Env.Clock.Mono()
	at, ok := l.talk.Wake(now)
	l.mu.Unlock()
	if !ok {
		return nil, func() {}
	}
	return l.parts.Env.Clock.After(at - now)
}

// book looks at the book. The head is the durable one: a book whose disk has failed knows
// more than the disk holds, and that must not be shown.
func (l *Link) book() Book {
	head := l.parts.Journal.Head()
	v := l.parts.Ledger.View()
	b := Book{Head: head.Position, HQ: v.HQ, Applied: v.Commands, RefVersion: l.parts.Catalogue.RefAsked(),
		Rebuilding: v.Rebuilding, Attested: v.Attested, Facts: l.parts.Facts != nil && l.parts.Facts()}
	if l.parts.Directory != nil {
		b.Sites = max(l.parts.Directory.Sites().Version, wire.SitesNone)
	}
	if l.parts.Clientele != nil {
		b.Customers = l.parts.Clientele.CustomersVersion() + 1
	}
	if l.parts.House != nil {
		b.Company = max(l.parts.House.Company().Version, wire.CompanyNone)
		people := l.parts.House.People()
		b.People, b.Remembers = max(people.Version, wire.PeopleNone), people.Heard(v.HQ.Counter)
	}
	return b
}

// step puts an input to the machine, and has Run look anew at when to wake.
func (l *Link) step(in Input) {
	l.advance(in)
	select {
	case l.bell <- struct{}{}:
	default: // it has been rung already
	}
}

// advance puts an input to the machine and begins what it wants done. An answer of head office
// is judged by the book as it is now: frames may have been read, and sent, that are newer than
// what the machine was told last, and a book that head office is ahead of has gone back in time.
func (l *Link) advance(in Input) {
	var now Book
	_, answer := in.(Answered)
	if answer {
		now = l.book()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running == nil || l.running.Err() != nil {
		return
	}
	if answer {
		for _, out := range l.talk.Step(l.parts.Env.Clock.Mono(), Told{Book: now}) {
			l.begin(out)
		}
	}
	for _, out := range l.talk.Step(l.parts.Env.Clock.Mono(), in) {
		l.begin(out)
	}
	l.publish()
}

// begin starts one output. mu is held, so nothing here waits.
func (l *Link) begin(out Output) {
	ctx := l.running
	switch out := out.(type) {
	case Send:
		ctx, cancel := context.WithTimeout(ctx, out.Limit)
		l.cancels[out.ID] = cancel
		l.work.Go(func() { l.send(ctx, out) })
	case Cancel:
		if cancel, ok := l.cancels[out.ID]; ok {
			cancel()
		}
	case ReadFrames:
		l.work.Go(func() {
			before, frames, err := l.parts.Journal.Frames(out.After, out.MaxBytes)
			l.step(FramesRead{ID: out.ID, Book: l.book(), Before: before, Frames: frames, Err: err})
		})
	case Do:
		l.work.Go(func() { l.do(ctx, out) })
	case Store:
		l.work.Go(func() {
			err := l.parts.Catalogue.PutItems(out.Items, out.Version)
			if err == nil && out.Sites.Version != 0 && l.parts.Directory != nil {
				err = l.parts.Directory.PutSites(out.Sites)
			}
			if err == nil && out.CustomersUpTo != 0 && l.parts.Clientele != nil {
				err = l.parts.Clientele.PutCustomers(out.Customers, out.CustomersUpTo)
			}
			if err == nil && out.Company.Version != 0 && l.parts.House != nil {
				err = l.parts.House.PutCompany(out.Company)
			}
			if err == nil && out.People.Version != 0 && l.parts.House != nil {
				err = l.parts.House.HearPeople(out.People)
			}
			l.noteFatal(err)
			l.tell(ctx, out, err)
			l.step(Done{ID: out.ID, Book: l.book(), Err: err})
		})
	case Calls:
		for _, call := range out.Calls {
			l.answer(ctx, call)
		}
	case Refused:
		attrs := []slog.Attr{slog.String(keyVerdict, out.Verdict.String()), slog.String(keyWhy, out.Why)}
		if out.Verdict == wire.VerdictStranger && l.talk.book.Head.Seq == 0 {
			attrs = append(attrs, slog.String("hint", "a new node in place of a dead one is started with --replace; where it was, this passes"))
		}
		l.parts.Log.LogAttrs(ctx, slog.LevelError, "head office refuses this site", attrs...)
		if out.Verdict.Quarantines() {
			l.work.Go(func() {
				l.parts.Ledger.Quarantine(fmt.Sprintf("head office says %s: %s", out.Verdict, out.Why))
				l.mu.Lock()
				defer l.mu.Unlock()
				l.judge()
			})
		} else {
			l.judge()
		}
	}
}

// progress is how far a catalogue of several pages has come in.
type progress struct {
	items int
	told  time.Duration // when it was last told of
}

// progressEach is how often a long catalogue's coming in is told of.
const progressEach = time.Second

// tell notes in the log how a catalogue of several pages comes in, and that it has. A lone page is
// the day's changes and of interest to nobody. Stores come one at a time.
func (l *Link) tell(ctx context.Context, out Store, err error) {
	now := l.parts.Env.Clock.Mono()
	l.mu.Lock()
	p := l.items
	switch {
	case err != nil || p.items == 0 && !out.More:
		l.mu.Unlock()
		return
	case p.items == 0:
		p.told = now
	}
	p.items += len(out.Items)
	due := !out.More || now-p.told >= progressEach
	if due {
		p.told = now
	}
	if l.items = p; !out.More {
		l.items = progress{}
	}
	l.mu.Unlock()
	if !due {
		return
	}
	what := "catalogue coming in"
	if !out.More {
		what = "catalogue stored"
	}
	l.parts.Log.LogAttrs(ctx, slog.LevelInfo, what, slog.Int(keyItems, p.items), slog.Uint64(keyVersion, out.Version))
}

func (l *Link) do(ctx context.Context, out Do) {
	if r, ok := out.Request.(*ledger.Attest); ok && l.parts.Moved != nil {
		moved, err := l.parts.Moved()
		if err != nil {
			l.step(Done{ID: out.ID, Book: l.book(), Err: err})
			return
		}
		r.Moved = moved
	}
	outcome, err := l.parts.Ledger.Do(ctx, out.Request)
	l.noteFatal(err)
	if err == nil {
		err = outcome.Err
	}
	l.step(Done{ID: out.ID, Book: l.book(), Err: err})
}

// noteFatal ends Run where the book takes nothing any more: whoever runs us reopens it.
func (l *Link) noteFatal(err error) {
	if !errors.Is(err, ledger.ErrClosed) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fatal == nil {
		l.fatal = fmt.Errorf("link of %s: %w", l.cfg.Site, err)
	}
}

// send carries one exchange of the machine's lanes.
func (l *Link) send(ctx context.Context, out Send) {
	var path string
	var reply wire.Message
	switch m := out.Msg.(type) {
	case *wire.Hello:
		// An ask may have shown a newer head since this hello was made: it must not look older.
		m.Head = l.parts.Journal.Head().Position
		m.WallMS, m.HeardMS = l.parts.Env.Clock.Wall().UnixMilli(), l.heard()
		path, reply = wire.PathHello, &wire.Welcome{}
	case *wire.Push:
		path, reply = wire.PathPush, &wire.PushReply{}
	case *wire.Pull:
		m.HeardMS = l.heard()
		path, reply = wire.PathPull, &wire.PullReply{}
	}
	err := l.exchange(ctx, out.Lane, out.Server+path, out.Msg, reply)
	if err != nil {
		l.drop(ctx)
	}
	l.mu.Lock()
	l.cancels[out.ID]()
	delete(l.cancels, out.ID)
	l.mu.Unlock()
	if err != nil {
		l.step(Failed{ID: out.ID, Err: err})
		return
	}
	l.measureSkew(reply)
	l.step(Answered{ID: out.ID, Msg: reply})
}

// heard is what head office's clock said in its last answer.
func (l *Link) heard() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heardMS
}

// measureSkew keeps what head office's clock says, which proves to it that this process has had the
// answer, and how far it is ahead of ours. That is for people: nothing is decided by it.
func (l *Link) measureSkew(reply wire.Message) {
	var theirs int64
	switch m := reply.(type) {
	case *wire.Welcome:
		theirs = m.WallMS
	case *wire.PullReply:
		theirs = m.WallMS
	}
	if theirs == 0 {
		return
	}
	ours := l.parts.Env.Clock.Wall().UnixMilli()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.skewMS, l.heardMS = theirs-ours, max(l.heardMS, theirs)
}
