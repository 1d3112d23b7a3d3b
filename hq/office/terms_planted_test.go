package office_test

// termsPlants are faults about what sites serve, and how much a day.
var termsPlants = map[string]edit{
	"a parcel never comes off its day":                 {"parcels.go", "m.unload(site, one.Day)\n", ""},
	"a parcel comes off its day twice":                 {"parcels.go", "	if l.Days[i].Parcels--; l.Days[i].Parcels == 0 {\n", "	if PLANTED && l.Days[i].Parcels > 1 {\n		l.Days[i].Parcels--\n	}\n	if l.Days[i].Parcels--; l.Days[i].Parcels == 0 {\n"},
	"an ask that is abandoned keeps its parcels":       {"fold.go", "f.parcelsOf(o.ID, f.closeAsk(b.Ask), false)\n", "f.closeAsk(b.Ask)\n"},
	"an amended parcel stays":                          {"amend.go", "m.parcelsLeave(o.ID, site, c.ID)\n", ""},
	"what is due in is promised to whom nobody serves": {"expected_terms.go", "t == nil || t.Serves(sku) && !t.bars(o)", "t == nil || t.Serves(sku)"},
	"a term that changes leaves promises as they were": {"sourcing.go", "m.dueElsewhere([]ledger.SiteID{t.Site}, signed.At)\n", ""},
}
