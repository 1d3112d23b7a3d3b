package sheet

import "testing"

// These tests are white-box because what is defused is nobody's but the reader's and the writer's.

// nasty are texts that a spreadsheet would run, or that look like what was defused already.
func nasty() []string {
	return []string{"=1+1", "+44 20", "-1", "@SUM(A1)", "\tx", "'=1", "''=1", "'", "''", "'tis", "' =x", "a=b", "＝1+1", "x", "", "1,5", `say "no"`, "5;6", "0012", "1E5", "'+", "'''-"}
}

func TestWhatASpreadsheetWouldRunIsDefusedAndReadBackAsItWas(t *testing.T) {
	for _, text := range nasty() {
		safe := defuse(text)
		if formula(safe) {
			t.Errorf("%q is written as %q, which a spreadsheet would run", text, safe)
		}
		if back := armed(safe); back != text {
			t.Errorf("%q is written as %q and read back as %q", text, safe, back)
		}
	}
}

func FuzzDefuse(f *testing.F) {
	for _, text := range nasty() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if safe := defuse(text); formula(safe) || armed(safe) != text {
			t.Errorf("%q is written as %q and read back as %q", text, safe, armed(safe))
		}
	})
}
