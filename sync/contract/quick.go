package contract

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// quick reads JSON that is written as almost every client writes it: the names that are known,
// each once, and no null. Each of its methods says whether the reading went well. Where it did
// not, encoding/json has the word: it reads what is only unusual and finds the words for what is
// wrong. So quick must never take what encoding/json would read otherwise, and may give up on
// anything. The text must be UTF-8.
type quick struct {
	text []byte
	at   int
}

// whole says whether nothing but blanks is left.
func (q *quick) whole() bool {
	q.blanks()
	return q.at == len(q.text)
}

// blanks passes over blanks and gives the byte behind them, 0 at the end: no JSON has that byte.
func (q *quick) blanks() byte {
	for ; q.at < len(q.text); q.at++ {
		switch c := q.text[q.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// is passes over one byte.
func (q *quick) is(c byte) bool {
	if q.blanks() != c {
		return false
	}
	q.at++
	return true
}

// object reads an object; field reads the value of each name.
func (q *quick) object(field func(name []byte) bool) bool {
	if !q.is('{') {
		return false
	}
	if q.is('}') {
		return true
	}
	for {
		name, plain, ok := q.quoted()
		if !ok || !plain || !q.is(':') || !field(name) {
			return false
		}
		if !q.is(',') {
			return q.is('}')
		}
	}
}

// array reads an array; value reads each of its values.
func (q *quick) array(value func() bool) bool {
	if !q.is('[') {
		return false
	}
	if q.is(']') {
		return true
	}
	for value() {
		if !q.is(',') {
			return q.is(']')
		}
	}
	return false
}

// quoted reads a string: what stands between its quotes, and whether that is the string itself,
// with nothing escaped in it.
func (q *quick) quoted() (inside []byte, plain, ok bool) {
	if !q.is('"') {
		return nil, false, false
	}
	from := q.at
	plain = true
	for ; q.at < len(q.text); q.at++ {
		switch c := q.text[q.at]; {
		case c == '"':
			q.at++
			return q.text[from : q.at-1], plain, true
		case c == '\\':
			plain = false
			q.at++
		case c < ' ':
			return nil, false, false
		}
	}
	return nil, false, false
}

// quickText reads a string.
func quickText[T ~string](q *quick, into *T) bool {
	inside, plain, ok := q.quoted()
	if !ok {
		return false
	}
	if plain {
		*into = T(inside)
		return true
	}
	var text string
	ok = json.Unmarshal(q.text[q.at-len(inside)-2:q.at], &text) == nil
	*into = T(text)
	return ok
}

// quickWord reads a string that is mostly one of a few: those are not copied.
func quickWord[T ~string](q *quick, into *T, known ...T) bool {
	inside, plain, ok := q.quoted()
	if !ok || !plain {
		return false
	}
	for _, word := range known {
		if string(inside) == string(word) {
			*into = word
			return true
		}
	}
	*into = T(inside)
	return true
}

// wholeDigits is how many digits a number may have so that it cannot be too large for an int64.
const wholeDigits = 18

// quickWhole reads a whole number of up to wholeDigits digits.
func quickWhole[T ~int | ~int64](q *quick, into *T) bool {
	q.blanks()
	from := q.at
	if q.at < len(q.text) && q.text[q.at] == '-' {
		q.at++
	}
	first := q.at
	var n int64
	for ; q.at < len(q.text) && q.text[q.at] >= '0' && q.text[q.at] <= '9'; q.at++ {
		if q.at-first == wholeDigits {
			return false
		}
		n = n*10 + int64(q.text[q.at]-'0')
	}
	switch digits := q.at - first; {
	case digits == 0, digits > 1 && q.text[first] == '0':
		return false
	case first > from:
		n = -n
	}
	*into = T(n)
	// A point or an exponent would stand here; what goes on after a value finds it.
	return strconv.IntSize == 64 || int64(T(n)) == n
}

// truth reads true or false.
func (q *quick) truth(into *bool) bool {
	q.blanks()
	for _, word := range []string{"true", "false"} {
		if bytes.HasPrefix(q.text[q.at:], []byte(word)) {
			q.at += len(word)
			*into = word == "true"
			return true
		}
	}
	return false
}

// once says whether a field comes for the first time: what encoding/json makes of two depends on
// their types. The zero once has seen none.
type once uint32

func (o *once) first(field int) bool {
	bit := once(1) << field
	if *o&bit != 0 {
		return false
	}
	*o |= bit
	return true
}
