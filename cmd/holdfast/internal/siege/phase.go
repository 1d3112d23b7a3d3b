package siege

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
)

// A Phase is a part of a siege that is measured by itself: what was sold, and whose processor time that and the attack were. Cores are
// seconds of processor time a second, user and system, as the system counts them for each process; 0 where it does not.
type Phase struct {
	What        string  `json:"what"`
	Seconds     float64 `json:"seconds"`
	PerSecond   float64 `json:"orders_per_s"`
	Kept        float64 `json:"kept" jsonschema:"of the orders a second alone and afterwards"`
	P99us       int64   `json:"p99_us"`
	Node        float64 `json:"node_cores"`
	NodeEach    int64   `json:"node_us_per_order" jsonschema:"processor time of the node for each order, whatever else it did among that"`
	Office      float64 `json:"office_cores"`
	Attacker    float64 `json:"attacker_cores" jsonschema:"of the process whose connections say nothing: an attacker elsewhere would not take it"`
	Tills       float64 `json:"tills_cores" jsonschema:"of the tills, and of the other attacks"`
	Others      float64 `json:"others_cores" jsonschema:"of whatever else the machine does: a siege on a busy machine says little of orders a second"`
	Connections float64 `json:"connections_per_s" jsonschema:"that were opened and say nothing"`
	Shaken      float64 `json:"handshakes_per_s" jsonschema:"of these"`
	Refused     float64 `json:"refused_per_s" jsonschema:"of these: turned away before anything else"`
	Elsewhere   Came    `json:"newcomers" jsonschema:"tills that come with a connection of their own, from where no attacker is"`
	Beside      Came    `json:"newcomers_beside" jsonschema:"tills that do so from an attacker's address, as behind one router"`
}

// Came says how tills fared that came anew.
type Came struct {
	All       int           `json:"tills"`
	FirstTry  int           `json:"at_once" jsonschema:"of these: let in at the first try"`
	LongestMS int64         `json:"longest_ms"`
	longest   time.Duration // of which LongestMS is the whole
}

func (c *Came) String() string {
	return fmt.Sprintf("%d of %d tills at the first try, the last of them after %d ms", c.FirstTry, c.All, c.LongestMS)
}

// What is measured by itself.
const (
	phaseAlone    = "alone"
	phaseArriving = "arriving"
	phaseCrowded  = "crowded"
	phaseAttacked = "attacked"
	phaseAfter    = "afterwards"
)

// a mark is where a phase began.
type mark struct {
	at                              time.Time
	orders                          int
	node, office, flood, here, busy time.Duration // processor time
	poured                          Poured
}

func (t *town) mark(sales *sales) (m mark, err error) {
	m = mark{at: time.Now(), orders: sales.mark(), node: host.CPUOf(t.shop.Pid()), office: host.CPUOf(t.office.Pid()), here: host.CPUOf(os.Getpid()), busy: host.BusyCPU()}
	if t.flood != nil {
		m.flood = host.CPUOf(t.flood.Pid())
		m.poured, err = t.flood.now()
	}
	return m, err
}

// since says what was since a mark, and prints it.
func (t *town) since(from mark, what string, sales *sales, came *newcomers, out io.Writer) (p Phase, err error) {
	now, err := t.mark(sales)
	if err != nil {
		return p, err
	}
	n, p99 := sales.since(from.orders)
	seconds := now.at.Sub(from.at).Seconds()
	each := func(d time.Duration) float64 { return d.Seconds() / seconds }
	p = Phase{What: what, Seconds: seconds, PerSecond: float64(n) / seconds, P99us: p99.Microseconds(),
		Node: each(now.node - from.node), Office: each(now.office - from.office), Attacker: each(now.flood - from.flood), Tills: each(now.here - from.here),
		Connections: float64(now.poured.Opened-from.poured.Opened) / seconds, Shaken: float64(now.poured.Shaken-from.poured.Shaken) / seconds,
		Refused: float64(now.poured.Refused-from.poured.Refused) / seconds}
	p.Others = max(each(now.busy-from.busy)-p.Node-p.Office-p.Attacker-p.Tills, 0)
	if n > 0 {
		p.NodeEach = (now.node - from.node).Microseconds() / int64(n)
	}
	fmt.Fprintf(out, "%s: %.0f orders a second, 99 of 100 within %v; cores: node %.2f, head office %.2f, tills %.2f, whatever else this machine does %.2f", what, p.PerSecond, p99.Round(10*time.Microsecond), p.Node, p.Office, p.Tills, p.Others)
	if t.flood != nil {
		fmt.Fprintf(out, ", who attacks by connections %.2f (%.0f a second, %.0f refused, %.0f shook hands)", p.Attacker, p.Connections, p.Refused, p.Shaken)
	}
	if came != nil {
		p.Elsewhere, p.Beside = came[0], came[1]
		fmt.Fprintf(out, "; anew came %v; from an attacker's address %v", &p.Elsewhere, &p.Beside)
	}
	fmt.Fprintln(out)
	return p, nil
}

// newcomers are tills that come with a connection of their own while strangers take all that they get: from elsewhere, and from an
// address that an attacker has.
type newcomers [2]Came

const (
	comeEach  = 200 * time.Millisecond
	comeAgain = 50 * time.Millisecond // as a program does that was hung up on
)

// come has one till after the other come until ctx ends. One that is not let in within callWait is an error.
func (t *town) come(ctx context.Context) (n *newcomers, err error) {
	n = &newcomers{}
	for i := 0; world.Rest(ctx, comeEach) == nil; i++ {
		cl := as(nil)
		c := &n[i%len(n)]
		if c == &n[1] {
			cl.Transport.(*http.Transport).DialContext = (&net.Dialer{Timeout: callWait, LocalAddr: floodFrom(i)}).DialContext
		}
		began, tries := time.Now(), 0
		for {
			tries++
			got, err := t.ask(context.WithoutCancel(ctx), cl, http.MethodGet, t.shop.URL+"/v1/items/"+sku, t.signedIn[0], nil)
			if err == nil && got.status == http.StatusOK {
				break
			}
			if err == nil {
				err = fmt.Errorf("answered %d", got.status)
			}
			if time.Since(began) > callWait {
				return n, fmt.Errorf("a till that comes anew: not let in within %v: %w", callWait, err)
			}
			_ = world.Rest(context.WithoutCancel(ctx), comeAgain)
		}
		cl.CloseIdleConnections()
		if c.All++; tries == 1 {
			c.FirstTry++
		}
		c.longest = max(c.longest, time.Since(began))
		c.LongestMS = c.longest.Milliseconds()
	}
	return n, nil
}

// phase measures for a while. coming: tills come anew meanwhile.
func (t *town) phase(ctx context.Context, what string, d time.Duration, coming bool, sales *sales, out io.Writer) (p Phase, err error) {
	from, err := t.mark(sales)
	if err != nil {
		return p, err
	}
	var came *newcomers
	if coming {
		in, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		if came, err = t.come(in); err != nil {
			return p, err
		}
	} else if err := world.Rest(ctx, d); err != nil {
		return p, err
	}
	if ctx.Err() != nil {
		return p, ctx.Err()
	}
	return t.since(from, what, sales, came, out)
}
