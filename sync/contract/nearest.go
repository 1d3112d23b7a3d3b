package contract

import (
	"fmt"
	"slices"
	"strings"
)

const (
	knownNamed  = 8   // names that a hint lists
	nearestWord = 64  // bytes of a word that is compared: names are no longer
	nearestMost = 3   // names that are as near
	nearestFrom = 500 // names that are compared, the first: a hint is worth no more work
)

// Known is a hint for a word that is none of known: the ones that it may have been meant for, else those that there are, as far as a
// sentence goes; "" where there are none.
func Known(word string, known []string) string {
	if near := nearest(word, known); len(near) > 0 {
		return "Did you mean " + strings.Join(near, " or ") + "?"
	}
	switch n := len(known); {
	case n == 0:
		return ""
	case n <= knownNamed:
		return "There is " + strings.Join(known, ", ") + "."
	default:
		return fmt.Sprintf("There is %s and %d more.", strings.Join(known[:knownNamed], ", "), n-knownNamed)
	}
}

// nearest picks the names that differ least from a word, and in no more than a third of its letters; case does not count.
func nearest(word string, known []string) (out []string) {
	if len(word) > nearestWord {
		return nil
	}
	least := max(len(word)/3, 1)
	for _, name := range known[:min(len(known), nearestFrom)] {
		if len(name) > nearestWord {
			continue
		}
		switch d := edits(strings.ToLower(word), strings.ToLower(name)); {
		case d < least:
			out, least = []string{name}, d
		case d == least && len(out) < nearestMost:
			out = append(out, name)
		}
	}
	return out
}

// edits counts the letters that are to be put in, left out, changed or swapped with their neighbour to make b of a (Damerau, 1964, in
// the form that touches no letter twice).
func edits(a, b string) int {
	two, one := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range one {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := one[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, one[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
		two, one = one, row
	}
	return one[len(b)]
}

// Channels lists the words of an order's channel.
func Channels() []string { return channels() }

// NotAmong refuses a field whose word is none of known, with a hint.
func NotAmong(field, what, word string, known []string) *Problem {
	p := New(CodeBadValue, fmt.Sprintf("There is no %s %q.", what, clip(word)))
	p.Field, p.Hint = field, Known(word, slices.Clone(known))
	return p
}
