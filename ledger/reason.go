package ledger

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Reason is a word that adjustments may give for what was found or is gone, as head office, or a node that stands alone, has set it. As long as
// none is set any text is a reason. What stands in the journal keeps its word when the reason is ended.
type Reason struct {
	Code    string // 1 to 40 bytes of letters, digits and . _ -
	Text    string // for people; "" where the code says enough
	Way     ReasonWay
	Approve bool // another person than who does it has to approve
	Blocks  bool // the units stay in their bin, blocked, until somebody has looked; else they leave the book, or are fit to be sold
}

// Bounds of what is set of reasons.
const (
	ReasonsMax    = 100
	reasonCodeMax = 40
	reasonTextMax = 128
)

// A ReasonWay is which way units may go for a reason. On disk: only ever appended to.
type ReasonWay uint8

// The ways. The zero ReasonWay is none.
const (
	ReasonIn   ReasonWay = 1 // units are found
	ReasonOut  ReasonWay = 2 // units are gone
	ReasonBoth ReasonWay = 3
)

var reasonWays = [...]string{ReasonIn: "in", ReasonOut: "out", ReasonBoth: "both"}

func (w ReasonWay) String() string {
	if w == 0 || int(w) >= len(reasonWays) {
		return "other" // a newer build's
	}
	return reasonWays[w]
}

// ParseReasonWay reads the word for a way.
func ParseReasonWay(s string) (ReasonWay, error) {
	if i := slices.Index(reasonWays[:], s); i > 0 {
		return ReasonWay(i), nil
	}
	return 0, &FormError{Field: "way", Why: fmt.Sprintf("is %q, which is none; it is one of %s", s, strings.Join(reasonWays[1:], ", "))}
}

// Check refuses a reason that no book would store. A way that this build has not heard of is kept, and goes both ways.
func (r *Reason) Check() error {
	if err := checkName("code", r.Code, reasonCodeMax, "._-", true); err != nil {
		return err
	}
	if len(r.Text) > reasonTextMax {
		return &FormError{Field: "text", Why: fmt.Sprintf("is longer than %d bytes", reasonTextMax)}
	}
	if r.Way == 0 {
		return &FormError{Field: "way", Why: "is missing: units are found for it (in), are gone for it (out), or both"}
	}
	return nil
}

// CheckReasons refuses a list that no book would store: reasons by code, each once.
func CheckReasons(list []Reason) error {
	if len(list) > ReasonsMax {
		return &FormError{Field: "reasons", Why: fmt.Sprintf("are more than %d: end some that nobody gives", ReasonsMax)}
	}
	for i := range list {
		if err := list[i].Check(); err != nil {
			return err
		}
		if i > 0 && list[i-1].Code >= list[i].Code {
			return &FormError{Field: "reasons", Why: "are not in order of their codes, each once"}
		}
	}
	return nil
}

// SetReasons gives a list in which each of set stands in the place of the one of its code, and none of ends.
func SetReasons(list, set []Reason, ends []string) []Reason {
	out := slices.DeleteFunc(slices.Clone(list), func(r Reason) bool { return slices.Contains(ends, r.Code) })
	for _, r := range set {
		if at, had := FindReason(out, r.Code); had {
			out[at] = r
		} else {
			out = slices.Insert(out, at, r)
		}
	}
	return out
}

// FindReason finds the reason of a code in a list by code.
func FindReason(list []Reason, code string) (index int, ok bool) {
	return slices.BinarySearchFunc(list, code, func(r Reason, code string) int { return strings.Compare(r.Code, code) })
}

// ReasonCodes lists the codes of a list, for people.
func ReasonCodes(list []Reason) string {
	words := make([]string, len(list))
	for i := range list {
		words[i] = list[i].Code
	}
	return strings.Join(words, ", ")
}

// Reason finds the reason that somebody gives; ok is false where any text is one. The error lists what there is.
func (c *Company) Reason(code string) (r Reason, ok bool, err error) {
	if len(c.Reasons) == 0 {
		return Reason{}, false, nil
	}
	at, known := FindReason(c.Reasons, code)
	if !known {
		return Reason{}, false, &FormError{Field: "reason", Why: fmt.Sprintf("is %q, which is none of the company's: give one of %s", code, ReasonCodes(c.Reasons))}
	}
	return c.Reasons[at], true, nil
}

// Takes holds the lines of an adjustment against the reason that it gives: which way they go, whether somebody has approved it. approved says
// so. Lines for which their units stay where they are say so from here on, and name their bin.
func (r *Reason) Takes(lines []AdjustLine, approved bool) error {
	for i := range lines {
		l := &lines[i]
		switch {
		case l.Qty > 0 && r.Way == ReasonOut:
			return atLine(&FormError{Field: "reason", Why: fmt.Sprintf("%s is for what is gone, and %d of %s are found: give another", r.Code, l.Qty, l.SKU)}, i)
		case l.Qty < 0 && r.Way == ReasonIn:
			return atLine(&FormError{Field: "reason", Why: fmt.Sprintf("%s is for what is found, and %d of %s are gone: give another", r.Code, -l.Qty, l.SKU)}, i)
		case r.Blocks && l.Qty < 0 && l.Bin == "":
			return atLine(&FormError{Field: "bin", Why: fmt.Sprintf("is missing: for %s the units of %s stay where they are, blocked. Say in which bin they lie", r.Code, l.SKU)}, i)
		}
		l.Blocked = r.Blocks
	}
	if r.Approve && !approved {
		return &FormError{Field: "approver", Why: fmt.Sprintf("is missing: %s takes the word of another person than who does it", r.Code)}
	}
	return nil
}

const reasonVersion = 1

// MarshalReason gives the bytes of a reason where it stands alone.
func MarshalReason(v *Reason) []byte {
	w := rowWriter{}
	w.reason(v)
	return w.buf
}

// UnmarshalReason reads what MarshalReason wrote.
func UnmarshalReason(b []byte) (*Reason, error) {
	r := newRowReader(b, companyElementsMax, nil)
	v := r.reason()
	if err := r.done("reason"); err != nil {
		return nil, err
	}
	return &v, nil
}

func (w *rowWriter) reason(v *Reason) {
	w.row(func() {
		w.uint(reasonVersion)
		w.str(v.Code)
		w.str(v.Text)
		w.uint(uint64(v.Way))
		w.bool(v.Approve)
		w.bool(v.Blocks)
	})
}

func (r *rowReader) reason() (v Reason) {
	r.row(1, func() {
		if r.uint() == 0 {
			r.refuse("reason version 0")
		}
		v.Code, v.Text, v.Way = r.str(), r.str(), ReasonWay(r.upTo(math.MaxUint8))
		v.Approve, v.Blocks = r.bool(), r.bool()
	})
	return v
}
