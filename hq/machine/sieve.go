package machine

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A sieve lets through whatever may hold a text in either case, and little else. It looks for the longest run of
// ASCII in the text, so that nothing has to be decoded, lowered or allocated, and first for the letter of
// it that items have least often. Only a few signs beyond ASCII become ASCII letters in lower case (the Kelvin
// sign, the Turkish I with a dot); the sieve does not know those, so a text that is written with them is
// found by its other parts.
type sieve struct {
	run string // in lower case; "" lets all through
	at  int    // in run, of the rarest letter
}

// common are the letters of what items say, the commonest first: digits of barcodes, then those of words.
const common = "0512346789 eaoirtnslcpdmhu-bgfkywvxjqz"

func newSieve(lower string) sieve {
	var s sieve
	from := 0
	for i := 0; i <= len(lower); i++ {
		if i < len(lower) && lower[i] < utf8.RuneSelf {
			continue
		}
		if i-from > len(s.run) {
			s.run = lower[from:i]
		}
		from = i + 1
	}
	rarest := -1
	for i := range len(s.run) {
		rank := strings.IndexByte(common, s.run[i])
		if rank < 0 {
			rank = len(common)
		}
		if rank > rarest {
			rarest, s.at = rank, i
		}
	}
	return s
}

// holds says whether b may hold the text.
func (s sieve) holds(b []byte) bool {
	if s.run == "" {
		return true
	}
	rare := s.run[s.at]
	if s.with(b, rare) {
		return true
	}
	return 'a' <= rare && rare <= 'z' && s.with(b, rare-'a'+'A')
}

// with says whether b holds the run with rare, in this case, as its rarest letter.
func (s sieve) with(b []byte, rare byte) bool {
	for from := s.at; from < len(b); from++ {
		next := bytes.IndexByte(b[from:], rare)
		if next < 0 {
			return false
		}
		from += next
		if first := from - s.at; first+len(s.run) <= len(b) && equalFold(b[first:first+len(s.run)], s.run) {
			return true
		}
	}
	return false
}

// equalFold says whether b is lower, as long as it, but for the case of its ASCII letters.
func equalFold(b []byte, lower string) bool {
	for i := range len(lower) {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
