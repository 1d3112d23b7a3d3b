package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// A ReasonAct is something that people do with goods and give a reason for. On disk, as a bit of ReasonActs: only ever appended to.
type ReasonAct uint8

// The acts. The zero ReasonAct is none.
const (
	ReasonAdjust  ReasonAct = 1 // units are found, or gone
	ReasonCount   ReasonAct = 2 // bins are counted
	ReasonReturn  ReasonAct = 3 // goods come back from a customer
	ReasonInspect ReasonAct = 4 // somebody has looked at goods, and they stay blocked or are scrapped
	ReasonShort   ReasonAct = 5 // a picker finds fewer than the book says
	ReasonFailed  ReasonAct = 6 // a carrier could not deliver
)

// reasonActs are the words for acts, and how a sentence calls one.
var reasonActs = [...]struct{ word, of string }{
	ReasonAdjust:  {"adjustment", "an adjustment"},
	ReasonCount:   {"count", "a count"},
	ReasonReturn:  {"return", "goods that come back"},
	ReasonInspect: {"inspection", "goods that stay blocked or are scrapped"},
	ReasonShort:   {"short_pick", "goods that a pick did not find"},
	ReasonFailed:  {"undelivered", "a parcel that was not delivered"},
}

func (a ReasonAct) String() string {
	if a == 0 || int(a) >= len(reasonActs) {
		return "other" // a newer build's
	}
	return reasonActs[a].word
}

// of calls an act in a sentence.
func (a ReasonAct) of() string { return reasonActs[a].of }

// ReasonActWords lists the words for acts.
func ReasonActWords() (words []string) {
	for _, a := range reasonActs[1:] {
		words = append(words, a.word)
	}
	return words
}

// ReasonActs are the acts that a reason is given for. Those of a newer build are kept.
type ReasonActs uint32

// reasonActsOld are the acts of a reason that names none.
const reasonActsOld = ReasonActs(1<<ReasonAdjust | 1<<ReasonCount)

// For says whether the reason is given for an act.
func (r *Reason) For(a ReasonAct) bool {
	acts := r.Acts
	if acts == 0 {
		acts = reasonActsOld
	}
	return acts&(1<<a) != 0
}

// Moves says whether units are found, or gone, for the reason.
func (r *Reason) Moves() bool { return r.For(ReasonAdjust) || r.For(ReasonCount) }

// newer says whether some of the acts are a newer build's.
func (s ReasonActs) newer() bool { return s>>len(reasonActs) != 0 }

// Words lists the acts by their words; none of the zero ReasonActs.
func (s ReasonActs) Words() (words []string) {
	for a := ReasonAct(1); a < 32; a++ {
		if word := a.String(); s&(1<<a) != 0 && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

// ParseReasonActs reads the words for acts. None, and adjustments and counts, are the zero ReasonActs, which every build knows.
func ParseReasonActs(words []string) (acts ReasonActs, err error) {
	for _, word := range words {
		a := slices.IndexFunc(reasonActs[:], func(v struct{ word, of string }) bool { return v.word == word && word != "" })
		if a < 0 {
			return 0, &FormError{Field: "for", Why: fmt.Sprintf("has %q, which is no act; it is some of %s", word, strings.Join(ReasonActWords(), ", "))}
		}
		acts |= 1 << a
	}
	if acts == reasonActsOld {
		acts = 0
	}
	return acts, nil
}
