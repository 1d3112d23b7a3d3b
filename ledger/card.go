package ledger

import "fmt"

// The digits of a card's number (ISO/IEC 7812-1), at least and at most.
const (
	cardDigitsMin = 13
	cardDigitsMax = 19
)

// A CardError says no to a text that holds what looks like a card's number. It does not hold the text, so that no log can.
type CardError struct {
	Field string
	Line  int // from 1; 0 where none
}

func (e *CardError) Error() string {
	return fmt.Sprintf("%s holds what looks like a card's number", e.Field)
}

// CheckNoCard refuses a text in which a run of 13 to 19 digits passes the check of a card's number (Luhn, ISO/IEC 7812-1 annex B).
// Spaces, hyphens and dots may stand between groups of its digits. One in ten other numbers of such a length passes it as well.
func CheckNoCard(field, text string) error {
	var digits []byte
	ends := []int{0} // where groups end in digits, and the first begins
	for i := 0; i <= len(text); i++ {
		c := byte('/')
		if i < len(text) {
			c = text[i]
		}
		if c >= '0' && c <= '9' {
			digits = append(digits, c-'0')
			continue
		}
		if len(digits) > ends[len(ends)-1] {
			ends = append(ends, len(digits))
		}
		if c == ' ' || c == '-' || c == '.' {
			continue
		}
		if cardIn(digits, ends) {
			return &CardError{Field: field}
		}
		digits, ends = digits[:0], ends[:1]
	}
	return nil
}

// cardIn says whether some groups of digits that follow one another are a card's number.
func cardIn(digits []byte, ends []int) bool {
	for i, from := range ends {
		for _, to := range ends[i+1:] {
			if n := to - from; n > cardDigitsMax {
				break
			} else if n >= cardDigitsMin && luhn(digits[from:to]) {
				return true
			}
		}
	}
	return false
}

// luhn says whether digits, the last of them the check digit, pass the check.
func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		n := int(digits[len(digits)-1-i])
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
