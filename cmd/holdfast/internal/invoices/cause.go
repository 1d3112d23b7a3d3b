package invoices

import "strings"

// A Cause is a stable code for why stock was corrected.
type Cause string

// The causes of stock corrections.
const (
	CauseUnknown  Cause = "unknown"   // nothing was typed, or only question marks
	CauseDamaged  Cause = "damaged"   // broken, wet, mouldy, unsaleable, thrown away
	CauseLost     Cause = "lost"      // missing, not received
	CauseFound    Cause = "found"     // turned up on a shelf, or came in unannounced
	CauseCounted  Cause = "counted"   // a count or a check, or its adjustment
	CauseMiscoded Cause = "miscoded"  // went under another article's code or barcode
	CausePackSize Cause = "pack_size" // sold as a set and kept as singles, or the other way
	CauseReturned Cause = "returned"  // a return or a credit that was booked wrongly
	CauseSample   Cause = "sample"    // samples, showroom, mailings, gifts
	CauseChannel  Cause = "channel"   // moved to or sold by a web shop or marketplace
	CauseOther    Cause = "other"     // something else was typed; read the text
)

// causes is searched from the top, so the more telling words come first: "sold as set on dotcom" is
// about the set, "damages/dotcom?" about the damage. It is constant: nothing writes to it.
var causes = []struct {
	cause Cause
	words []string
}{
	{CausePackSize, []string{"sold as set", "sold set", "sold sets", "dotcom set", "as sets", "in set", "in 6", "sold as 1"}},
	{CauseMiscoded, []string{"barcode", "wrong code", "code", "wrongly marked", "mix up", "sold as 2"}},
	{CauseDamaged, []string{"damage", "thrown", "throw away", "wet", "rust", "smash", "broken", "crack", "crush", "mould", "faulty", "unsale", "smudge"}},
	{CauseReturned, []string{"return", "credit", "put back into stock"}},
	{CauseFound, []string{"found", "rcvd be", "cargo order"}},
	{CauseLost, []string{"lost", "missing", "mia", "not rcvd"}},
	{CauseSample, []string{"sample", "showroom", "display", "given away", "mailout"}},
	{CauseCounted, []string{"check", "count", "adjust"}},
	{CauseChannel, []string{"amazon", "ebay", "dotcom", "fba"}},
}

func causeOf(text string) Cause {
	text = strings.ToLower(text)
	if strings.Trim(text, "? .") == "" {
		return CauseUnknown
	}
	for _, c := range causes {
		for _, word := range c.words {
			if strings.Contains(text, word) {
				return c.cause
			}
		}
	}
	return CauseOther
}
