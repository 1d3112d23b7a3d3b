package policy

import (
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of a step of a run of the advance, and of a run.
const (
	StepSKUs   = 64   // SKUs that one step looks at, or
	StepRows   = 2000 // rows of their demand
	stepWishes = 64   // wishes that one step carries out
	runWishes  = 1024 // wishes that are gathered before they are carried out, and
	runSteps   = 32   // steps that gather them
)

// A Run gathers what many steps of the advance wish and then gives it out by holder, a step at a time: so a
// site hears of a night's changes in a message or two, and not in one of each step that looked. The zero Run
// gathers. It is for one caller at a time.
type Run struct {
	wishes []Wish
	steps  int
	gives  bool
}

// Gives says whether what was gathered is being given out. Until Next has given all, nothing is gathered.
func (r *Run) Gives() bool { return r.gives }

// Left is how many wishes are gathered and not given out.
func (r *Run) Left() int { return len(r.wishes) }

// Gather adds what a step has come to that looked at skus; what an earlier step wished of them is void. With
// last, and where enough is gathered, it is given out next.
func (r *Run) Gather(skus []ledger.SKU, wishes []Wish, last bool) {
	if len(r.wishes) > 0 {
		r.wishes = slices.DeleteFunc(r.wishes, func(w Wish) bool { return slices.Contains(skus, w.SKU) })
	}
	r.wishes = append(r.wishes, wishes...)
	r.steps++
	if r.gives = last || r.steps >= runSteps || len(r.wishes) >= runWishes; r.gives {
		slices.SortStableFunc(r.wishes, func(x, y Wish) int { return strings.Compare(string(x.Holder), string(y.Holder)) })
		r.settle()
	}
}

// Next gives what one step carries out.
func (r *Run) Next() []Wish {
	n := min(len(r.wishes), stepWishes)
	step := r.wishes[:n:n]
	r.wishes = r.wishes[n:]
	r.settle()
	return step
}

// settle begins to gather anew once all is given.
func (r *Run) settle() {
	if r.gives && len(r.wishes) == 0 {
		*r = Run{}
	}
}

// Told is how many books hear of wishes that are carried out together: each owner, which passes on or takes
// back, and each holder, which is credited or gives back.
func Told(step []Wish) int {
	books := map[ledger.SiteID]bool{}
	for _, w := range step {
		books[w.Owner], books[w.Holder] = true, true
	}
	return len(books)
}
