package gs1

import (
	"fmt"
	"strings"
)

// A GTIN is the number of an article or of a pack of it: 14 digits, shorter numbers with zeros in
// front. ParseGTIN is the way in. The zero GTIN means none.
type GTIN string

// An SSCC is the number of one carton or pallet: 18 digits. The zero SSCC means none.
type SSCC string

// A CheckError is a number whose last digit is not the check digit of the others.
type CheckError struct {
	Digits string
	Want   byte // the digit that would be right, as a letter
}

func (e *CheckError) Error() string {
	return fmt.Sprintf("%s ends with the check digit %c, and the digits before it call for %c", e.Digits, e.Digits[len(e.Digits)-1], e.Want)
}

// CheckDigit gives the check digit of digits, which come without one: weights 3 and 1 by turns from
// the right. digits must be 1 to 20 digits.
func CheckDigit(digits string) (byte, error) {
	if len(digits) == 0 || len(digits) > 20 || !allDigits(digits) {
		return 0, &Error{Value: clip(digits), Why: "is not 1 to 20 digits"}
	}
	return checkDigit(digits), nil
}

// checkDigit wants digits only.
func checkDigit(digits string) byte {
	sum := 0
	for i := 0; i < len(digits); i++ {
		weight := 3
		if (len(digits)-i)%2 == 0 {
			weight = 1
		}
		sum += weight * int(digits[i]-'0')
	}
	return byte('0' + (10-sum%10)%10)
}

// checked says whether the last digit is right. digits holds two digits or more, and nothing else.
func checked(digits string) error {
	last := len(digits) - 1
	if want := checkDigit(digits[:last]); digits[last] != want {
		return &CheckError{Digits: digits, Want: want}
	}
	return nil
}

// ParseGTIN reads a GTIN of 8, 12, 13 or 14 digits. The error is a *CheckError where only the
// check digit is wrong, else an *Error.
func ParseGTIN(digits string) (GTIN, error) {
	if !gtinLength(digits) || !allDigits(digits) {
		return "", &Error{Value: clip(digits), Why: "is not 8, 12, 13 or 14 digits"}
	}
	if err := checked(digits); err != nil {
		return "", err
	}
	return GTIN("00000000000000"[len(digits):] + digits), nil
}

func gtinLength(s string) bool { return len(s) == 8 || len(s) >= 12 && len(s) <= 14 }

// Short gives the number as it is printed: 8 digits for a GTIN-8, 13 for one of 12 or 13, else 14.
func (g GTIN) Short() string {
	switch s := string(g); {
	case strings.HasPrefix(s, "000000"):
		return s[6:]
	case strings.HasPrefix(s, "0"):
		return s[1:]
	default:
		return s
	}
}

// NewSSCC makes the number of a carton: the extension digit 0 to 9, the company's prefix of 4 to
// 12 digits, and a serial number that fills what is left of 17 digits. It is an error where the
// serial number does not fit: numbers are never used again within a year.
func NewSSCC(extension int, prefix string, serial uint64) (SSCC, error) {
	if extension < 0 || extension > 9 {
		return "", &Error{Value: fmt.Sprint(extension), Why: "is no extension digit; one is 0 to 9"}
	}
	if len(prefix) < prefixMin || len(prefix) > 12 || !allDigits(prefix) {
		return "", &Error{Value: clip(prefix), Why: fmt.Sprintf("is no company prefix; one is %d to 12 digits", prefixMin)}
	}
	room := 16 - len(prefix)
	tail := fmt.Sprintf("%0*d", room, serial)
	if len(tail) > room {
		return "", &Error{Value: tail, Why: fmt.Sprintf("has more than the %d digits that prefix %s leaves for cartons", room, prefix)}
	}
	digits := fmt.Sprintf("%d%s%s", extension, prefix, tail)
	return SSCC(digits + string(checkDigit(digits))), nil
}

// ParseSSCC reads the 18 digits of a carton. The error is as ParseGTIN's.
func ParseSSCC(digits string) (SSCC, error) {
	if len(digits) != 18 || !allDigits(digits) {
		return "", &Error{Value: clip(digits), Why: "is not 18 digits"}
	}
	if err := checked(digits); err != nil {
		return "", err
	}
	return SSCC(digits), nil
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
