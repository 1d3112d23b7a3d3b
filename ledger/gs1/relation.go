package gs1

import "strings"

// Check says whether the elements go together, for one thing that is marked with them: an AI that
// comes again says the same again; no two bar each other; those that an AI needs are there; and a
// signature goes with a key that names one single thing. The error is an *Error.
func (es Elements) Check() error {
	for _, rule := range []func(Elements) error{Elements.checkRepeats, Elements.checkBars, Elements.checkNeeds, Elements.checkSigned} {
		if err := rule(es); err != nil {
			return err
		}
	}
	return nil
}

func (es Elements) checkRepeats() error {
	for _, e := range es {
		if first := es.Get(e.AI); first != e.Value {
			return &Error{AI: e.AI, Value: clip(e.Value), Why: "comes twice, first as " + clip(first)}
		}
	}
	return nil
}

func (es Elements) checkBars() error {
	for _, e := range es {
		k := table[e.AI]
		if k == nil {
			continue
		}
		if other := es.barred(k); other != "" {
			return &Error{AI: e.AI, Why: "does not go together with (" + string(other) + ")"}
		}
	}
	return nil
}

func (es Elements) checkNeeds() error {
	for _, e := range es {
		k := table[e.AI]
		if k == nil {
			continue
		}
		for _, oneOf := range k.needs {
			if !es.haveOne(oneOf) {
				return &Error{AI: e.AI, Why: "needs beside it: " + needWords(oneOf)}
			}
		}
	}
	return nil
}

func (es Elements) index(ai AI) int {
	for i, e := range es {
		if e.AI == ai {
			return i
		}
	}
	return -1
}

// barred gives an AI that is there and must not be beside k; an AI never bars itself.
func (es Elements) barred(k *known) AI {
	for _, pattern := range k.bars {
		for _, e := range es {
			if e.AI != k.ai && matches(pattern, e.AI) {
				return e.AI
			}
		}
	}
	return ""
}

// matches says whether an AI is of a pattern: digits, and n for any.
func matches(pattern string, ai AI) bool {
	if len(pattern) != len(ai) {
		return false
	}
	for i := range len(pattern) {
		if pattern[i] != 'n' && pattern[i] != ai[i] {
			return false
		}
	}
	return true
}

func (es Elements) haveOne(oneOf [][]string) bool {
	for _, all := range oneOf {
		have := true
		for _, pattern := range all {
			have = have && es.have(pattern)
		}
		if have {
			return true
		}
	}
	return false
}

func (es Elements) have(pattern string) bool {
	for _, e := range es {
		if matches(pattern, e.AI) {
			return true
		}
	}
	return false
}

func needWords(oneOf [][]string) string {
	words := make([]string, len(oneOf))
	for i, all := range oneOf {
		words[i] = "(" + strings.Join(all, ") and (") + ")"
	}
	return strings.Join(words, ", or ")
}

// checkSigned refuses a signature (8030) beside a key whose serial part is left out: it would sign
// every thing of that kind.
func (es Elements) checkSigned() error {
	if !es.have("8030") {
		return nil
	}
	for _, e := range es {
		if e.AI != "253" && e.AI != "255" && e.AI != "8003" {
			continue
		}
		if least, _ := table[e.AI].bounds(); len(e.Value) <= least {
			return &Error{AI: e.AI, Value: clip(e.Value), Why: "has no serial part, so (8030) signs no single thing"}
		}
	}
	return nil
}
