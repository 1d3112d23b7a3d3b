package sim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Seeds are all from the first to the last.
type Seeds struct{ First, Last uint64 }

// SeedsMax bounds the seeds of one call.
const SeedsMax = 1_000_000

// ParseSeeds reads "7" or "1-2000".
func ParseSeeds(s string) (Seeds, error) {
	first, last, many := strings.Cut(s, "-")
	if !many {
		last = first
	}
	a, errA := strconv.ParseUint(first, 10, 63)
	b, errB := strconv.ParseUint(last, 10, 63)
	if errA != nil || errB != nil || a > b || b-a >= SeedsMax {
		return Seeds{}, fmt.Errorf("%w: %q is no range of seeds; 1-2000 is one, of at most %d", ErrBounds, s, SeedsMax)
	}
	return Seeds{a, b}, nil
}

// Count is how many they are.
func (s Seeds) Count() int { return int(s.Last-s.First) + 1 }

// A Summary is what many seeds came to. Its fields are those of the last line of sim --seeds --json.
type Summary struct {
	Seeds      int               `json:"seeds"`
	SiteHours  int               `json:"site_hours"`
	Parted     float64           `json:"partitioned_site_hours"`
	Bad        string            `json:"bad"`
	Steps      uint64            `json:"steps"`
	Orders     uint64            `json:"orders"`
	Accepted   uint64            `json:"accepted"`
	Offline    uint64            `json:"offline"`
	Unsure     uint64            `json:"to_be_confirmed"`
	Confirmed  uint64            `json:"confirmed"`
	Declined   uint64            `json:"declined"`
	CrossSite  uint64            `json:"cross_site"`
	Entries    uint64            `json:"entries"`
	Crashes    uint64            `json:"crashes"`
	HQRestarts uint64            `json:"hq_restarts"`
	HQRestores uint64            `json:"hq_restores"`
	Restores   uint64            `json:"restores"`
	DisksLost  uint64            `json:"disks_lost"`
	Clones     uint64            `json:"clones"`
	Losses     uint64            `json:"declared_lost"`
	Partitions uint64            `json:"partitions"`
	Faults     map[string]uint64 `json:"faults"`
	Oversold   uint64            `json:"oversold"`
	Displaced  uint64            `json:"displaced"`
	Forgotten  uint64            `json:"forgotten"`
	Lost       uint64            `json:"lost"`
	Duplicated uint64            `json:"duplicated"`
	Violations uint64            `json:"violations"`
	Failed     []Failure         `json:"failed"`
	Unmet      []string          `json:"unmet"` // combinations that no seed brought about
	CPUSeconds float64           `json:"cpu_seconds"`
	Seconds    float64           `json:"seconds"`
	PerCPUMin  float64           `json:"site_hours_per_cpu_minute"`
	Digest     string            `json:"digest"` // over the digests of all seeds
	met        map[string]uint64
}

// A Failure is a seed that broke an invariant, and how to see it again.
type Failure struct {
	Seed   uint64 `json:"seed"`
	Broken string `json:"broken"`
	Replay string `json:"replay"`
}

// Many is many seeds to be carried out, several at once.
type Many struct {
	Seeds   Seeds
	Hours   int
	Sites   int // 0: the seed chooses
	Bad     Disaster
	Workers int
	Done    func()        // a seed is done
	Failed  func(*Report) // and has broken an invariant; both are called one at a time
	off     guard
}

// Do carries them out. The error is ctx's alone, or ErrBounds.
func (m *Many) Do(ctx context.Context) (*Summary, error) {
	if err := inBounds(m.Sites, m.Hours); err != nil {
		return nil, err
	}
	out := &Summary{Bad: m.Bad.String(), Faults: map[string]uint64{}, Failed: []Failure{}, Unmet: []string{}, met: map[string]uint64{}}
	digests := make([]string, m.Seeds.Count())
	var mu sync.Mutex // guards out, digests and what Done and Failed do
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, m.Workers))
	for i := range digests {
		g.Go(func() error {
			run := &Run{Seed: m.Seeds.First + uint64(i), Hours: m.Hours, Sites: m.Sites, Bad: m.Bad, Tick: func(time.Duration) {}, off: m.off}
			r, err := run.Do(ctx)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			digests[i] = r.Digest
			out.add(r)
			if m.Done(); r.Violations > 0 {
				m.Failed(r)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(out.Failed, func(a, b Failure) int { return int(int64(a.Seed) - int64(b.Seed)) })
	sum := sha256.Sum256([]byte(strings.Join(digests, "\n")))
	out.Digest = hex.EncodeToString(sum[:])
	for _, what := range out.owed(m.Bad) {
		if out.met[what] == 0 {
			out.Unmet = append(out.Unmet, what)
		}
	}
	return out, nil
}

// owed lists the combinations that runs with these disasters have to bring about.
func (s *Summary) owed(bad Disaster) []string {
	list := Combinations()
	switch bad {
	case AllDisasters:
		list = append(list, backCombinations()...)
	case 0:
		list = append(list, quietCombinations()...)
	}
	return list
}

func (s *Summary) add(r *Report) {
	s.Seeds++
	s.SiteHours += r.Hours * r.Sites
	s.Parted += r.Parted
	s.Steps += r.Steps
	s.Orders += r.Orders
	s.Accepted += r.Accepted
	s.Offline += r.Offline
	s.Unsure += r.Unconfirmed
	s.Confirmed += r.Confirmed
	s.Declined += r.Declined
	s.CrossSite += r.CrossSite
	s.Entries += r.Entries
	s.Oversold += r.Oversold
	s.Displaced += r.Displaced
	s.Forgotten += r.Forgotten
	s.Lost += r.Lost
	s.Duplicated += r.Duplicated
	s.Violations += r.Violations
	for what, n := range r.Faults {
		s.Faults[what] += n
	}
	for what, n := range r.Met {
		s.met[what] += n
	}
	f := r.Faults
	s.Crashes += f["crash"]
	s.HQRestarts += f["hq_restart"]
	s.HQRestores += f["hq_restored"]
	s.Restores += f["restore"]
	s.DisksLost += f["disk_lost"]
	s.Clones += f["clone"]
	s.Losses += f["declared_lost"]
	s.Partitions += f["cut"]
	if r.Violations > 0 {
		s.Failed = append(s.Failed, Failure{r.Seed, r.Broken[0], r.Replay()})
	}
}

// Took notes the time that the seeds took, by the clock and of processors.
func (s *Summary) Took(clock, cpu time.Duration) {
	s.Seconds, s.CPUSeconds = clock.Seconds(), cpu.Seconds()
	if cpu > 0 {
		s.PerCPUMin = float64(s.SiteHours) / cpu.Minutes()
	}
}
