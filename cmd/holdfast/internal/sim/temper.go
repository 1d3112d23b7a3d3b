package sim

import "time"

// A Temper is what kind of company a seed has: how many sites and articles, how busy they are and
// how often what happens every day goes wrong.
type Temper struct {
	Sites, SKUs                         int
	OrderEach, HQOrderEach              time.Duration // of a site; of head office
	ReceiptEach, PickEach, TransferEach time.Duration // of a site
	CutEach, CutFor                     time.Duration // of a site's line
	CrashEach, TrapEach                 time.Duration // of a site
	HQCrashEach, HQCrashFor             time.Duration
	HQTrapEach, UnsureEach              time.Duration
	BackupEach, SnapshotEach            time.Duration
	WeatherFrom, WeatherTo              time.Duration
	CalmShare, RoughShare, Wild         int // of the weather, by weight
}

// steady is the company whose number of sites is given. Goods come in a little slower than they
// are wanted, so that there is always something to be short of.
func steady(sites int) Temper {
	return Temper{Sites: sites, SKUs: 12,
		OrderEach: 24 * time.Second, HQOrderEach: 60 * time.Second, ReceiptEach: 2 * time.Minute, PickEach: 3 * time.Minute, TransferEach: 4 * time.Minute,
		CutEach: 20 * time.Minute, CutFor: 2 * time.Minute, CrashEach: 30 * time.Minute, TrapEach: 6 * time.Minute,
		HQCrashEach: 30 * time.Minute, HQCrashFor: 3 * time.Second, HQTrapEach: 8 * time.Minute, UnsureEach: 10 * time.Minute,
		BackupEach: 7 * time.Minute, SnapshotEach: 12 * time.Minute,
		WeatherFrom: 2 * time.Minute, WeatherTo: 25 * time.Minute, CalmShare: 4, RoughShare: 4, Wild: 3}
}

// tempered lets the seed choose. Most companies are small, for what can meet meets there as well;
// a few have up to SitesMax sites. Large ones are less busy at each site.
func tempered(seed uint64) Temper {
	c := newChance(seed, "company")
	t := steady(0)
	switch c.pick([]int{80, 15, 5}) {
	case 0:
		t.Sites = SitesMin + c.upTo(4)
	case 1:
		t.Sites = 6 + c.upTo(7)
	default:
		t.Sites = 13 + c.upTo(SitesMax-12)
	}
	t.SKUs = []int{1 + c.upTo(3), 4 + c.upTo(9), 13 + c.upTo(28)}[c.pick([]int{2, 5, 3})]
	t.OrderEach = c.between(15*time.Second, 45*time.Second)
	if t.Sites > 12 {
		t.OrderEach *= 3
	}
	t.HQOrderEach = c.between(30*time.Second, 2*time.Minute)
	t.ReceiptEach = t.OrderEach * time.Duration(3+c.upTo(5))
	t.PickEach = 6 * t.OrderEach
	t.TransferEach = 8 * t.OrderEach
	t.CutEach, t.CutFor = c.between(10*time.Minute, 40*time.Minute), c.between(time.Minute, 8*time.Minute)
	t.CrashEach, t.TrapEach = c.between(10*time.Minute, 90*time.Minute), c.between(3*time.Minute, 20*time.Minute)
	t.HQCrashEach, t.HQCrashFor = c.between(15*time.Minute, 2*time.Hour), c.between(time.Second, 40*time.Second)
	t.HQTrapEach, t.UnsureEach = c.between(5*time.Minute, 30*time.Minute), c.between(5*time.Minute, 40*time.Minute)
	t.BackupEach, t.SnapshotEach = c.between(3*time.Minute, 20*time.Minute), c.between(4*time.Minute, 30*time.Minute)
	t.CalmShare, t.RoughShare, t.Wild = 1+c.upTo(6), 1+c.upTo(4), c.upTo(4)
	return t
}
