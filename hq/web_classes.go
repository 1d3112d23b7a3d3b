package hq

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// ClassRow is a class of orders: those whose class is its name.
type ClassRow struct {
	Name     string     `json:"name" jsonschema:"the word that orders bear as their class"`
	Again    string     `json:"again,omitempty" jsonschema:"what planning again may do with a promised order: keep_or_improve (the default), pinned, or no_more_than_now (fewer parcels, no more units), may_move (also to worse places, in time and as full, where that makes an order whole that is as important), or give_up (it may move, and one that was placed with shortage backorder and needed by no day may lose its units to a more important order that would be late: it then waits again)"`
	MustFill bool       `json:"must_fill,omitempty" jsonschema:"its waiting orders keep what comes, however little; others are released only what completes them"`
	Limits   []LimitRow `json:"limits,omitempty"`
}

// LimitRow bounds what a class gets of a SKU, or keeps some of it for the class.
type LimitRow struct {
	Kind string `json:"kind" jsonschema:"cap_day (units in a UTC day), cap_share (percent of what can be promised and what it has got today), or minimum (units that can be promised and are kept for the class)"`
	SKU  string `json:"sku"`
	Qty  int64  `json:"qty"`
}

// ClassList is all classes, the most important first. An order of another class, or of none, comes last.
type ClassList struct {
	Version uint64     `json:"version,omitempty" jsonschema:"of the settings. In a request the one that was seen: where the classes were changed since, nothing is changed and the answer is changed_since; left out, they take the place of whatever is there"`
	Classes []ClassRow `json:"classes"`
}

// ClassesRequest sets the classes: the whole list.
type ClassesRequest struct {
	ClassList
	SignedRequest
}

func (s *Server) getClasses(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, looked(s, classList))
}

func classList(m *machine.Machine) ClassList {
	out := ClassList{Version: m.Settings().Version, Classes: []ClassRow{}}
	for _, c := range m.Classes() {
		row := ClassRow{Name: c.Name, Again: c.Again.String(), MustFill: c.MustFill}
		for _, l := range c.Limits {
			row.Limits = append(row.Limits, LimitRow{Kind: l.Kind.String(), SKU: string(l.SKU), Qty: int64(l.Qty)})
		}
		out.Classes = append(out.Classes, row)
	}
	return out
}

// putClasses sets the classes. Done again it changes nothing and makes no history.
func (s *Server) putClasses(w http.ResponseWriter, r *http.Request) error {
	var in ClassesRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	limits := 0
	for i := range in.Classes {
		limits += len(in.Classes[i].Limits)
	}
	if err := cmp.Or(atMost("classes", len(in.Classes), machine.ClassesMax), atMost("limits", limits, machine.LimitsMax)); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	if !s.knows(machine.ClassesCommands) || looked(s, (*machine.Machine).Settings).Version == 0 {
		return errMixed
	}
	if err := s.sees(in.Version); err != nil {
		return err
	}
	c := &machine.SetClasses{By: in.By, Reason: in.Reason, At: s.now(), Version: in.Version}
	for i := range in.Classes {
		class, err := in.Classes[i].class()
		if err != nil {
			return err
		}
		for _, l := range class.Limits {
			if !looked(s, func(m *machine.Machine) bool { _, known := m.Item(l.SKU); return known }) {
				return contract.UnknownSKU(l.SKU, 0)
			}
		}
		if class.Again > machine.AgainNoMore && !s.knows(machine.ExchangeCommands) {
			return errMixed
		}
		c.Classes = append(c.Classes, class)
	}
	res, err := s.Propose(r.Context(), machine.Marshal(c))
	if err := errors.Join(err, res.Err); err != nil {
		return since(s, err, classList)
	}
	return writeJSON(w, http.StatusOK, looked(s, classList))
}

// class reads a class from outside. What it may not say the machine refuses.
func (c *ClassRow) class() (out machine.Class, err error) {
	out = machine.Class{Name: c.Name, MustFill: c.MustFill}
	if err := contract.CheckText("name", c.Name, 64); err != nil {
		return out, err
	}
	modes := []machine.Again{machine.AgainImprove, machine.AgainPinned, machine.AgainNoMore, machine.AgainMayMove, machine.AgainGiveUp}
	if out.Again, err = named("again", c.Again, modes, machine.Again.String); err != nil && c.Again != "" {
		return out, err
	}
	for _, row := range c.Limits {
		kinds := []machine.LimitKind{machine.LimitDay, machine.LimitShare, machine.LimitMinimum}
		l := machine.Limit{Qty: ledger.Qty(row.Qty)}
		if l.Kind, err = named("kind", row.Kind, kinds, machine.LimitKind.String); err != nil {
			return out, err
		}
		if l.SKU, err = ledger.ParseSKU(row.SKU); err != nil {
			return out, err
		}
		out.Limits = append(out.Limits, l)
	}
	return out, nil
}

// named finds the one of all that has a name.
func named[T any](field, name string, all []T, word func(T) string) (none T, err error) {
	var words []string
	for _, v := range all {
		if word(v) == name {
			return v, nil
		}
		words = append(words, word(v))
	}
	return none, &ledger.FormError{Field: field, Why: fmt.Sprintf("is %q; it is one of %s", name, strings.Join(words, ", "))}
}
