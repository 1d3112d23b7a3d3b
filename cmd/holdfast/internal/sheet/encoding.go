package sheet

import (
	"strings"
	"unicode/utf8"
)

// windows1252 is what the bytes 0x80 to 0x9f stand for; above them it is Latin-1, whose numbers
// are Unicode's. Five bytes stand for nothing and become U+FFFD. It is constant: nothing writes
// to it.
var windows1252 = [32]rune{
	'€', utf8.RuneError, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', utf8.RuneError, 'Ž', utf8.RuneError,
	utf8.RuneError, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', utf8.RuneError, 'ž', 'Ÿ',
}

// toUTF8 gives text as UTF-8. What is not that already is taken for Windows-1252, line by line:
// a spreadsheet that saves "CSV" without saying more writes it.
func toUTF8(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text) + 8)
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 0x80 && c < 0xa0:
			b.WriteRune(windows1252[c-0x80])
		default:
			b.WriteRune(rune(c))
		}
	}
	return b.String()
}
