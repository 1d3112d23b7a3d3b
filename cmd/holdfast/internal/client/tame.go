package client

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// tame takes out of JSON what a terminal would obey: control characters but for tabs and ends of lines, and what turns the direction of
// the text behind it. A book takes no such text, but who says that a book has answered? What is decoded is printed, so this is where
// all of it comes through. In their place stands U+FFFD.
func tame(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 && bytes.IndexFunc(raw, obeyed) < 0 {
		return raw
	}
	out := make([]byte, 0, len(raw)+8)
	for i := 0; i < len(raw); {
		if raw[i] == '\\' && i+1 < len(raw) {
			n, bad := escape(raw[i:])
			if bad {
				out = append(out, `\ufffd`...)
			} else {
				out = append(out, raw[i:i+n]...)
			}
			i += n
			continue
		}
		c, n := utf8.DecodeRune(raw[i:])
		if obeyed(c) {
			out = utf8.AppendRune(out, utf8.RuneError)
		} else {
			out = append(out, raw[i:i+n]...)
		}
		i += n
	}
	return out
}

// Plain takes out of a text what a terminal would obey: errors and hints may say what a stranger has sent, as the names of a certificate
// that nobody believes.
func Plain(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' || obeyed(c) {
			return utf8.RuneError
		}
		return c
	}, text)
}

// escape says how long the escape is that raw begins with, and whether it stands for what a terminal obeys.
func escape(raw []byte) (n int, bad bool) {
	switch {
	case raw[1] == 'b' || raw[1] == 'f' || raw[1] == 'r':
		return 2, true
	case raw[1] != 'u' || len(raw) < 6:
		return 2, false
	}
	c, err := strconv.ParseUint(string(raw[2:6]), 16, 16)
	return 6, err == nil && (c < ' ' && c != '\n' && c != '\t' || obeyed(rune(c)))
}

// obeyed says whether a terminal obeys a character that stands in JSON as it is, where those below the space are white space between
// values or none at all.
func obeyed(c rune) bool {
	return c == '\x1b' || c >= 0x7f && c <= 0x9f || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069
}
