package machine

import (
	"fmt"
	"strings"
)

// A SettingChangedError says that somebody has changed a setting since whoever would change it now has seen it. Nothing is changed.
type SettingChangedError struct {
	Version uint64  // of the settings now
	Last    *Change // the latest change of what was to be changed; nil where it is not known which one that was
}

func (e *SettingChangedError) Error() string {
	if e.Last == nil {
		return fmt.Sprintf("settings are at version %d by now", e.Version)
	}
	return fmt.Sprintf("%s was changed by %s with version %d", e.Last.What, e.Last.Set.By, e.Last.Version)
}

// A sight is the settings as whoever changes them has seen them: by the version that stood beside them. What was changed since,
// the history tells; so the version is one for all settings, and yet two clerks are in each other's way only where both change
// the same thing. The changes that a command makes itself do not count.
type sight struct {
	seen, now uint64             // versions; seen is 0 where it is not said
	all       bool               // the history does not go back so far, or seen is of no version that there was
	since     map[string]*Change // the latest change of each thing since
}

// sightOf reads what was changed since a version: at most ChangesMax changes, once for a command.
func (m *Machine) sightOf(version uint64) sight {
	s := sight{seen: version, now: m.counters.Settings.Version}
	if s.seen == 0 || s.seen == s.now {
		return s
	}
	s.all = s.seen > s.now
	s.since = map[string]*Change{}
	for n := s.now; n > s.seen; n-- {
		c, kept := m.changes.Get(keyOfRank(n))
		if !kept {
			s.all = true
			break
		}
		if thing := c.thing(); s.since[thing] == nil {
			s.since[thing] = c
		}
	}
	return s
}

// still says whether what c changes is as it was seen.
func (s *sight) still(c *Change) error {
	last := s.since[c.thing()]
	if last == nil && !s.all {
		return nil
	}
	return &SettingChangedError{Version: s.now, Last: last}
}

// thing names what a change is of: what its clerk saw, and puts, as one. Of a site that is all its terms; the classes are one list.
func (c *Change) thing() string {
	word, _, more := strings.Cut(c.What, " ")
	switch {
	case strings.HasPrefix(c.What, changeCheck):
		return c.What
	case c.What == changeZone:
		return c.What + "\x00" + string(c.Site)
	case strings.HasPrefix(c.What, presetOf): // before the blank: a class may have one
		return c.What
	case word == "classes" || more: // a limit names its class behind a blank
		return "classes"
	case c.What == RuleNeverBelow.String() || c.What == RuleKeepBack.String() || c.What == RuleClearOut.String(), c.What == RuleLow.String() || c.What == RuleReorderAt.String() || c.What == RuleReorderTo.String():
		return c.What + "\x00" + string(c.Site) + "\x00" + string(c.SKU)
	case c.What == "zone":
		row := c.To
		if row == "" {
			row = c.From
		}
		return c.What + "\x00" + string(c.Site) + "\x00" + row[:max(strings.LastIndex(row, ": "), 0)]
	case c.Site != "":
		return "terms\x00" + string(c.Site)
	default:
		return c.What
	}
}
