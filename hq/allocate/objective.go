package allocate

import "cmp"

// An Objective is something that a plan has as little of as can be. The numbers are stored with
// explanations: they are only ever appended to.
type Objective uint8

// The objectives. A Score counts each of them but the last, which is no number.
const (
	LateUnits     Objective = 1 // units that are not there by the need-by date, for nobody has them or only late
	LateLines     Objective = 2 // lines with such units
	CutOffLegs    Objective = 3 // times that a cut-off site has to serve an article
	Parcels       Objective = 4 // sites that serve
	BorrowedUnits Objective = 5 // units that a site has to be asked for
	BelowKeep     Objective = 6 // units taken of what a site wishes to keep
	NewerUnits    Objective = 7 // units taken beyond what has lain too long
	CostSum       Objective = 8 // of all parcels
	RankSum       Objective = 9 // of the sites that serve
	SiteIDs       Objective = 10
)

// A Score counts what a plan has of each objective, by its number. Fewer is better.
type Score [SiteIDs]int64

// A Preset orders the objectives from parcels to cost. What is late or cut off always counts
// before them, and ranks and ids after.
type Preset uint8

// The presets; they are stored, and only ever appended to.
const (
	FewestParcels Preset = 0
	Nearest       Preset = 1
	ProtectShops  Preset = 2
	ClearOld      Preset = 3
)

// order lists what can differ between two plans for one order that serve as much, in order of
// weight. The objectives before Parcels, and between them, are in Objectives.
func (p Preset) order() []Objective {
	switch p {
	case Nearest:
		return nearest[:]
	case ProtectShops:
		return protectShops[:]
	case ClearOld:
		return clearOld[:]
	default:
		return fewestParcels[:]
	}
}

var (
	fewestParcels = [...]Objective{Parcels, BorrowedUnits, BelowKeep, CostSum, RankSum}
	nearest       = [...]Objective{CostSum, Parcels, BorrowedUnits, BelowKeep, RankSum}
	protectShops  = [...]Objective{BelowKeep, Parcels, BorrowedUnits, CostSum, RankSum}
	clearOld      = [...]Objective{NewerUnits, Parcels, BorrowedUnits, BelowKeep, CostSum, RankSum}
)

// Objectives lists the objectives of a preset, in order of weight.
func (p Preset) Objectives() []Objective {
	out := append([]Objective{LateUnits, LateLines, CutOffLegs}, p.order()...)
	return append(out, SiteIDs)
}

// compare says which of two scores is better in the order given: below 0 if a is.
func compare(order []Objective, a, b *Score) int {
	for _, o := range order {
		if a[o] != b[o] {
			return cmp.Compare(a[o], b[o])
		}
	}
	return 0
}

// Compare says which of two scores is better under p: below 0 if a is, 0 if only the ids of the
// sites can decide.
func (p Preset) Compare(a, b *Score) int {
	return cmp.Or(compare([]Objective{LateUnits, LateLines, CutOffLegs}, a, b), compare(p.order(), a, b))
}

// String says an objective for people.
func (o Objective) String() string {
	if int(o) < len(objectiveNames) && objectiveNames[o] != "" {
		return objectiveNames[o]
	}
	return "something that this version does not know"
}

var objectiveNames = [...]string{
	LateUnits:     "units that are not there by the date",
	LateLines:     "lines that are not complete by the date",
	CutOffLegs:    "articles from sites that are cut off",
	Parcels:       "parcels",
	BorrowedUnits: "units that another site has to lend",
	BelowKeep:     "units that a site wished to keep",
	NewerUnits:    "units newer than what has lain too long",
	CostSum:       "distance or cost",
	RankSum:       "how near the sites are set to be",
	SiteIDs:       "the names of the sites, for nothing else differs",
}
