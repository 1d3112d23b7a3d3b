package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// Config is what an operator may set of a link. A zero time takes its default.
type Config struct {
	Site    ledger.SiteID // required
	Servers []string      // base URLs of head office's servers, 1 to 16
	Token   string        // the site's join token; required where the line goes in the clear

	AskWait     time.Duration // how long an ask may take unless its caller says less; default 300 ms
	ForwardWait time.Duration // how long a forward may take; default 5 s
	RetryMin    time.Duration // the first wait after a failure, about; default 100 ms
	RetryMax    time.Duration // the longest; default 10 s
	RefusedWait time.Duration // after a refusal; default 1 min
	HelloLimit  time.Duration // default 3 s
	PushLimit   time.Duration // default 10 s
	PullWait    time.Duration // how long head office may hold a pull; default 5 s: what a page calls the last contact
	PullSlack   time.Duration // how much longer a pull may take; default 5 s
	DialLimit   time.Duration // default 2 s

	PushesMax int // pushes of up to 512 KiB on their way at once, while there is a backlog; default 4, at most 16

	// While the site sells, a backlog goes up one push at a time, with rests, so that it does not
	// take the machine from the sale.
	PushRest    int           // how many times as long as its push took a rest lasts; default 5, at most 100
	PushRestMax time.Duration // no rest is longer; default 2 s
	PushQuiet   time.Duration // a site that decides nothing for so long does not sell, and rests end; default 250 ms
}

const (
	serversMax    = 16
	pushesMost    = 16
	pushesDefault = 4
	restMost      = 100
	restDefault   = 5
)

func (c *Config) fill() {
	for _, d := range []struct {
		at    *time.Duration
		value time.Duration
	}{
		{&c.AskWait, 300 * time.Millisecond}, {&c.ForwardWait, 5 * time.Second},
		{&c.RetryMin, 100 * time.Millisecond}, {&c.RetryMax, 10 * time.Second}, {&c.RefusedWait, time.Minute},
		{&c.HelloLimit, 3 * time.Second}, {&c.PushLimit, 10 * time.Second},
		{&c.PushRestMax, 2 * time.Second}, {&c.PushQuiet, 250 * time.Millisecond},
		{&c.PullWait, 5 * time.Second}, {&c.PullSlack, 5 * time.Second}, {&c.DialLimit, 2 * time.Second},
	} {
		if *d.at == 0 {
			*d.at = d.value
		}
	}
	if c.PushesMax == 0 {
		c.PushesMax = pushesDefault
	}
	if c.PushRest == 0 {
		c.PushRest = restDefault
	}
}

// Validate reports everything that is wrong, in one go.
func (c *Config) Validate() error {
	var errs []error
	if _, err := ledger.ParseSite(string(c.Site)); err != nil {
		errs = append(errs, err)
	}
	if len(c.Servers) == 0 || len(c.Servers) > serversMax {
		errs = append(errs, &ledger.FormError{Field: "servers", Why: fmt.Sprintf("has %d; it takes 1 to %d", len(c.Servers), serversMax)})
	}
	for _, s := range c.Servers {
		if u, err := url.Parse(s); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			errs = append(errs, &ledger.FormError{Field: "servers", Why: fmt.Sprintf("has %q, which is no http or https address", s)})
		}
	}
	for _, d := range []time.Duration{c.AskWait, c.ForwardWait, c.RetryMin, c.RetryMax, c.RefusedWait, c.HelloLimit, c.PushLimit, c.PushRestMax, c.PushQuiet, c.PullWait, c.PullSlack, c.DialLimit} {
		if d < 0 {
			errs = append(errs, &ledger.FormError{Field: "wait", Why: "is below zero"})
			break
		}
	}
	if c.PushesMax < 0 || c.PushesMax > pushesMost {
		errs = append(errs, &ledger.FormError{Field: "pushes_max", Why: fmt.Sprintf("is %d; it is 1 to %d", c.PushesMax, pushesMost)})
	}
	if c.PushRest < 0 || c.PushRest > restMost {
		errs = append(errs, &ledger.FormError{Field: "push_rest", Why: fmt.Sprintf("is %d; it is 1 to %d", c.PushRest, restMost)})
	}
	if c.RetryMax > 0 && c.RetryMax < c.RetryMin {
		errs = append(errs, &ledger.FormError{Field: "retry_max", Why: "is below retry_min"})
	}
	return errors.Join(errs...)
}

// servers gives the base URLs without a slash at their end.
func (c *Config) servers() []string {
	out := make([]string, len(c.Servers))
	for i, s := range c.Servers {
		out[i] = strings.TrimRight(s, "/")
	}
	return out
}

// Journal is what the link sends. *ledger.Book is one.
type Journal interface {
	// Head is the last position on disk.
	Head() ledger.Head
	// Frames gives whole frames that follow after, at least one if there are any.
	Frames(after ledger.Seq, maxBytes int) (before ledger.Position, frames [][]byte, err error)
	// Changed gives a channel that is closed at the next commit.
	Changed() <-chan struct{}
}

// Ledger carries out what head office commands. *ledger.Book is one.
type Ledger interface {
	// Do returns once the request's entries are on disk.
	Do(ctx context.Context, r ledger.Request) (ledger.Outcome, error)
	View() ledger.Summary
	// Quarantine stops all promises of the book.
	Quarantine(why string)
}

// Catalogue keeps reference data. *ledger.Book is one.
type Catalogue interface {
	// PutItems stores all of items or none; then RefAsked is at least version.
	PutItems(items []ledger.Item, version uint64) error
	RefAsked() uint64
}

// Directory keeps the list of the company's sites. *ledger.Book is one.
type Directory interface {
	PutSites(l ledger.SiteList) error
	Sites() ledger.SiteList
}

// Clientele keeps the company's customers. *ledger.Book is one.
type Clientele interface {
	// PutCustomers stores all of list or none; then CustomersVersion is at least version.
	PutCustomers(list []ledger.CustomerAccount, version uint64) error
	CustomersVersion() uint64
}

// House keeps what holds for the company as a whole, and who may call at this site. *ledger.Book is one.
type House interface {
	PutCompany(c ledger.Company) error
	Company() *ledger.Company
	HearPeople(told ledger.People) error
	People() *ledger.People
}

// Parts are what a link is put together from.
type Parts struct {
	Env       ledger.Env
	NodeKey   [16]byte
	Journal   Journal
	Ledger    Ledger
	Catalogue Catalogue
	Directory Directory // nil: no list of sites is kept
	Clientele Clientele // nil: no customers are kept
	House     House     // nil: nothing of the company is kept

	// Facts says that what the books set aside know is not all recorded yet, and Moved lists what is
	// to be counted after a rebuild, for the attested entry. nil: nothing.
	Facts func() bool
	Moved func() ([]ledger.SKU, error)

	// Answer answers a live question of head office as the site's own API would, within ctx.
	// It is called from several goroutines at once. nil: questions go unanswered.
	Answer func(ctx context.Context, call wire.Call) wire.CallReply

	// TLS secures the connections to head office, with the site's certificate; nil: they go in the clear, on loopback.
	TLS *tls.Config

	Log      *slog.Logger
	Registry prometheus.Registerer // nil: nothing is measured
}

func (p *Parts) check() error {
	if p.Journal == nil || p.Ledger == nil || p.Catalogue == nil || p.Log == nil ||
		p.Env.Clock == nil || p.Env.Random == nil || p.Env.Network == nil || p.Env.Process == nil {
		return errors.New("a part is missing")
	}
	return nil
}
