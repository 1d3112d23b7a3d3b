package office_test

// movePlants are faults about orders that are amended and moved.
var movePlants = map[string]edit{
	"what a move holds is not counted":                 {"move_exchange.go", "m.editStock(l.Site, l.SKU).Holds += l.Qty\n", ""},
	"what was let go is not served from elsewhere":     {"move.go", "taken := f.m.unhold(mv, l.Line, n)", "lost := n\n			if PLANTED {\n				lost = 0\n			}\n			taken := f.m.unhold(mv, l.Line, lost)"},
	"what a move held is served and held":              {"move.go", "m.editStock(l.Site, l.SKU).Holds -= n\n", ""},
	"a cancelled order keeps what its move holds":      {"order.go", "	m.endMove(o.ID, why)\n", ""},
	"a site that was told keeps what it was to let go": {"move.go", "if f.m.shrink(o, l.Line, f.site, n, LegCanceled); at >= 0", "if !PLANTED {\n			f.m.shrink(o, l.Line, f.site, n, LegCanceled)\n		}\n		if at >= 0"},
	"an amendment lets nothing go":                     {"amend.go", "	m.release(o, gone, why)\n", ""},
	"an amended leg goes on counting":                  {"amend.go", "			o.cut(i, n)\n", ""},
}

// exchangePlants are faults about orders that change units, make room or give up. What storms come too seldom near tables hold
// (hq/machine, move_exchange_test.go): that what is needed by a day gives nothing up, that no order comes in more parcels that may not move, none moves a third time a day, and none gets
// more than the other one lets go. That all is let go before units change hands two rules hold, each alone.
var exchangePlants = map[string]edit{
	"what is let go for an exchange is anybody's":    {"move_together.go", "		stock.Held -= has\n		stock.Holds += has\n", ""},
	"an exchange that is called off loses its units": {"move_together.go", "	m.reserveAnew(o, mv, mv.Kept, againTold, why)\n", "	for _, l := range mv.Kept {\n		m.editStock(l.Site, l.SKU).Held += l.Qty\n	}\n"},
	"only one side is called off":                    {"move_together.go", "		other.With = \"\"\n		m.callOffOne(other, why)\n", "		m.moves.del(other.Order)\n"},
	"one that is cancelled leaves the other waiting": {"move.go", "		m.callOffOne(other, why)\n", ""},
	"what is given up is forgotten":                  {"move_together.go", "		o.Lines[i].Backordered += q\n", ""},
	"what an exchange fills goes on waiting":         {"move_together.go", "		line.Fill(l.Qty - n)\n", ""},
	"any class gives up":                             {"move_exchange.go", "return again == AgainGiveUp && o.Yields &&", "return (PLANTED || again == AgainGiveUp && o.Yields) &&"},
	"one that is pinned is exchanged":                {"move_exchange.go", "|| e.class.Again == AgainPinned {", "|| !PLANTED && e.class.Again == AgainPinned {"},
	"parts are exchanged for nothing":                {"move_exchange.go", "a.after+b.after < a.before+b.before &&", "(PLANTED || a.after+b.after < a.before+b.before) &&"},
}

// rewoundPlants are those that only going back in time shows.
var rewoundPlants = map[string]edit{
	"a site does not know again what it reserved": {"move_together.go", "		id := mv.told(part, what)\n", "		id := mv.told(part, what)\n		if PLANTED {\n			id = \"\"\n		}\n"},
}
