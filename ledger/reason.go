package ledger

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Reason is a word that says why somebody did something with goods, as head office, or a node that stands alone, has set it. As long as none is
// set for an act any text is a reason for it, and from the first one on one of them is needed. What stands in the journal keeps its word when the
// reason is ended.
type Reason struct {
	Code    string // 1 to 40 bytes of letters, digits and . _ -
	Text    string // for people; "" where the code says enough
	Way     ReasonWay
	Approve bool       // of adjustments: another person than who does it has to approve
	Blocks  bool       // of adjustments: the units stay in their bin, blocked, until somebody has looked; else they leave the book, or are fit to be sold
	Acts    ReasonActs // for what it is given; 0: adjustments and counts
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
	switch {
	case r.Acts.newer(): // its build knows what goes with it
	case r.Moves() && r.Way == 0:
		return &FormError{Field: "way", Why: "is missing: units are found for it (in), are gone for it (out), or both"}
	case !r.Moves() && r.Way != 0:
		return &FormError{Field: "way", Why: "goes with adjustments and counts only: leave it out"}
	case !r.For(ReasonAdjust) && (r.Approve || r.Blocks):
		return &FormError{Field: "for", Why: "names no adjustment, and only those are approved, or leave goods blocked: name adjustment, too, or leave approve and goods out"}
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

// Reason finds the reason that somebody gives for an act; ok is false where any text is one. The error lists what there is.
func (c *Company) Reason(act ReasonAct, code string) (r Reason, ok bool, err error) {
	var list []Reason
	for i := range c.Reasons {
		if c.Reasons[i].For(act) {
			list = append(list, c.Reasons[i])
		}
	}
	if len(list) == 0 {
		return Reason{}, false, nil
	}
	if at, known := FindReason(list, code); known {
		return list[at], true, nil
	}
	why := fmt.Sprintf("is %q, which is none of the company's", code)
	if _, known := FindReason(c.Reasons, code); known {
		why = fmt.Sprintf("%s is not given for %s", code, act.of())
	} else if code == "" {
		why = fmt.Sprintf("is missing: this company has %s say why", act.of())
	}
	return Reason{}, false, &FormError{Field: "reason", Why: why + ": give one of " + ReasonCodes(list)}
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
		w.uint(uint64(v.Acts))
	})
}

func (r *rowReader) reason() (v Reason) {
	r.row(1, func() {
		if r.uint() == 0 {
			r.refuse("reason version 0")
		}
		v.Code, v.Text, v.Way = r.str(), r.str(), ReasonWay(r.upTo(math.MaxUint8))
		v.Approve, v.Blocks = r.bool(), r.bool()
		v.Acts = ReasonActs(r.upTo(math.MaxUint32))
	})
	return v
}
