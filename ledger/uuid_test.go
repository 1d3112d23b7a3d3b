package ledger_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestOnlyAUUIDInLowerCaseIsReadAsOne(t *testing.T) {
	const good = "0190abcd-0123-7000-8000-00000000ef89"
	if id, ok := ledger.ParseUUID(good); !ok || id.String() != good {
		t.Errorf("%s: got %s %t, want it back", good, id, ok)
	}
	for what, bad := range map[string]string{
		"nothing":              "",
		"a digit too few":      good[:35],
		"a digit too many":     good + "0",
		"capitals":             "0190ABCD-0123-7000-8000-00000000EF89",
		"another mark":         "0190abcd_0123-7000-8000-00000000ef89",
		"a mark too few":       "0190abcd-0123-7000-80000000000000ef89"[:36],
		"two marks too many":   "0190abcd-0123-7000-8000---000000ef89",
		"no digit":             "0190abcg-0123-7000-8000-00000000ef89",
		"marks instead of all": "------------------------------------",
	} {
		if id, ok := ledger.ParseUUID(bad); ok {
			t.Errorf("%s, %q: got %s, want none", what, bad, id)
		}
	}
}

// What is kept as 16 bytes must come back as it was: two ids that are one would be one order.
func TestTextThatIsReadAsAUUIDComesBackToTheLetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9a-fA-F-]{8}-[0-9a-f-]{4}-[0-9a-f-]{4}-[0-9a-f-]{4}-[0-9a-f-]{12}`).Draw(t, "text")
		if id, ok := ledger.ParseUUID([]byte(text)); ok && id.String() != text {
			t.Fatalf("got %s for %s", id, text)
		}
	})
}

func TestAUUIDIsReadWithoutAllocating(t *testing.T) {
	text := []byte("0190abcd-0123-7000-8000-00000000ef89")
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := ledger.ParseUUID(text); !ok {
			t.Fatal("it is one")
		}
	}); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}
