package gs1

import "fmt"

// An Error says what is wrong with a text, in words for people.
type Error struct {
	AI    AI     // whose value it is; "" where it is nobody's
	Value string // at most some 40 bytes of it; "" where there is nothing to show
	Why   string // goes on from the value: "is not 18 digits"
	Cause error  // a *CheckError, or nil
}

func (e *Error) Error() string {
	switch {
	case e.AI != "" && e.Cause != nil:
		return fmt.Sprintf("(%s) %s", e.AI, e.Cause)
	case e.AI != "" && e.Value != "":
		return fmt.Sprintf("(%s) %q %s", e.AI, e.Value, e.Why)
	case e.AI != "":
		return fmt.Sprintf("(%s) %s", e.AI, e.Why)
	case e.Value != "":
		return fmt.Sprintf("%q %s", e.Value, e.Why)
	default:
		return "it " + e.Why
	}
}

// Unwrap gives the *CheckError, if it is one.
func (e *Error) Unwrap() error { return e.Cause }

// clip keeps an error readable, whatever was sent.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}
