package hq

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What became of persons who asked to be forgotten: at which node they are, which backups may still hold them, and whom to ask.

const pathErasures = "/v1/erasures"

// erasureDue is how long after an erasure was asked for every node is to have carried it out: the month that the law gives.
const erasureDue = 30 * 24 * time.Hour

// ErasureSite says of one node, there or gone, whether it has erased.
type ErasureSite struct {
	Site  string `json:"site"`
	Epoch uint64 `json:"epoch" jsonschema:"of the node's book"`
	State string `json:"state" jsonschema:"erased, answered_for (somebody says that nobody can read its disk) or outstanding"`
	At    string `json:"at,omitempty" jsonschema:"since when it is known; of an old erasure, by when at the latest"`
	Why   string `json:"why,omitempty" jsonschema:"what is so"`
	Ask   string `json:"ask,omitempty" jsonschema:"what is to be done, and by whom"`
}

// ErasureBackups says which backups may hold the person still.
type ErasureBackups struct {
	Of     string `json:"of" jsonschema:"hq or a site"`
	Before string `json:"taken_before" jsonschema:"those that were taken later do not hold the person"`
	Until  string `json:"until,omitempty" jsonschema:"when the last of them ends, by how long backups are kept; left out where nobody has said"`
}

// An Erasure is a person who asked to be forgotten, by the customer's id.
type Erasure struct {
	Customer string           `json:"customer"`
	Asked    SignedRow        `json:"asked"`
	State    string           `json:"state" jsonschema:"outstanding, in_backups or done"`
	Due      string           `json:"due" jsonschema:"when every node is to have erased: 30 days after it was asked for"`
	Overdue  bool             `json:"overdue"`
	Sites    []ErasureSite    `json:"sites"`
	Backups  []ErasureBackups `json:"backups" jsonschema:"those that are not over"`
}

// ErasureList is a page of erasures, the oldest first.
type ErasureList struct {
	Open         int       `json:"open" jsonschema:"of all: a node may not have carried them out, or nobody answers for one that is gone"`
	Overdue      int       `json:"overdue" jsonschema:"of these, the ones that were due"`
	RotationDays int       `json:"rotation_days" jsonschema:"after which no backup is kept; 0: nobody has said"`
	Erasures     []Erasure `json:"erasures"`
	NextCursor   string    `json:"next_cursor,omitempty"`
}

// AnswerForRequest says that nobody can read any more what a node that is gone had on its disk.
type AnswerForRequest struct {
	Site  string `json:"site"`
	Epoch uint64 `json:"epoch" jsonschema:"of the node that is gone, as the list has it"`
	SignedRequest
}

// RotationRequest says how long backups are kept.
type RotationRequest struct {
	Days int `json:"days" jsonschema:"1 to 3660: no backup, of head office or of a site, is kept for longer"`
	SignedRequest
}

// Rotation is how long backups are kept.
type Rotation struct {
	Days int       `json:"days"`
	Set  SignedRow `json:"set"`
}

func (s *Server) erasureRoutes() []route {
	return []route{
		{doc(get, pathErasures, "Who asked to be forgotten: which node and which backups may hold them still"), forOwner, readable, false, s.getErasures},
		{doc(http.MethodPost, pathErasures+"/answer", "Say that nobody can read the disk of a node that is gone"), forOwner, atLeader, false, s.answerErasures},
		{doc(http.MethodPut, pathErasures+"/rotation", "Say how long backups are kept"), forOwner, atLeader, false, s.putRotation},
	}
}

func erasing() map[string]contract.Route {
	lead := []contract.Code{contract.CodeNoLeader, contract.CodeNotReady, contract.CodeBadValue}
	list := ErasureList{}
	return map[string]contract.Route{
		"GET " + pathErasures: {Query: paged(text("open", "true: only those that a node may not have carried out"), text("overdue", "true: only those of them that were due")),
			Answers: ok("Erasures, the oldest first. A restored head office, or node, erases again by the list that holdfast restore --erased is given.", list), Codes: []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}},
		"POST " + pathErasures + "/answer":  {Key: contract.KeyTaken, Request: AnswerForRequest{}, Answers: ok("Nobody is asked after this node's disk any more. Said again it changes nothing.", ErasureSite{}), Codes: append([]contract.Code{contract.CodeUnknownSite}, lead...)},
		"PUT " + pathErasures + "/rotation": {Request: RotationRequest{}, Answers: ok("Of each erasure it is said until when backups hold the person.", Rotation{}), Codes: lead},
	}
}

func (s *Server) getErasures(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "open", "overdue", "cursor", "limit")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	open, err := contract.ReadFlag("open", q.Get("open"))
	if err != nil {
		return err
	}
	overdue, err := contract.ReadFlag("overdue", q.Get("overdue"))
	if err != nil {
		return err
	}
	after := uint64(0)
	if page.After != "" {
		if after, err = strconv.ParseUint(page.After, 10, 64); err != nil {
			return &ledger.FormError{Field: "cursor", Why: "is not one that a list gave: take next_cursor of the page before, or leave it out"}
		}
	}
	off, _ := s.leader() // nil where this server does not lead: when a site was heard last is then the state's word
	now, out := s.now(), ErasureList{Erasures: []Erasure{}}
	for more := true; more; {
		s.View(func(m *machine.Machine) {
			t := reporting{s: s, m: m, off: off, now: now, days: m.Forgetting(ledger.HQ).Days}
			out.RotationDays = t.days
			out.Open, out.Overdue = m.ErasuresOpen(now.Add(-erasureDue))
			some := m.ErasedSince(after, erasuresLook)
			for _, c := range some {
				if len(out.Erasures) == page.Limit {
					out.NextCursor = contract.Cursor(strconv.FormatUint(after, 10))
					more = false
					return
				}
				after = c.Version
				if e := t.erasure(c); (!open || e.State == erasureOutstanding) && (!overdue || e.Overdue) {
					out.Erasures = append(out.Erasures, e)
				}
			}
			more = len(some) == erasuresLook
		})
	}
	return writeJSON(w, http.StatusOK, out)
}

// erasuresLook is how many erasures are looked at under one lock of the state.
const erasuresLook = 100

// The states of an erasure, and of a node in one.
const (
	erasureOutstanding = "outstanding"
	erasureInBackups   = "in_backups"
	erasureDone        = "done"
	nodeErased         = "erased"
	nodeAnswered       = "answered_for"
)

// reporting tells of erasures from one look at the state.
type reporting struct {
	s    *Server
	m    *machine.Machine
	off  *office.Office
	now  time.Time
	days int
}

func (t *reporting) erasure(c *machine.Customer) Erasure {
	due := c.Set.At.Add(erasureDue)
	e := Erasure{Customer: string(c.ID), Asked: SignedRow{By: c.Set.By, Reason: c.Set.Reason, At: contract.Moment(c.Set.At)}, State: erasureDone,
		Due: contract.Moment(due), Sites: []ErasureSite{}, Backups: []ErasureBackups{}}
	t.backups(&e, "hq", c.Set.At)
	for _, site := range t.m.Sites() {
		f := t.m.Forgetting(site.ID)
		for i := range f.Gone {
			if g := &f.Gone[i]; g.UpTo < c.Version && !(site.Lost.Done() && g.Epoch == site.Epoch) {
				e.Sites = append(e.Sites, goneNode(site, g))
			}
		}
		if site.Epoch > 0 {
			e.Sites = append(e.Sites, t.node(site, f, c.Version))
		}
		if at := f.Since(c.Version); !at.IsZero() {
			t.backups(&e, string(site.ID), at)
		}
	}
	for i := range e.Sites {
		if e.Sites[i].State == erasureOutstanding {
			e.State = erasureOutstanding
		}
	}
	if e.State == erasureDone && len(e.Backups) > 0 {
		e.State = erasureInBackups
	}
	e.Overdue = e.State == erasureOutstanding && t.now.After(due)
	return e
}

// backups adds those that were taken before at, unless all of them are over.
func (t *reporting) backups(e *Erasure, of string, at time.Time) {
	b := ErasureBackups{Of: of, Before: contract.Moment(at)}
	if t.days > 0 {
		until := at.AddDate(0, 0, t.days)
		if !until.After(t.now) {
			return
		}
		b.Until = contract.Moment(until)
	}
	e.Backups = append(e.Backups, b)
}

// node says of a site's node of today whether it has erased what came with a version.
func (t *reporting) node(site *machine.Site, f *machine.Forgetting, version uint64) ErasureSite {
	row := ErasureSite{Site: string(site.ID), Epoch: uint64(site.Epoch)}
	if at := f.Since(version); !at.IsZero() {
		row.State, row.At = nodeErased, contract.Moment(at)
		return row
	}
	if site.Lost.Done() {
		for i := range f.Gone {
			if g := &f.Gone[i]; g.Epoch == site.Epoch && g.Over.Done() {
				return goneNode(site, g)
			}
		}
		row.State = erasureOutstanding
		row.Why = fmt.Sprintf("declared lost by %s at %s: %s", site.Lost.By, contract.Moment(site.Lost.At), site.Lost.Reason)
		row.Ask = answerHint(site.ID, site.Epoch)
		return row
	}
	last := t.now.Add(-t.s.contact(t.off, site).Age)
	row.State, row.Why = erasureOutstanding, fmt.Sprintf("it was last heard of at %s", contract.Moment(last))
	row.Ask = fmt.Sprintf("whoever runs %s: it erases with its next contact; where its node is gone, holdfast site declare-lost %s", site.ID, site.ID)
	return row
}

func goneNode(site *machine.Site, g *machine.GoneNode) ErasureSite {
	row := ErasureSite{Site: string(site.ID), Epoch: uint64(g.Epoch)}
	if g.Over.Done() {
		row.State, row.At, row.Why = nodeAnswered, contract.Moment(g.Over.At), g.Over.By+": "+g.Over.Reason
		return row
	}
	row.State = erasureOutstanding
	row.Why = fmt.Sprintf("the book of epoch %d was followed by another at %s; its disk, or the folder before-epoch-* beside the new book, may hold the person", g.Epoch, contract.Moment(g.At))
	row.Ask = answerHint(site.ID, g.Epoch)
	return row
}

func answerHint(site ledger.SiteID, e ledger.Epoch) string {
	return fmt.Sprintf("whoever has that disk; when nobody can read it any more: holdfast erasure answer %s %d --reason WORDS", site, e)
}

// forget proposes a Forget, where every server knows of them.
func (s *Server) forget(r *http.Request, c *machine.Forget) error {
	if !s.knows(machine.ForgetCommands) {
		return errMixed
	}
	c.At = s.now()
	return s.command(r.Context(), c)
}

func (s *Server) answerErasures(w http.ResponseWriter, r *http.Request) error {
	if _, err := contract.Key(r.Header); err != nil {
		return err // taken, not needed: said again it changes nothing
	}
	var in AnswerForRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	if named := looked(s, func(m *machine.Machine) error { return siteKnown(m, "site", in.Site) }); named != nil {
		return named
	}
	id, epoch := ledger.SiteID(in.Site), ledger.Epoch(in.Epoch)
	if err := s.forget(r, &machine.Forget{Do: machine.ForgetAnswer, Site: id, Epoch: epoch, By: in.By, Reason: in.Reason}); err != nil {
		return err
	}
	out := ErasureSite{Site: in.Site, Epoch: in.Epoch, State: nodeAnswered}
	s.View(func(m *machine.Machine) {
		site, _ := m.Site(id)
		for _, g := range m.Forgetting(id).Gone {
			if g.Epoch == epoch {
				out = goneNode(site, &g)
			}
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) putRotation(w http.ResponseWriter, r *http.Request) error {
	var in RotationRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	if err := s.forget(r, &machine.Forget{Do: machine.ForgetRotation, Days: in.Days, By: in.By, Reason: in.Reason}); err != nil {
		return err
	}
	f := looked(s, func(m *machine.Machine) *machine.Forgetting { return m.Forgetting(ledger.HQ) })
	return writeJSON(w, http.StatusOK, Rotation{Days: f.Days, Set: SignedRow{By: f.Rotation.By, Reason: f.Rotation.Reason, At: contract.Moment(f.Rotation.At)}})
}
