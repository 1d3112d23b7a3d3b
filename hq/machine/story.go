package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// StoryCommands is what has to be agreed on before steps are kept, and what else came with them changes what Apply does.
const StoryCommands = int(kindUnserved)

// Bounds of stories.
const (
	StepsMax        = 24        // of one order: the first and the newest are kept
	StoryBytesMax   = 16 << 10  // of one order's steps
	StoriesMax      = 10_000    // orders of which more than one step is known, those of which something was heard last
	StoriesBytesMax = 16 << 20  // of all of them
	stepLinesMax    = 8         // lines that a step names
	stepReasonsMax  = 4 << 10   // bytes of why a step was planned so; of a larger plan less is kept
	stepTextMax     = signedMax // bytes of a name or a reason
	signedMax       = 255
)

// StepKind says what happened to an order.
type StepKind uint8

// The kinds of step: only ever appended to.
const (
	StepPlaced   StepKind = 1  // taken, and planned
	StepBorrowed StepKind = 2  // sites were asked to lend for it
	StepServed   StepKind = 3  // what waited was planned
	StepShort    StepKind = 4  // a site did not find some of it
	StepRejected StepKind = 5  // a site will not serve some of it
	StepRefused  StepKind = 6  // a site could not reserve what was planned
	StepLost     StepKind = 7  // what a site had reserved is gone from there
	StepAmended  StepKind = 8  // somebody wants something else
	StepMoved    StepKind = 9  // it is to be served from elsewhere
	StepStayed   StepKind = 10 // a site did not let go of all that was to move
	StepCame     StepKind = 11 // goods came that it was promised
	StepDeclined StepKind = 12 // nobody has what it was taken for without a promise
	StepUnserved StepKind = 13 // nobody can serve what it was promised
	StepCanceled StepKind = 14
	StepSupplier StepKind = 15 // a supplier has said what it does with what it sends itself
)

// A Step is one thing that happened to an order. What it does not speak of is zero.
type Step struct {
	What      StepKind
	At        time.Time // head office's clock; of the first step when the order was taken
	Site      ledger.SiteID
	By        string // who did it, as their door named them
	Why       string // the reason given; of goods that came, the delivery
	Lines     []StepLine
	More      int       // lines beyond those
	Until     time.Time // how long nothing of those SKUs is planned from the site
	Exception uint64
	Version   uint64  // of the order's wish from here on
	Explain   Reasons // why it was planned so
	Thinned   bool    // Explain had more than is kept
	Device    string  // where By did it
	Approver  string  // who approved it
}

// A StepLine is what a step says of one line. Line 0 stands for all lines of a SKU.
type StepLine struct {
	Line      int
	SKU       ledger.SKU
	Site      ledger.SiteID // which lends
	Qty       ledger.Qty    // that is short, is not served, lent, came, is wanted now
	Of        ledger.Qty    // what the line was for; of what was lent, asked for
	Exception uint64        // that asks for a count
}

// A Story is what happened to one order, the first step first. An order of which only one is known has none: its explanation says
// all there is.
type Story struct {
	Order ledger.OrderID
	Rank  uint64 // the oldest is forgotten first
	Left  uint64 // steps left out, behind the first
	Steps int

	packed []byte // the steps, each a string of bytes
}

// Story gives what happened to an order, where that is more than its placing, and was not long ago.
func (m *Machine) Story(id ledger.OrderID) (*Story, bool) { return m.stories.Get(id) }

// Open gives the steps. Bytes that are none give an error.
func (s *Story) Open() (out []Step, err error) {
	v := values{b: s.packed}
	for range s.Steps {
		b, ok := v.bytes()
		if !ok {
			return nil, fmt.Errorf("%w: a step is cut off", errShape)
		}
		var step Step
		if err := read(b, func(c *coder) { c.step(&step) }); err != nil {
			return nil, err
		}
		out = append(out, step)
	}
	return out, nil
}

// tells says whether every server keeps what happened to orders.
func (m *Machine) tells() bool { return m.agreed(kindUnserved) }

// tell keeps what happened to an order. The first time its placing is put before it, so an order to which nothing happens has no
// story. It comes before the explanation of the same act is kept.
func (m *Machine) tell(id ledger.OrderID, steps ...Step) {
	if !m.tells() {
		return
	}
	news, old := Story{Order: id}, 0
	s, known := m.stories.get(id)
	switch {
	case known:
		old = s.weight()
		news = *s
		news.packed = slices.Clone(s.packed)
	case !slices.ContainsFunc(steps, func(s Step) bool { return s.What == StepPlaced }):
		first, ok := m.firstStep(id)
		if !ok {
			return
		}
		news.add(&first)
	}
	for i := range steps {
		news.add(&steps[i])
	}
	m.counters.Steps++
	news.Rank = m.counters.Steps
	m.stories.put(id, &news)
	m.derived.stories.forget(id, known, old, news.weight(), keeping{StoriesMax, StoriesBytesMax}, m.stories.del)
}

// of says whose act a step is.
func (s *Step) of(h *Hand) { s.By, s.Device, s.Approver = h.By, h.Device, h.Approver }

// firstStep is how an order was taken, as far as that is known still.
func (m *Machine) firstStep(id ledger.OrderID) (Step, bool) {
	o, ok := m.orders.get(id)
	if !ok {
		return Step{}, false
	}
	s := Step{What: StepPlaced, At: o.TakenAt, Why: string(o.Channel)}
	if o.Owner != ledger.HQ {
		s.Site = o.Owner
	}
	s.of(&o.Hand)
	if e, kept := m.explains.get(id); kept {
		s.Explain = e.Explain
	}
	return s, true
}

// weight is what a story counts for in StoriesBytesMax.
func (s *Story) weight() int { return len(s.packed) + len(s.Order) + 64 }

// add appends a step, and leaves out the oldest ones behind the first where there is too much.
func (s *Story) add(step *Step) {
	kept := *step
	kept.By, kept.Why = cutText(kept.By), cutText(kept.Why)
	if more := len(kept.Lines) - stepLinesMax; more > 0 {
		kept.Lines, kept.More = kept.Lines[:stepLinesMax], kept.More+more
	}
	kept.Explain, kept.Thinned = thinned(kept.Explain)
	s.packed = append(s.packed, write(func(c *coder) { c.blob(func(c *coder) { c.step(&kept) }) })...)
	s.Steps++
	for s.Steps > 2 && (s.Steps > StepsMax || len(s.packed) > StoryBytesMax) {
		v := values{b: s.packed}
		if !v.skip() {
			return // checkStories holds that steps are whole
		}
		first := v.at
		if !v.skip() {
			return
		}
		s.packed = slices.Delete(s.packed, first, v.at)
		s.Steps, s.Left = s.Steps-1, s.Left+1
	}
}

func cutText(s string) string {
	if len(s) <= stepTextMax {
		return s
	}
	return strings.ToValidUTF8(s[:stepTextMax], "")
}

// Of a plan that is too large for a step so much is kept.
const (
	thinLines      = 8
	thinCandidates = 3
)

// thinned is what a step keeps of why it was planned so: of a large plan the first lines, and what decided; of one whose sites alone
// are too many, nothing.
func thinned(r Reasons) (kept Reasons, less bool) {
	if len(r.packed) <= stepReasonsMax {
		return r, false
	}
	e, err := r.Open()
	if err != nil {
		return Reasons{}, true
	}
	e.Lines = slices.Clone(e.Lines[:min(len(e.Lines), thinLines)])
	for i := range e.Lines {
		l := &e.Lines[i]
		l.Candidates, l.Chosen = l.Candidates[:min(len(l.Candidates), thinCandidates)], l.Chosen[:min(len(l.Chosen), thinCandidates)]
	}
	for range 2 {
		if kept = ReasonsOf(e); len(kept.packed) <= stepReasonsMax {
			return kept, true
		}
		e.Lines = nil
	}
	return Reasons{}, true
}

// checkStories looks at the bounds of what is kept of orders.
func (m *Machine) checkStories() error {
	for id, s := range m.stories.Sorted() {
		v, ok := values{b: s.packed}, true
		for range s.Steps {
			if _, ok = v.bytes(); !ok {
				break
			}
		}
		if !ok || v.at != len(s.packed) || s.Order != id || s.Steps < 1 || s.Steps > StepsMax || len(s.packed) > StoryBytesMax {
			return fmt.Errorf("the story of order %s: %d steps in %d bytes do not fit", id, s.Steps, len(s.packed))
		}
	}
	return nil
}

// linesOf are the lines of a step, from what a command or an entry names.
func linesOf(lines []ledger.CommandLine) []StepLine {
	out := make([]StepLine, len(lines))
	for i, l := range lines {
		out[i] = StepLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty}
	}
	return out
}

// borrowed is the step of a request that a plan uses, and why it was made; nothing where there is none.
func (m *Machine) borrowed(using Subject) []Step {
	if using == "" || !m.tells() {
		return nil
	}
	r, ok := m.requests.get(using)
	if !ok {
		return nil
	}
	s := Step{What: StepBorrowed, At: r.At, Explain: r.Explain}
	for _, t := range r.Tied {
		s.Lines = append(s.Lines, StepLine{SKU: t.SKU, Site: t.Site, Qty: t.Qty})
	}
	for _, b := range r.Borrowed { // who was asked and lent nothing
		if !slices.ContainsFunc(s.Lines, func(l StepLine) bool { return l.Site == b.Site }) {
			s.Lines = append(s.Lines, StepLine{Site: b.Site})
		}
	}
	return []Step{s}
}
