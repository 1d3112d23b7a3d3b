package hq

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A file is all that head office has of why an order is served as it is. What is nil is not kept, or not any more.
type file struct {
	order *machine.Order
	last  *machine.Explained // of the last plan
	story *machine.Story
	moved string
}

// explain gives the order's explanation: its last plan, and what happened to it.
func (f *file) explain(id ledger.OrderID) (contract.Explanation, error) {
	out := contract.Explanation{Lines: []contract.LineExplanation{}, Story: []contract.StoryStep{}, Moved: f.moved}
	if f.order != nil {
		out.Late = contract.LateWhenTaken(&f.order.Order)
	}
	steps, err := f.steps()
	if err != nil {
		return out, err
	}
	if f.story != nil {
		out.LeftOut = f.story.Left
	}
	lost := false
	for i := range steps {
		step, err := renderStep(&steps[i], lost)
		if err != nil {
			return out, err
		}
		lost = lost || loses(steps[i].What)
		out.Story = append(out.Story, step)
	}
	if f.last == nil { // forgotten before the story was: the last plan that it has
		for i := range out.Story {
			if s := &out.Story[i]; len(s.Plan) > 0 {
				out.Lines, out.Decision = s.Plan, s.Decision
			}
		}
		return out, nil
	}
	why, err := f.last.Explain.Open()
	if err != nil {
		return out, err
	}
	out.Lines, out.Decision = planned(&why), decided(&why.Decision)
	return out, nil
}

// nameKits says of each line which kit it has a component of.
func (f *file) nameKits(lines []contract.LineExplanation) {
	if f.order == nil {
		return
	}
	for i := range lines {
		lines[i].Kit = contract.KitOfLine(&f.order.Order, lines[i].Line)
	}
}

// steps are what happened. Of an order to which nothing did since it was planned they are made of its last plan.
func (f *file) steps() ([]machine.Step, error) {
	if f.story != nil {
		return f.story.Open()
	}
	s := machine.Step{What: machine.StepPlaced, Explain: f.last.Explain}
	if f.order != nil {
		if s.At, s.Why = f.order.TakenAt, string(f.order.Channel); f.order.Owner != ledger.HQ {
			s.Site = f.order.Owner
		}
		s.By, s.Device, s.Approver = f.order.Hand.By, f.order.Hand.Device, f.order.Hand.Approver
	}
	return []machine.Step{s}, nil
}

// stepWords are the kinds of step as the API names them.
func stepWords() map[machine.StepKind]string {
	return map[machine.StepKind]string{machine.StepPlaced: "placed", machine.StepBorrowed: "borrowed", machine.StepServed: "served", machine.StepShort: "short",
		machine.StepRejected: "rejected", machine.StepRefused: "refused", machine.StepLost: "lost", machine.StepAmended: "amended", machine.StepMoved: "moved",
		machine.StepStayed: "stayed", machine.StepCame: "came", machine.StepDeclined: "declined", machine.StepUnserved: "unserved", machine.StepCanceled: "cancelled", machine.StepSupplier: "supplier"}
}

// loses says whether an order has lost something by a step, so that what follows is sourced again.
func loses(what machine.StepKind) bool {
	switch what {
	case machine.StepShort, machine.StepRejected, machine.StepRefused, machine.StepLost, machine.StepUnserved:
		return true
	default:
		return false
	}
}

func renderStep(s *machine.Step, lost bool) (contract.StoryStep, error) {
	why, err := s.Explain.Open()
	if err != nil {
		return contract.StoryStep{}, err
	}
	what := stepWords()[s.What]
	if what == "" {
		what = "unknown"
	}
	out := contract.StoryStep{At: known(s.At), What: what, Words: tell(s, &why, lost), Site: s.Site, By: s.By, Device: s.Device, Approver: s.Approver, Why: s.Why, MoreLines: s.More, Until: known(s.Until),
		Exception: s.Exception, Version: s.Version, Decision: decided(&why.Decision), Thinned: s.Thinned}
	for _, l := range s.Lines {
		out.Lines = append(out.Lines, contract.StoryLine{Line: l.Line, SKU: l.SKU, Site: l.Site, Qty: l.Qty, Of: l.Of, Exception: l.Exception})
	}
	if len(why.Lines) > 0 {
		out.Plan = planned(&why)
	}
	return out, nil
}

// tell says a step as a stock controller would.
func tell(s *machine.Step, why *allocate.Explanation, lost bool) string {
	switch s.What {
	case machine.StepPlaced:
		so := "taken"
		if s.Site != "" {
			so += " at " + string(s.Site)
		} else if s.Why != "" {
			so += " by " + s.Why
		}
		return so + ", served " + planWords(why)
	case machine.StepBorrowed:
		return lentWords(s, why)
	case machine.StepServed:
		if lost {
			return "sourced again " + planWords(why)
		}
		return "served " + planWords(why)
	case machine.StepShort:
		return fmt.Sprintf("%s did not find %s%s%s%s", s.Site, goods(s), by(s), avoided(s), counts(s))
	case machine.StepRejected:
		return fmt.Sprintf("%s will not serve %s: %s%s%s%s", s.Site, goods(s), s.Why, by(s), avoided(s), counts(s))
	case machine.StepRefused:
		return fmt.Sprintf("%s could not reserve %s: %s", s.Site, goods(s), s.Why)
	case machine.StepLost:
		return fmt.Sprintf("what %s had reserved is gone from there: %s%s", s.Site, goods(s), by(s))
	case machine.StepAmended:
		return amendedWords(s, why)
	case machine.StepMoved:
		return s.Why + ". It is served " + planWords(why)
	case machine.StepStayed:
		return fmt.Sprintf("%s did not let go of %s: that is not moved", s.Site, goods(s))
	case machine.StepCame:
		return fmt.Sprintf("goods of %s came to %s, and of them %s, which it was promised", s.Why, s.Site, goods(s))
	case machine.StepDeclined:
		return fmt.Sprintf("nobody has %s, which nobody had promised: it is declined%s", goods(s), exception(s))
	case machine.StepUnserved:
		return fmt.Sprintf("no site can serve %s any more: head office has to decide%s", goods(s), exception(s))
	case machine.StepCanceled:
		so := "cancelled"
		if s.Site != "" {
			so += " at " + string(s.Site)
		}
		return so + by(s)
	case machine.StepSupplier:
		return s.Why + ": " + goods(s) + exception(s) + by(s)
	default:
		return "something that this server's build has no words for"
	}
}

// planWords says who serves by a plan, and why; it goes behind "served".
func planWords(why *allocate.Explanation) string {
	d := &why.Decision
	so := ""
	switch {
	case len(d.Sites) > 0 && len(d.Other) > 0:
		so = "from " + storyOf(d)
	case len(d.Sites) > 0:
		so = "from " + together(d.Sites) + ": no other sites were found that have as much."
	case d.Visits > 0:
		so = "by nobody: no site that may serve it has what it wants."
	default:
		if so = "from " + together(chosenBy(why)); so == "from " {
			return "as was planned then; why is not kept any more"
		}
		for _, l := range why.Lines { // of a plan that follows from what was promised the lines say it all
			if len(l.Candidates) == 1 {
				so += ": " + l.Candidates[0].Why
				break
			}
		}
	}
	if kept := keptFrom(why); kept != "" {
		so = strings.TrimSuffix(so, ".") + "; not from " + kept
	}
	return strings.TrimSuffix(so, ".")
}

func chosenBy(why *allocate.Explanation) (out []ledger.SiteID) {
	for _, l := range why.Lines {
		for _, c := range l.Chosen {
			if !slices.Contains(out, c.Site) {
				out = append(out, c.Site)
			}
		}
	}
	return out
}

// keptMost bounds the sites of which a step says what keeps them from serving.
const keptMost = 3

// keptFrom says which sites are avoided, and why.
func keptFrom(why *allocate.Explanation) string {
	return reasons(why, func(c *allocate.Choice) bool { return strings.HasPrefix(c.Why, "avoided") })
}

// reasons lists candidates with what is said of them, each site once, the first few.
func reasons(why *allocate.Explanation, keep func(*allocate.Choice) bool) string {
	var out []string
	var seen []ledger.SiteID
	for i := range why.Lines {
		for k := range why.Lines[i].Candidates {
			c := &why.Lines[i].Candidates[k]
			if len(out) < keptMost && keep(c) && !slices.Contains(seen, c.Site) {
				seen = append(seen, c.Site)
				out = append(out, fmt.Sprintf("%s (%s)", c.Site, c.Why))
			}
		}
	}
	return strings.Join(out, ", ")
}

// cameWith begins what hq/machine says of goods that came to a counter for an order: they are on its own shelf, and it lends them.
const cameWith = "chosen: it came with "

// lentWords says who was asked to lend, what they gave, and why nobody else had it.
func lentWords(s *machine.Step, why *allocate.Explanation) string {
	var gave, asked []string
	for _, l := range s.Lines {
		if l.Qty > 0 {
			gave = append(gave, fmt.Sprintf("%s lent %d %s", l.Site, l.Qty, l.SKU))
		} else {
			asked = append(asked, fmt.Sprintf("%s was asked and lent nothing", l.Site))
		}
	}
	so := strings.Join(append(gave, asked...), ", ")
	if so == "" {
		so = "sites were asked to lend"
	}
	for _, l := range why.Lines {
		if len(l.Candidates) == 1 && strings.HasPrefix(l.Candidates[0].Why, cameWith) {
			return so + ": " + strings.TrimPrefix(l.Candidates[0].Why, "chosen: ")
		}
	}
	so += ": what head office held did not suffice"
	lent := chosenBy(why)
	if others := reasons(why, func(c *allocate.Choice) bool { return !slices.Contains(lent, c.Site) }); others != "" {
		return so + "; others: " + others
	}
	return so + ", and nobody else had any"
}

func amendedWords(s *machine.Step, why *allocate.Explanation) string {
	so := fmt.Sprintf("amended to version %d", s.Version) + by(s)
	var parts []string
	for _, l := range s.Lines {
		switch {
		case l.Qty == 0:
			parts = append(parts, fmt.Sprintf("line %d (%s) given up", l.Line, l.SKU))
		case l.Of == 0:
			parts = append(parts, fmt.Sprintf("line %d added, %d %s", l.Line, l.Qty, l.SKU))
		default:
			parts = append(parts, fmt.Sprintf("line %d from %d to %d %s", l.Line, l.Of, l.Qty, l.SKU))
		}
	}
	if s.More > 0 {
		parts = append(parts, fmt.Sprintf("%d lines more", s.More))
	}
	if s.Why != "" {
		parts = append(parts, s.Why)
	}
	if len(parts) > 0 {
		so += ": " + strings.Join(parts, ", ")
	}
	if len(why.Lines) > 0 {
		so += ". What is more is served " + planWords(why)
	}
	return so
}

// goods says what a step is about: "1 of 2 TAP-22".
func goods(s *machine.Step) string {
	var out []string
	for _, l := range s.Lines {
		if l.Of > 0 {
			out = append(out, fmt.Sprintf("%d of %d %s", l.Qty, l.Of, l.SKU))
		} else {
			out = append(out, fmt.Sprintf("%d %s", l.Qty, l.SKU))
		}
	}
	if s.More > 0 {
		out = append(out, fmt.Sprintf("%d lines more", s.More))
	}
	if len(out) == 0 {
		return "some of it"
	}
	return strings.Join(out, ", ")
}

func by(s *machine.Step) string {
	if s.By == "" {
		return ""
	}
	out := " (by " + s.By
	if s.Device != "" {
		out += " at " + s.Device
	}
	if s.Approver != "" {
		out += ", approved by " + s.Approver
	}
	return out + ")"
}

// avoided says how long a site is avoided.
func avoided(s *machine.Step) string {
	if s.Until.IsZero() {
		return ""
	}
	return fmt.Sprintf("; nothing of it is planned from %s until %s", s.Site, s.Until.UTC().Format("2006-01-02 15:04"))
}

// counts says whether a count is asked for.
func counts(s *machine.Step) string {
	var ids []string
	for _, l := range s.Lines {
		if id := fmt.Sprint(l.Exception); l.Exception > 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	switch len(ids) {
	case 0:
		return "; no count is asked for"
	case 1:
		return fmt.Sprintf("; %s is asked to count (exception %s)", s.Site, ids[0])
	default:
		return fmt.Sprintf("; %s is asked to count (exceptions %s)", s.Site, strings.Join(ids, ", "))
	}
}

func exception(s *machine.Step) string {
	if s.Exception == 0 {
		return ""
	}
	return fmt.Sprintf(" (exception %d)", s.Exception)
}
