package gs1

import (
	"strings"
	"time"
)

// A rule looks at one part of a value and says what is wrong with it, or nil. It may be given any
// text. The names are those of the Barcode Syntax Dictionary.
type rule func(piece string) *Error

// rules holds them by name; it is never changed.
var rules = map[string]rule{
	"csum": checkDigitRule, "csumalpha": checkPairRule,
	"gcppos1": func(s string) *Error { return prefixRule(s, s) }, "gcppos2": prefixBehindDigit,
	"yymmdd": func(s string) *Error { return dayRule(s, 2, false) }, "yymmd0": func(s string) *Error { return dayRule(s, 2, true) },
	"yyyymmdd": func(s string) *Error { return dayRule(s, 4, false) }, "yyyymmd0": func(s string) *Error { return dayRule(s, 4, true) },
	"hh": belowRule("hour", 24), "mi": belowRule("minute", 60), "ss": belowRule("second", 60), "hhmi": hourMinuteRule,
	"iso3166": func(s string) *Error { return unless(in(countries, s, 3), s, "is no country of ISO 3166") },
	"iso3166999": func(s string) *Error {
		return unless(s == "999" || in(countries, s, 3), s, "is no country of ISO 3166, nor 999")
	},
	"iso3166alpha2": func(s string) *Error { return unless(in(countryWords, s, 2), s, "is no country of ISO 3166") },
	"iso4217":       func(s string) *Error { return unless(in(currencies, s, 3), s, "is no currency of ISO 4217") },
	"iso5218":       oneByteRule("0129", "is none of 0, 1, 2 and 9"), "winding": oneByteRule("019", "is none of 0, 1 and 9"),
	"yesno": oneByteRule("01", "is neither 0 nor 1"), "hyphen": oneByteRule("-", "is not a hyphen"),
	"importeridx": oneByteRule("-_"+digits+upper+lower, "is not one letter, digit, - or _"),
	"zero":        func(s string) *Error { return unless(s != "" && strings.Trim(s, "0") == "", s, "is not 0") },
	"nonzero": func(s string) *Error {
		return unless(allDigits(s) && strings.Trim(s, "0") != "", s, "is 0, or no number")
	},
	"nozeroprefix": func(s string) *Error {
		return unless(allDigits(s) && !strings.HasPrefix(s, "0"), s, "begins with 0, or is no number")
	},
	"hasnondigit": func(s string) *Error { return unless(!allDigits(s), s, "holds digits only") },
	"pcenc": func(s string) *Error {
		_, ok := percents(s, false)
		return unless(ok, s, "has a % without two hexadecimal digits")
	},
	"mediatype": mediaRule, "pieceoftotal": pieceRule, "posinseqslash": positionRule,
	"latitude": upToRule("1800000000", "is no latitude"), "longitude": upToRule("3600000000", "is no longitude"),
	"iban": ibanRule,
	// Left to whoever uses them (DESIGN.md, "What is not checked").
	"packagetype": unheld, "couponcode": unheld, "couponposoffer": unheld,
}

const (
	digits = "0123456789"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	// cset82 and cset39 are the two sets of characters of GS1, in the rank that check pairs count in.
	cset82 = "!\"%&'()*+,-./" + digits + ":;<=>?" + upper + "_" + lower
	cset39 = "#-/" + digits + upper
	cset64 = "-_" + digits + upper + lower
)

func unheld(string) *Error { return nil }

func unless(ok bool, value, why string) *Error {
	if ok {
		return nil
	}
	return &Error{Value: clip(value), Why: why}
}

// outside gives the index of the first byte of s that is not of the set, or -1.
func outside(set byte, s string) int {
	switch set {
	case 'N':
		return firstNot(digits, s)
	case 'Y':
		return firstNot(cset39, s)
	case 'Z': // = stands at the end only, one or two, and fills up to threes
		body := strings.TrimRight(s, "=")
		if pads := len(s) - len(body); pads > 0 && (pads > 2 || len(s)%3 != 0) {
			return len(body)
		}
		return firstNot(cset64, body)
	default:
		return firstNot(cset82, s)
	}
}

func firstNot(set, s string) int {
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(set, s[i]) < 0 {
			return i
		}
	}
	return -1
}

func checkDigitRule(s string) *Error {
	if len(s) < 1 || !allDigits(s) {
		return &Error{Value: clip(s), Why: "is no number with a check digit"}
	}
	if err := checked(s); err != nil {
		return &Error{Value: clip(s), Why: err.Error(), Cause: err}
	}
	return nil
}

// prefixMin is the least length of a company's prefix, with which GS1's keys begin.
const prefixMin = 4

func prefixRule(s, whole string) *Error {
	return unless(len(s) >= prefixMin && allDigits(s[:prefixMin]), whole, "does not begin with a company prefix: 4 digits or more")
}

func prefixBehindDigit(s string) *Error {
	if s == "" {
		return prefixRule("", s)
	}
	return prefixRule(s[1:], s)
}

// checkPairMax bounds what a check pair is counted over: a model number has 23 characters there.
const checkPairMax = 97

// checkPairRule checks the two characters at the end of a Global Model Number: each character
// before them counts by its rank times a prime, 2 for the last; the sum modulo 1021 is written in
// two letters of 32.
func checkPairRule(s string) *Error {
	const letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	n := len(s) - 2
	if n < 0 || n > checkPairMax || outside('X', s) >= 0 {
		return &Error{Value: clip(s), Why: "is no text with a check pair"}
	}
	sum, prime := 0, 1
	for i := n - 1; i >= 0; i-- {
		prime = nextPrime(prime)
		sum += strings.IndexByte(cset82, s[i]) * prime
	}
	sum %= 1021
	want := string([]byte{letters[sum>>5], letters[sum&31]})
	return unless(s[n:] == want, s, "ends with the wrong check pair; "+want+" would be right")
}

func nextPrime(after int) int {
	for p := after + 1; ; p++ {
		prime := true
		for d := 2; d*d <= p; d++ {
			if p%d == 0 {
				prime = false
				break
			}
		}
		if prime {
			return p
		}
	}
}

// number reads up to 9 digits; ok is false for anything else.
func number(s string) (n int, ok bool) {
	if s == "" || len(s) > 9 || !allDigits(s) {
		return 0, false
	}
	for i := 0; i < len(s); i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// dayRule checks a day with a year of so many digits. Where zero is set, day 00 is the month's last.
func dayRule(s string, years int, zero bool) *Error {
	if len(s) != years+4 || !allDigits(s) {
		return &Error{Value: clip(s), Why: "is not a day of " + map[int]string{2: "6", 4: "8"}[years] + " digits"}
	}
	year, _ := number(s[:years])
	if years == 2 {
		year += 2000 // of 1951 to 2050 those that two digits make leap years are the same
	}
	month, _ := number(s[years : years+2])
	day, _ := number(s[years+2:])
	if month < 1 || month > 12 {
		return &Error{Value: s, Why: "has no month of 01 to 12"}
	}
	return unless(day <= lastDay(year, month) && (day > 0 || zero), s, "has a day that the month does not have")
}

func lastDay(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func belowRule(what string, limit int) rule {
	return func(s string) *Error {
		n, ok := number(s)
		return unless(ok && len(s) == 2 && n < limit, s, "is no "+what)
	}
}

func hourMinuteRule(s string) *Error {
	n, ok := number(s)
	return unless(ok && len(s) == 4 && n/100 < 24 && n%100 < 60, s, "is no hour and minute")
}

func oneByteRule(set, why string) rule {
	return func(s string) *Error { return unless(len(s) == 1 && strings.Contains(set, s), s, why) }
}

func upToRule(most, why string) rule {
	return func(s string) *Error { return unless(len(s) == len(most) && allDigits(s) && s <= most, s, why) }
}

func mediaRule(s string) *Error {
	n, ok := number(s)
	return unless(ok && len(s) == 2 && (n >= 1 && n <= 10 || n >= 80), s, "is no kind of medium")
}

// pieceRule checks piece and total, half of the digits each.
func pieceRule(s string) *Error {
	piece, ok1 := number(s[:len(s)/2])
	total, ok2 := number(s[len(s)/2:])
	return unless(ok1 && ok2 && len(s)%2 == 0 && piece > 0 && piece <= total, s, "is no piece of a total")
}

// positionRule checks position/end, neither with zeros in front.
func positionRule(s string) *Error {
	first, last, _ := strings.Cut(s, "/")
	at, ok1 := number(first)
	end, ok2 := number(last)
	return unless(ok1 && ok2 && first[0] != '0' && last[0] != '0' && at <= end, s, "is no position and end, as 1/3")
}

func ibanRule(s string) *Error {
	if len(s) <= 10 || len(s) > 34 || firstNot(digits+upper, s) >= 0 || !in(countryWords, s[:2], 2) {
		return &Error{Value: clip(s), Why: "is no IBAN"}
	}
	rest := 0
	for _, c := range []byte(s[4:] + s[:4]) {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return unless(rest == 1, s, "is an IBAN with the wrong check digits")
}
