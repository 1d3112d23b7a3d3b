package ledger

import (
	"cmp"
	"slices"
)

// SitesListedMax bounds a list of sites. A company with more has none: its nodes ask each time.
const SitesListedMax = 10_000

// A ListedSite is one site of the company, as head office tells the others of it.
type ListedSite struct {
	ID      SiteID
	Counter bool // customers can be served there
}

// A SiteList is all sites of the company, by name. Version tells lists apart and says nothing of
// which is newer; the zero SiteList, of version 0, is of a node that has never heard one.
type SiteList struct {
	Version uint64
	Sites   []ListedSite
}

// Has says whether the list names the site.
func (l *SiteList) Has(id SiteID) bool {
	_, ok := slices.BinarySearchFunc(l.Sites, id, func(s ListedSite, id SiteID) int { return cmp.Compare(s.ID, id) })
	return ok
}

// Check says what is wrong with a list from outside.
func (l *SiteList) Check() error {
	if len(l.Sites) > SitesListedMax {
		return &FormError{Field: "sites", Why: "are more than a list can hold"}
	}
	for i := range l.Sites {
		if _, err := ParseSite(string(l.Sites[i].ID)); err != nil {
			return err
		}
		if i > 0 && l.Sites[i-1].ID >= l.Sites[i].ID {
			return &FormError{Field: "sites", Why: "are not in order of their names, each once"}
		}
	}
	return nil
}
