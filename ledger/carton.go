package ledger

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// A Carton is a box with a number of its own and what lies in it of one part of an order. Each unit lies in one carton at most; one that
// is packed and in none is loose. A carton leaves, and comes back, as a whole.
type Carton struct {
	SSCC  gs1.SSCC
	Made  uint64 // its number among those that this book has given in this epoch, from 1; 0: it came with its number
	Grams int64  // 0: nobody has weighed it
	At    Stage  // StagePacked: it is here, open; else where it went
	Was   Stage  // in an entry: where it was before it, StageNone of a new one; among a Work's: StageNone
	Lines []CartonLine
}

// A CartonLine is units of one line of the order that lie in a carton.
type CartonLine struct {
	Line int // from 1
	SKU  SKU
	Qty  Qty
}

// Bounds of cartons.
const (
	partCartonsMax = 500         // of one part: here, and with carriers
	cartonGramsMax = 100_000_000 // 100 t
)

// RefusedCarton says no to a deed that names a carton which is not where the deed finds cartons.
const RefusedCarton Refusal = "carton_state"

// RefusedBoxed says no to a deed that names by lines what lies in cartons.
const RefusedBoxed Refusal = "in_cartons"

// RefusedBack says no to sending a carton that holds units which are to be put back.
const RefusedBack Refusal = "to_put_back"

// cartonStages are where a carton may be, the last first: a book looks for one in this order.
var cartonStages = [...]Stage{StageCameBack, StageDelivered, StageUndelivered, StageOnTheWay, StagePacked}

// KeyOfCarton is the digest under which a book remembers for ever that a carton came to a stage: packed for the first time, on the way and so
// on. The entry that brings it there answers this key beside its own, so no number is used for two cartons and none leaves twice.
func KeyOfCarton(sscc gs1.SSCC, at Stage) Digest {
	return DigestOf([]byte("carton"), []byte(sscc), []byte{byte(at)})
}

// boxes lists the cartons that an entry has changed, as they stand after it.
func (e *Entry) boxes() []Carton {
	switch b := e.Body.(type) {
	case *WorkBody:
		if b.Refusal == "" {
			return b.Boxes
		}
	case *ReturnBody:
		if b.Parcel != nil && b.Refusal == "" {
			return b.Parcel.Boxes
		}
	}
	return nil
}

// in is what of a line lies in the carton.
func (c *Carton) in(line int) Qty {
	for i := range c.Lines {
		if c.Lines[i].Line == line {
			return c.Lines[i].Qty
		}
	}
	return 0
}

// add puts units of a line into the carton or, below zero, takes them out. The carton must be a copy of its own.
func (c *Carton) add(line int, sku SKU, q Qty) {
	i, ok := slices.BinarySearchFunc(c.Lines, line, func(l CartonLine, n int) int { return l.Line - n })
	if !ok {
		c.Lines = slices.Insert(c.Lines, i, CartonLine{Line: line, SKU: sku})
	}
	if c.Lines[i].Qty += q; c.Lines[i].Qty == 0 {
		c.Lines = slices.Delete(c.Lines, i, i+1)
	}
}

// after gives a copy of a carton of a part, as an entry changes it.
func (c *Carton) after(to Stage) Carton {
	out := *c
	out.Lines = slices.Clone(c.Lines)
	out.Was, out.At = c.At, to
	return out
}

// done says whether a carton is the part's no more: it is empty, or nothing is to be done with it.
func (c *Carton) done() bool {
	return len(c.Lines) == 0 || c.At != StagePacked && c.At != StageOnTheWay && c.At != StageUndelivered
}

// check refuses a carton that no book has written.
func (c *Carton) check() error {
	if _, err := gs1.ParseSSCC(string(c.SSCC)); err != nil {
		return err
	}
	if !slices.Contains(cartonStages[:], c.At) || c.Was >= stages || c.Grams < 0 || c.Grams > cartonGramsMax {
		return fmt.Errorf("carton %s goes from stage %d to %d, with %d g", c.SSCC, c.Was, c.At, c.Grams)
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		if l.Line < 1 || l.Line > LinesMax || CheckQty(l.Qty) != nil || i > 0 && c.Lines[i-1].Line >= l.Line {
			return fmt.Errorf("carton %s holds %d of line %d", c.SSCC, l.Qty, l.Line)
		}
	}
	return nil
}

// carton finds a carton of the part; nil where it has none of that number.
func (w *Work) carton(sscc gs1.SSCC) *Carton {
	if i, ok := w.findCarton(sscc); ok {
		return &w.Cartons[i]
	}
	return nil
}

func (w *Work) findCarton(sscc gs1.SSCC) (int, bool) {
	return slices.BinarySearchFunc(w.Cartons, sscc, func(c Carton, s gs1.SSCC) int {
		switch {
		case c.SSCC < s:
			return -1
		case c.SSCC > s:
			return 1
		}
		return 0
	})
}

// boxed is what of a line lies in cartons that are at a stage.
func (w *Work) boxed(line int, at Stage) (sum Qty) {
	for i := range w.Cartons {
		if w.Cartons[i].At == at {
			sum += w.Cartons[i].in(line)
		}
	}
	return sum
}

// room is how many units of a line may lie in cartons that are at a stage. What is packed may be ready by now, or to be put back: it lies in its
// carton all the same, until somebody takes it out.
func (l *WorkLine) room(at Stage) Qty {
	if at == StagePacked {
		return l.At[StagePacked] + l.At[StageReady] + l.At[StagePutBack]
	}
	return l.At[at]
}

// keepCartons follows what an entry says of cartons. It must fit how they stood before it, and leave each unit in one carton at most.
func (w *Work) keepCartons(boxes []Carton) error {
	for i := range boxes {
		c := boxes[i]
		if err := c.check(); err != nil {
			return err
		}
		at, known := w.findCarton(c.SSCC)
		if was := c.Was; known != (was != StageNone) || known && w.Cartons[at].At != was {
			return fmt.Errorf("carton %s is said to have been %s", c.SSCC, was)
		}
		switch c.Was = StageNone; {
		case !known && !c.done():
			w.Cartons = slices.Insert(w.Cartons, at, c)
		case known && c.done():
			w.Cartons = slices.Delete(w.Cartons, at, at+1)
		case known:
			w.Cartons[at] = c
		}
	}
	if len(w.Cartons) > partCartonsMax {
		return fmt.Errorf("has %d cartons", len(w.Cartons))
	}
	return w.checkCartons()
}

// checkCartons says which unit lies in two cartons, if any.
func (w *Work) checkCartons() error {
	for i := range w.Cartons {
		c := &w.Cartons[i]
		for _, n := range c.Lines {
			l := w.line(n.Line)
			if sum := w.boxed(n.Line, c.At); sum > l.room(c.At) {
				return fmt.Errorf("%d of line %d lie in cartons that are %s, and %d are", sum, n.Line, c.At, l.room(c.At))
			}
		}
	}
	return nil
}

// trimCartons takes out of cartons what a deed has moved that named no carton, the last carton first: goods that were collected, or that were told of late.
func (w *Work) trimCartons() {
	for i := len(w.Cartons) - 1; i >= 0; i-- {
		c := w.Cartons[i].after(w.Cartons[i].At)
		c.Was = StageNone
		for _, n := range w.Cartons[i].Lines {
			l := w.line(n.Line)
			if over := w.boxed(n.Line, c.At) - l.room(c.At); over > 0 {
				c.add(n.Line, n.SKU, -min(over, n.Qty))
			}
		}
		if w.Cartons[i] = c; len(c.Lines) == 0 {
			w.Cartons = slices.Delete(w.Cartons, i, i+1)
		}
	}
}

// followCartons counts the numbers that this book gives, and follows the cartons of a part.
func (s *State) followCartons(w *Work, boxes []Carton) error {
	for i := range boxes {
		if c := &boxes[i]; c.Made > 0 && c.Was == StageNone {
			if c.Made <= s.cartons {
				return fmt.Errorf("carton %s is number %d, and %d are given", c.SSCC, c.Made, s.cartons)
			}
			s.cartons = c.Made
		}
	}
	if len(boxes) == 0 {
		w.trimCartons()
		return nil
	}
	return w.keepCartons(boxes)
}
