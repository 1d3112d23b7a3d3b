package siege

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Config is what may be asked of a siege.
type Config struct {
	Dir         string        // where the town lives; it must be there
	Profiles    string        // folder for profiles of the node's and head office's processor time; "": none
	For         time.Duration // how long is measured without attack, and at least as long with it
	Connections int           // idle and slow ones, all the while
	Browser     string        // a Chromium that looks at a page of somebody else's; "": none does
	Out         io.Writer     // the story
}

// A Result is what came of a siege. Orders are those of the tills that were told that they were taken.
type Result struct {
	Orders      int      `json:"orders"`
	PerSecond   float64  `json:"orders_per_s" jsonschema:"unattacked: before and afterwards"`
	P99us       int64    `json:"p99_us"`
	Crowded     float64  `json:"crowded_orders_per_s" jsonschema:"beside the connections alone"`
	CrowdedKept float64  `json:"crowded_kept" jsonschema:"of the orders a second, beside the connections alone"`
	UnderSiege  float64  `json:"attacked_orders_per_s"`
	UnderP99us  int64    `json:"attacked_p99_us"`
	Kept        float64  `json:"kept" jsonschema:"of the orders a second, while attacked"`
	Phases      []*Phase `json:"phases" jsonschema:"alone; arriving, while the connections come; crowded, beside them; attacked, in all other ways, too; afterwards"`
	Lost        int      `json:"lost"`
	Duplicated  int      `json:"duplicated"`
	Attacks     int      `json:"attacks"`
	Refused     int      `json:"attacks_refused"`
	Connections int64    `json:"connections_opened"`
	Peak        int64    `json:"connections_at_once" jsonschema:"that the attacker held, here and in the system's queues"`
	Logged      int      `json:"refusals_logged"`
	Memory      int64    `json:"node_rss_bytes"`
	Audit       string   `json:"audit"`
	Faults      []string `json:"faults"`
}

// Holds says whether the town stood.
func (r *Result) Holds() bool {
	return len(r.Faults) == 0 && r.Lost == 0 && r.Duplicated == 0 && r.Orders > 0 && r.UnderSiege > 0 && r.Refused == r.Attacks && r.Audit == "ok"
}

// Run plays a siege. Its error is one of the stage, not of the town: what the town does wrong stands in the result.
func Run(ctx context.Context, cfg Config) (r *Result, err error) {
	t := &town{dir: cfg.Dir, profiles: cfg.Profiles}
	defer func() {
		if t.shop != nil || t.office != nil {
			err = errors.Join(err, t.close())
		}
	}()
	if err := t.open(ctx); err != nil {
		return nil, fmt.Errorf("open the town: %w", err)
	}
	fmt.Fprintf(cfg.Out, "head office and leeds are open, %d people have signed in at tills\n", tills)
	r = &Result{Faults: []string{}}
	if err := guessing(ctx, t); err != nil {
		r.fault("guessing a PIN over restarts: %v", err)
	}
	selling, close := context.WithCancel(ctx)
	defer close()
	sales, selled := t.sell(selling)
	alone, err := t.phase(ctx, phaseAlone, cfg.For, false, sales, cfg.Out)
	if err != nil {
		return nil, err
	}
	r.Phases = append(r.Phases, &alone)
	if err := t.attacked(ctx, cfg, sales, r); err != nil {
		return nil, err
	}
	if err := world.Rest(ctx, settleWait); err != nil {
		return nil, err
	}
	after, err := t.phase(ctx, phaseAfter, cfg.For, false, sales, cfg.Out)
	if err != nil {
		return nil, err
	}
	r.Phases = append(r.Phases, &after)
	r.compare(alone, after, cfg.Out)
	close()
	selled.Wait()
	return r, t.settle(ctx, cfg, sales, r)
}

// settleWait is how long what was attacked is left alone before it is measured again.
const settleWait = time.Second

// compare says what was kept: of what was sold before and afterwards, for the machine may have had other work meanwhile.
func (r *Result) compare(alone, after Phase, out io.Writer) {
	r.PerSecond, r.P99us = (alone.PerSecond+after.PerSecond)/2, max(alone.P99us, after.P99us)
	for _, p := range r.Phases {
		if r.PerSecond > 0 {
			p.Kept = p.PerSecond / r.PerSecond
		}
		switch p.What {
		case phaseCrowded:
			r.Crowded, r.CrowdedKept = p.PerSecond, p.Kept
		case phaseAttacked:
			r.UnderSiege, r.UnderP99us, r.Kept = p.PerSecond, p.P99us, p.Kept
		}
		fmt.Fprintf(out, "%s: kept %.0f %% of %.0f orders a second; an order took the node %d us of processor time; who attacks by connections took %.2f cores of this same machine, the tills and the other attacks %.2f\n",
			p.What, 100*p.Kept, r.PerSecond, p.NodeEach, p.Attacker, p.Tills)
	}
}

func (r *Result) fault(format string, args ...any) {
	r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
}

// attacked makes every attack while connections pour in, and measures what is sold meanwhile.
func (t *town) attacked(ctx context.Context, cfg Config, sales *sales, r *Result) (err error) {
	if t.flood, err = startFlood(ctx, map[string]int{t.address(t.shop.URL): cfg.Connections * 3 / 4, t.address(t.office.URL): cfg.Connections / 4}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.hushed()) }()
	coming, err := t.mark(sales)
	if err != nil {
		return err
	}
	if err := t.filled(ctx, cfg.Connections/4*4); err != nil {
		return err
	}
	arriving, err := t.since(coming, phaseArriving, sales, nil, cfg.Out)
	if err != nil {
		return err
	}
	r.Phases = append(r.Phases, &arriving)
	crowded, err := t.phase(ctx, phaseCrowded, cfg.For, true, sales, cfg.Out)
	if err != nil {
		return err
	}
	r.Phases = append(r.Phases, &crowded)
	from, err := t.mark(sales)
	if err != nil {
		return err
	}
	if err := t.try(ctx, attacks(), cfg.Out, r); err != nil {
		return err
	}
	if err := world.Rest(ctx, max(cfg.For-time.Since(from.at), 0)); err != nil {
		return err
	}
	under, err := t.since(from, phaseAttacked, sales, nil, cfg.Out)
	if err != nil {
		return err
	}
	poured, err := t.flood.now()
	r.Phases, r.Connections, r.Peak, r.Memory = append(r.Phases, &under), poured.Opened, poured.Peak, host.MemoryOf(t.shop.Pid()).RSS
	fmt.Fprintf(cfg.Out, "%d connections opened, %d at once; the node has %d MiB\n", r.Connections, r.Peak, r.Memory>>20)
	if err != nil {
		return err
	}
	return t.try(ctx, browserAttacks(cfg.Browser), cfg.Out, r) // by itself: a browser takes the cores that an attacker elsewhere would not
}

// try makes attacks, one after the other. Its error is one of the stage.
func (t *town) try(ctx context.Context, all []attack, out io.Writer, r *Result) error {
	for _, a := range all {
		r.Attacks++
		at := time.Now()
		err := a.try(ctx, t)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.fault("%s: %v", a.what, err)
			fmt.Fprintf(out, "  not refused: %s: %v\n", a.what, err)
			continue
		}
		r.Refused++
		fmt.Fprintf(out, "  refused: %s (%.1f s)\n", a.what, time.Since(at).Seconds())
	}
	return nil
}

// filled waits until each of the connections has been opened once.
func (t *town) filled(ctx context.Context, connections int) error {
	return bench.Until(ctx, readyWait, func() (bool, error) {
		p, err := t.flood.now()
		return p.Opened+p.Refused >= int64(connections), err
	})
}

// hushed ends the connections that say nothing.
func (t *town) hushed() error {
	if t.flood == nil {
		return nil
	}
	err := t.flood.Stop()
	t.flood = nil
	return err
}

// settle looks for what was told in the book, for the secrets in all that was said, and at the logs; then it closes the
// town and has its books audited.
func (t *town) settle(ctx context.Context, cfg Config, sales *sales, r *Result) error {
	r.Faults = append(r.Faults, sales.faults...)
	r.Orders = len(sales.orders)
	book, err := t.told(ctx)
	if err != nil {
		return fmt.Errorf("list the orders: %w", err)
	}
	r.Lost, r.Duplicated = sales.lost(book)
	if err := t.listen(ctx); err != nil {
		return err
	}
	err = t.close()
	t.shop, t.office = nil, nil
	if err != nil {
		return err
	}
	t.secretsKept(r)
	t.loggedOnce(r)
	r.Audit = "ok"
	for _, dir := range []string{t.shopDir(), t.officeDir()} {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		if out, err := exec.CommandContext(ctx, self, "audit", dir).CombinedOutput(); err != nil {
			r.Audit = "failed"
			r.fault("audit of %s: %v: %s", dir, err, out)
		}
	}
	fmt.Fprintf(cfg.Out, "%d orders told, %d lost, %d doubled; %d of %d attacks refused, %d lines about them in the logs; audit: %s\n",
		r.Orders, r.Lost, r.Duplicated, r.Refused, r.Attacks, r.Logged, r.Audit)
	return nil
}

// guessing guesses a PIN at a till, with the node killed and started again in between.
func guessing(ctx context.Context, t *town) error {
	guess := func(secret string) (said, error) {
		return t.ask(ctx, t.http, http.MethodPost, t.shop.URL+"/v1/sign-in", t.devices[0], encode(contract.SignInRequest{User: "victor", PIN: secret}))
	}
	looked := 0
	for i := range 8 {
		got, err := guess(fmt.Sprintf("5501%02d", i))
		if err != nil {
			return err
		}
		if got.status == http.StatusUnauthorized {
			looked++
		}
		if i == 3 || i == 6 {
			if err := t.restartShop(ctx); err != nil {
				return err
			}
		}
	}
	got, err := guess(t.secrets["a PIN that is guessed"])
	if err != nil {
		return err
	}
	if err := got.want("the right PIN after many wrong ones", http.StatusTooManyRequests); err != nil || looked > 6 {
		return fmt.Errorf("%d of 8 looked at; %w", looked, err)
	}
	for i := range t.devices { // a restart signs everybody out
		var in contract.SignedIn
		at := &client.Client{URLs: t.leeds.URLs, Token: t.devices[i], HTTP: t.http}
		if _, err := at.Do(ctx, http.MethodPost, "/v1/sign-in", "", contract.SignInRequest{User: fmt.Sprintf("ann-%d", i), PIN: pin}, &in); err != nil {
			return fmt.Errorf("sign in again: %w", err)
		}
		t.signedIn[i] = t.secret(fmt.Sprintf("a later sign-in at till %d", i), in.Token)
	}
	return nil
}

// listen keeps what the servers tell of themselves, and of what was written.
func (t *town) listen(ctx context.Context) error {
	for _, cl := range []*client.Client{t.leeds, t.hq} {
		for _, path := range []string{"/metrics", "/v1/status", "/openapi.json", "/v1/users", "/v1/items?limit=1000", "/v1/webhooks", "/v1/sites", "/v1/join-tokens", "/v1/policy/history", "/v1/entries?limit=1000"} {
			a, err := cl.Do(ctx, http.MethodGet, path, "", nil, nil)
			if _, refused := errors.AsType[*client.Refusal](err); err != nil && !refused {
				return fmt.Errorf("read %s: %w", path, err)
			}
			if a != nil {
				t.hears(a.Body)
			}
		}
	}
	return nil
}

// secretsKept looks for every secret in what was answered and logged.
func (t *town) secretsKept(r *Result) {
	said := map[string]string{"answers, metrics and journal": t.heard.String()}
	for who, l := range t.logs {
		said["the log of "+who] = l.text()
	}
	for what, secret := range t.secrets {
		for where, text := range said {
			if strings.Contains(text, secret) {
				r.fault("%s stands in %s", what, where)
			}
		}
	}
}

// loggedOnce counts the refusals that were logged: one an hour of an address and a reason, so none twice here.
func (t *town) loggedOnce(r *Result) {
	for who, l := range t.logs {
		seen := map[string]int{}
		lines := bufio.NewScanner(strings.NewReader(l.text()))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			at := strings.Index(lines.Text(), ` refused`)
			if at < 0 || !strings.Contains(lines.Text(), `"level":"WARN"`) || !strings.Contains(lines.Text(), `"host"`) {
				continue
			}
			r.Logged++
			line := lines.Text()[at:]
			if seen[line]++; seen[line] > 1 && who != "leeds" || seen[line] > 3 { // the node was started three times
				r.fault("the log of %s says %d times %s", who, seen[line], line)
			}
		}
	}
	if r.Logged == 0 {
		r.fault("got no refusal in any log")
	}
}
