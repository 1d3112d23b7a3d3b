package gs1

// Lint puts one piece to one rule by its name. White-box: the rules stand behind the table.
func Lint(name, piece string) (err error, known bool) {
	var said *Error
	switch name {
	case "csetnumeric":
		said = unless(outside('N', piece) < 0, piece, "is no number")
	case "cset82":
		said = unless(outside('X', piece) < 0, piece, "is not of the set")
	case "cset39":
		said = unless(outside('Y', piece) < 0, piece, "is not of the set")
	case "cset64":
		said = unless(outside('Z', piece) < 0, piece, "is not of the set")
	default:
		r, ok := rules[name]
		if !ok {
			return nil, false
		}
		said = r(piece)
	}
	if said != nil {
		return said, true
	}
	return nil, true
}

// Row is a row of the table, for holding it against the dictionary.
type Row struct {
	AI           string
	Fixed, Query bool
	Form         string
	Needs        []string
	Bars         string
	Primary      bool
	Follow       string
}

// Rows gives the table as it is written.
func Rows() []Row {
	out := make([]Row, len(rows))
	for i, r := range rows {
		out[i] = Row{r.ai, r.fixed, r.query, r.form, r.needs, r.bars, r.primary, r.follow}
	}
	return out
}
