package sheet

import "strings"

// formula says whether a spreadsheet would run a text as a formula (OWASP, "CSV Injection"): it looks at the first character that is no blank.
func formula(text string) bool {
	for _, c := range strings.TrimLeft(text, " ") {
		return strings.ContainsRune("=+-@\t\r＝＋－＠", c)
	}
	return false
}

// defuse gives a text as it stands in a file that a spreadsheet may open: what it would run has an apostrophe in front. What looks like that
// already has one more, so that armed gives back exactly what was there.
func defuse(text string) string {
	if formula(strings.TrimLeft(text, "'")) {
		return "'" + text
	}
	return text
}

// armed is the other way round.
func armed(text string) string {
	if rest, ok := strings.CutPrefix(text, "'"); ok && formula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return text
}
