package main

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
)

// benchOfficeDone is what a bench of head office ends with. The first figures are those of the orders of
// Lines lines; rates and times are medians of the repetitions.
type benchOfficeDone struct {
	Ops          uint64     `json:"ops"`
	OpsPerSecond int64      `json:"ops_per_s"`
	P50          int64      `json:"p50_us"`
	P99          int64      `json:"p99_us"`
	P999         int64      `json:"p999_us"`
	Clients      int        `json:"clients"`
	Limit        benchLimit `json:"limit"`

	Lines  int               `json:"lines"`
	Most   int               `json:"lines_most"`
	SKUs   int               `json:"skus"`
	Sites  int               `json:"sites"`
	Fill   int               `json:"fill_percent"`
	Loads  []benchOfficeLoad `json:"loads"`
	Leader benchMemory       `json:"leader"`

	Answered uint64 `json:"answered"` // orders, with warm-up and what came in after the end
	Repeated uint64 `json:"repeated"`
	InBooks  uint64 `json:"in_books"`
	Audit    string `json:"audit"`
}

// benchOfficeLoad is one kind of load.
type benchOfficeLoad struct {
	Name         string     `json:"name"`
	About        string     `json:"about"`
	Clients      int        `json:"clients"`
	OpsPerSecond int64      `json:"ops_per_s"`
	P50          int64      `json:"p50_us"`
	P99          int64      `json:"p99_us"`
	P999         int64      `json:"p999_us"`
	CPU          int64      `json:"cpu_us"`           // of a request, of all processes but the load
	CPUGenerator int64      `json:"generator_cpu_us"` // of a request
	Runs         []benchRun `json:"runs"`
}

// settle works the medians out.
func (d *benchOfficeDone) settle(loads []*officeLoad, p *benchProbe) {
	d.Limit = p.median()
	for _, l := range loads {
		of := func(f func(*benchRun) int64) int64 { return medianOf(l.runs, f) }
		row := benchOfficeLoad{Name: l.name, About: l.about, Clients: l.count, Runs: l.runs,
			OpsPerSecond: of(func(r *benchRun) int64 { return r.OpsPerSecond }),
			P50:          of(func(r *benchRun) int64 { return r.P50 }), P99: of(func(r *benchRun) int64 { return r.P99 }), P999: of(func(r *benchRun) int64 { return r.P999 }),
			CPU: of(func(r *benchRun) int64 { return r.CPU }), CPUGenerator: of(func(r *benchRun) int64 { return r.CPUGenerator })}
		d.Loads = append(d.Loads, row)
		if l.name == "orders" {
			d.OpsPerSecond, d.P50, d.P99, d.P999 = row.OpsPerSecond, row.P50, row.P99, row.P999
			for i := range l.runs {
				d.Ops += l.runs[i].Ops
			}
		}
		if l.orders != nil {
			d.Answered += l.till.Answered.Load()
			d.Repeated += l.till.Repeated.Load()
		}
	}
}

// load gives the figures of one kind of load.
func (d *benchOfficeDone) load(name string) (l benchOfficeLoad) {
	for i := range d.Loads {
		if d.Loads[i].Name == name {
			l = d.Loads[i]
		}
	}
	return l
}

// count audits every book and holds what the warehouses have reserved against what clients were answered.
func (b *officeBench) count() error {
	promised := map[ledger.UUID]int64{} // units that the answer promised and no book has reserved yet
	for _, l := range b.loads {
		if l.orders == nil {
			continue
		}
		l.till.Orders(func(id ledger.UUID, lines []bench.Line) {
			for i := range lines {
				promised[id] += lines[i].Qty
			}
		})
	}
	if uint64(len(promised)) != b.done.Answered {
		return fmt.Errorf("%d orders were answered under %d ids", b.done.Answered, len(promised))
	}
	shown := bar(b.h.stderr, "books audited", int64(len(b.company.Sites())))
	defer shown.Finish() // a bar that cannot be drawn changes nothing
	for _, s := range b.company.Sites() {
		if _, err := ledger.AuditBook(world.New(), s.Dir, nil); err != nil {
			return withHint(err, "give --dir DIR to keep the books")
		}
		if err := reservedIn(s.Dir, promised); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		shown.Add(1)
	}
	short := 0
	for _, q := range promised {
		if q != 0 {
			short++
		}
	}
	if short > 0 {
		return fmt.Errorf("of %d orders that were answered, %d are not reserved as promised", b.done.Answered, short)
	}
	b.done.InBooks, b.done.Audit = uint64(len(promised)), "ok"
	return nil
}

// reservedIn takes what a book has reserved for head office off what was promised.
func reservedIn(dir string, promised map[ledger.UUID]int64) error {
	return ledger.WalkBook(world.New(), dir, func(e *ledger.Entry, _ ledger.Hash) error {
		body, ok := e.Body.(*ledger.ObeyedBody)
		if !ok || body.Command.Kind != ledger.CommandReserve || body.Repeat {
			return nil
		}
		if body.Refused != "" {
			return fmt.Errorf("entry %d refuses what head office promised: %s", e.Seq, body.Refused)
		}
		id, ok := ledger.ParseUUID(body.Command.Order)
		if _, told := promised[id]; !ok || !told {
			return fmt.Errorf("entry %d reserves for order %s, which nobody was answered", e.Seq, body.Command.Order)
		}
		for _, l := range body.Command.Lines {
			promised[id] -= int64(l.Qty)
		}
		return nil
	})
}

// words tells people.
func (d *benchOfficeDone) words() string {
	out := fmt.Sprintf("three servers, %d warehouses (cut off) with %d %% of %d articles each; medians\n\n", d.Sites, d.Fill, d.SKUs)
	out += fmt.Sprintf("%-40s%10s%12s%12s%12s\n", "", "a second", "p50", "p99", "p99.9")
	for i := range d.Loads {
		l := &d.Loads[i]
		out += fmt.Sprintf("%-40s%10d%12s%12s%12s\n", fmt.Sprintf("%s (%d clients)", l.About, l.Clients), l.OpsPerSecond, ms(l.P50), ms(l.P99), ms(l.P999))
	}
	out += d.Limit.words() + "\n"
	for i := range d.Loads {
		l := &d.Loads[i]
		out += fmt.Sprintf("a request of %s takes %d us of the company's processor time and %d us of the load's\n", l.About, l.CPU, l.CPUGenerator)
	}
	out += fmt.Sprintf("the leader is resident in %d MB at most\n", d.Leader.RSS>>20)
	return out + fmt.Sprintf("%d orders answered, %d requests sent again; %d reserved in the sites' books as promised; audit: %s\n",
		d.Answered, d.Repeated, d.InBooks, d.Audit)
}
