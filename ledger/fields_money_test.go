package ledger

import (
	"fmt"
	"testing"
)

// White-box: a site that takes the most there is at once would have to do so 288,231 times before an account is full.
func TestMoneyBeyondWhatASiteCountsIsRefusedInWords(t *testing.T) {
	s := newTakings()
	s.accounts[MoneySafe] = moneySumMax
	s.drawers["T1"] = &Drawer{Till: "T1", Session: 1, Float: moneySumMax - 5}
	for _, c := range []struct {
		kind MoneyKind
		add  int64
		says string
	}{
		{MoneySafe, 1, "amount would bring safe to 288230376151711745 minor units, beyond what a site counts: look at what was typed"},
		{MoneyDrawer, 6, "amount would bring drawer to 288230376151711745 minor units, beyond what a site counts: look at what was typed"},
		{MoneyPetty, -moneySumMax - 1, "amount would bring petty to -288230376151711745 minor units, beyond what a site counts: look at what was typed"},
		{MoneySafe, 0, "<nil>"},
		{MoneyDrawer, 5, "<nil>"},
	} {
		if got := fmt.Sprint(s.roomFor([]MoneyPosting{{Kind: c.kind, Amount: c.add}}, "T1")); got != c.says {
			t.Errorf("got %q, want %q", got, c.says)
		}
	}
}
