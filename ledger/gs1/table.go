package gs1

import (
	"fmt"
	"strconv"
	"strings"
)

// An AI is an Application Identifier: 2 to 4 digits that say what the value behind them is.
type AI string

// A row is what GS1 lays down of one AI, or of a run of AIs that differ in their last digit.
type row struct {
	ai      string   // "01", or first and last of a run: "3100-3105"
	fixed   bool     // of a length known from its first two digits, so no FNC1 follows
	query   bool     // may stand in the query of a Digital Link URI
	form    string   // parts apart by blanks: set and length, then the rules, such as "N14,csum"; [] where a part may be missing
	needs   []string // each: one of these AIs must be there too; + joins, n is any digit
	bars    string   // none of these AIs may be there too
	primary bool     // may lead a Digital Link URI
	follow  string   // AIs that may follow it there, in this order; | parts alternatives
}

// A known AI is a row made ready.
type known struct {
	ai           AI
	fixed, query bool
	primary      bool
	parts        []part
	needs        [][][]string // all of: one of: all of
	bars         []string
	follow       [][]AI
}

// A part is one piece of a value.
type part struct {
	set      byte // N digits, X, Y, Z sets of characters
	min, max int  // bytes
	optional bool
	rules    []rule
}

// table holds every AI. It is made once from rows and never changed.
var table = index(rows)

func index(rows []row) map[AI]*known {
	out := make(map[AI]*known, 600)
	for i := range rows {
		r := &rows[i]
		first, last, run := strings.Cut(r.ai, "-")
		if !run {
			last = first
		}
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil {
			panic("gs1: a row of the table has no AI: " + r.ai)
		}
		for n := from; n <= to; n++ {
			k := r.ready(AI(fmt.Sprintf("%0*d", len(first), n)))
			out[k.ai] = k
		}
	}
	return out
}

func (r *row) ready(ai AI) *known {
	k := &known{ai: ai, fixed: r.fixed, query: r.query, primary: r.primary}
	for _, text := range strings.Fields(r.form) {
		k.parts = append(k.parts, readPart(text))
	}
	for _, need := range r.needs {
		var oneOf [][]string
		for _, all := range strings.Split(need, ",") {
			oneOf = append(oneOf, strings.Split(all, "+"))
		}
		k.needs = append(k.needs, oneOf)
	}
	if r.bars != "" {
		k.bars = strings.Split(r.bars, ",")
	}
	if r.follow != "" {
		for _, way := range strings.Split(r.follow, "|") {
			var ais []AI
			for _, ai := range strings.Split(way, ",") {
				ais = append(ais, AI(ai))
			}
			k.follow = append(k.follow, ais)
		}
	}
	return k
}

// readPart reads such as "N13,csum", "X..20" or "[N4],hhmi".
func readPart(text string) part {
	words := strings.Split(text, ",")
	p := part{optional: words[0][0] == '['}
	body := strings.Trim(words[0], "[]")
	p.set = body[0]
	length, upTo := strings.CutPrefix(body[1:], "..")
	n, err := strconv.Atoi(length)
	if err != nil {
		panic("gs1: a form of the table cannot be read: " + text)
	}
	if p.min, p.max = n, n; upTo {
		p.min = 1
	}
	for _, name := range words[1:] {
		r, ok := rules[name]
		if !ok {
			panic("gs1: a form of the table has a rule that is none: " + text)
		}
		p.rules = append(p.rules, r)
	}
	return p
}

// check says what is wrong with a value of k, or nil.
func (k *known) check(value string) error {
	if value == "" {
		return &Error{AI: k.ai, Why: "has no value"}
	}
	rest := value
	for i := range k.parts {
		p := &k.parts[i]
		if rest == "" && p.optional {
			break
		}
		n := min(len(rest), p.max)
		if n < p.min {
			return &Error{AI: k.ai, Value: clip(value), Why: k.lengths()}
		}
		if err := p.check(k.ai, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	if rest != "" {
		return &Error{AI: k.ai, Value: clip(value), Why: k.lengths()}
	}
	return nil
}

func (p *part) check(ai AI, piece string) error {
	if at := outside(p.set, piece); at >= 0 {
		return &Error{AI: ai, Value: clip(piece), Why: "holds a character that does not belong there: " + strconv.QuoteToASCII(piece[at:at+1])}
	}
	for _, r := range p.rules {
		if err := r(piece); err != nil {
			err.AI = ai
			return err
		}
	}
	return nil
}

// lengths says how long a value of k is.
func (k *known) lengths() string {
	least, most := k.bounds()
	if least == most {
		return fmt.Sprintf("has another length than %d", most)
	}
	return fmt.Sprintf("has another length than %d to %d", least, most)
}

func (k *known) bounds() (least, most int) {
	for i := range k.parts {
		most += k.parts[i].max
		if !k.parts[i].optional {
			least += k.parts[i].min
		}
	}
	return least, most
}

// unknownCheck is check for an AI that is not in the table.
func unknownCheck(ai AI, value string) error {
	if value == "" || len(value) > 90 {
		return &Error{AI: ai, Value: clip(value), Why: "has another length than 1 to 90"}
	}
	return (&part{set: 'X'}).check(ai, value)
}

// find gives the AI that s begins with, or nil. No AI is the beginning of another.
func find(s string) *known {
	for n := 2; n <= 4 && n <= len(s); n++ {
		if k := table[AI(s[:n])]; k != nil {
			return k
		}
	}
	return nil
}
