package office_test

// movePlants are faults about orders that are amended and moved.
var movePlants = map[string]edit{
	"what a move holds is not counted":                 {"move.go", "m.editStock(l.Site, l.SKU).Holds += l.Qty\n", ""},
	"what was let go is not served from elsewhere":     {"move.go", "taken := f.m.unhold(mv, l.Line, n)", "lost := n\n			if PLANTED {\n				lost = 0\n			}\n			taken := f.m.unhold(mv, l.Line, lost)"},
	"what a move held is served and held":              {"move.go", "m.editStock(l.Site, l.SKU).Holds -= n\n", ""},
	"a cancelled order keeps what its move holds":      {"order.go", "	m.endMove(o.ID, why)\n", ""},
	"a site that was told keeps what it was to let go": {"move.go", "if o.shrink(l.Line, f.site, n, LegCanceled); at >= 0", "if !PLANTED {\n			o.shrink(l.Line, f.site, n, LegCanceled)\n		}\n		if at >= 0"},
	"an amendment lets nothing go":                     {"amend.go", "	m.release(o, gone, why)\n", ""},
	"an amended leg goes on counting":                  {"amend.go", "			o.cut(i, n)\n", ""},
}
