package hq

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const (
	pathLot    = "/v1/lots/{sku}/{lot}"
	pathSerial = "/v1/serials/{sku}/{lot}"
	pathRecall = "/v1/recalls/{sku}/{lot}"
)

// lotWait bounds how long a story waits for what this server has heard and not written yet.
const lotWait = 5 * time.Second

// getLot tells the story of a lot in the whole company: every site, bin and order, as far as this server has the sites' journals.
func (s *Server) getLot(w http.ResponseWriter, r *http.Request) error {
	story, err := s.lotStory(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, story)
}

// getSerial tells the story of the unit of a serial number.
func (s *Server) getSerial(w http.ResponseWriter, r *http.Request) error {
	story, err := s.lotStory(r)
	if err != nil {
		return err
	}
	if !story.Serial {
		return noLot(story.SKU, story.Lot)
	}
	return writeJSON(w, http.StatusOK, story)
}

// lotOf reads which lot the path names.
func lotOf(r *http.Request) (ledger.SKU, ledger.LotID, error) {
	name, err := variable(r, "sku")
	if err != nil {
		return "", "", err
	}
	sku, err := ledger.ParseSKU(name)
	if err != nil {
		return "", "", err
	}
	if name, err = variable(r, "lot"); err != nil {
		return "", "", err
	}
	lot, err := ledger.ParseLot(name)
	return sku, lot, err
}

func (s *Server) lotStory(r *http.Request) (contract.LotStory, error) {
	if _, err := query(r); err != nil {
		return contract.LotStory{}, err
	}
	sku, lot, err := lotOf(r)
	if err != nil {
		return contract.LotStory{}, err
	}
	story, ok, err := s.storyOf(r.Context(), sku, lot)
	if err == nil && !ok {
		err = noLot(sku, lot)
	}
	return story, err
}

// storyOf gathers what the sites' journals say of a lot; ok is false where nothing is known.
func (s *Server) storyOf(about context.Context, sku ledger.SKU, lot ledger.LotID) (story contract.LotStory, ok bool, err error) {
	ctx, cancel := context.WithTimeout(about, lotWait)
	defer cancel()
	if err := s.journal.Flush(ctx); err != nil {
		return story, false, fmt.Errorf("read lot: %w", err)
	}
	tale := contract.NewLotTale(sku, lot)
	if err := s.journal.EachLotRow(sku, lot, func(site ledger.SiteID, row *ledger.LotRow) error {
		tale.Row(site, row)
		return about.Err()
	}); err != nil {
		return story, false, err
	}
	story, ok = tale.Story(looked(s, func(m *machine.Machine) *ledger.Item {
		item, known := m.Item(sku)
		if !known {
			return nil
		}
		return item
	}))
	return story, ok, nil
}

// RecallRequest has nothing of a lot sold at any site, or lets it go.
type RecallRequest struct {
	Release bool `json:"release,omitempty" jsonschema:"it is over. What is blocked stays so until somebody at the site has looked"`
	Seen
	SignedRequest
}

// A RecallAtSite says whether a site has carried a recall out.
type RecallAtSite struct {
	Site   ledger.SiteID `json:"site"`
	Obeyed bool          `json:"obeyed" jsonschema:"by what it has told: it holds the lot; of a recall that is over: it does not"`
	OnHand ledger.Qty    `json:"on_hand" jsonschema:"of the lot, as it has told"`
	Lost   bool          `json:"lost,omitempty" jsonschema:"the site was declared lost: nobody there will carry it out. What it had by what it has told may be anywhere"`
	AgeMS  int64         `json:"age_ms" jsonschema:"since it was heard last: one that is cut off carries it out when it is back"`
}

// Recalled is a recall of the whole company.
type Recalled struct {
	SKU      ledger.SKU            `json:"sku"`
	Lot      ledger.LotID          `json:"lot" jsonschema:"the lot, or the serial number"`
	Reason   string                `json:"reason"`
	Released bool                  `json:"released,omitempty" jsonschema:"it is over"`
	By       string                `json:"by"`
	At       time.Time             `json:"at"`
	Sites    []RecallAtSite        `json:"sites,omitempty" jsonschema:"of one recall: how it stands at each site"`
	OnWay    []contract.LotTransit `json:"in_transit,omitempty" jsonschema:"of one recall: what is on its way between sites; it comes in blocked"`
}

// RecallList is a page of recalls, by article and lot.
type RecallList struct {
	Version    uint64     `json:"version"`
	Recalls    []Recalled `json:"recalls"`
	NextCursor string     `json:"next_cursor,omitempty"`
}

func recalled(v *ledger.Recall) Recalled {
	return Recalled{SKU: v.SKU, Lot: v.Lot, Reason: v.Reason, Released: v.Released, By: v.By, At: v.At}
}

func recallsOf(m *machine.Machine) RecallList {
	out := RecallList{Version: m.Settings().Version, Recalls: []Recalled{}}
	for i := range m.Company().Recalls {
		out.Recalls = append(out.Recalls, recalled(&m.Company().Recalls[i]))
	}
	return out
}

// getRecalls pages through recalls, those that are over among them.
func (s *Server) getRecalls(w http.ResponseWriter, r *http.Request) error {
	page, err := pageOf(r)
	if err != nil {
		return err
	}
	out := looked(s, recallsOf)
	out.Recalls = slices.DeleteFunc(out.Recalls, func(v Recalled) bool { return v.name() <= page.After })
	if len(out.Recalls) > page.Limit {
		out.Recalls = out.Recalls[:page.Limit]
		out.NextCursor = contract.Cursor(out.Recalls[page.Limit-1].name())
	}
	return writeJSON(w, http.StatusOK, out)
}

// name ranks recalls as their list does.
func (v *Recalled) name() string { return string(v.SKU) + "\x00" + string(v.Lot) }

// getRecall says how a recall stands at each site.
func (s *Server) getRecall(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	sku, lot, err := lotOf(r)
	if err != nil {
		return err
	}
	return s.answerRecall(w, r, sku, lot)
}

func (s *Server) answerRecall(w http.ResponseWriter, r *http.Request, sku ledger.SKU, lot ledger.LotID) error {
	story, _, err := s.storyOf(r.Context(), sku, lot)
	if err != nil {
		return err
	}
	off, _ := s.leader()
	var out *Recalled
	s.View(func(m *machine.Machine) {
		list := m.Company().Recalls
		i, ok := ledger.RecallIn(list, sku, lot)
		if !ok {
			return
		}
		v := recalled(&list[i])
		v.OnWay = story.OnWay
		out = &v
		for _, site := range m.Sites() {
			at := RecallAtSite{Site: site.ID, Obeyed: slices.Contains(story.HeldAt, site.ID) != v.Released, Lost: site.Lost.Done(), AgeMS: s.contact(off, site).Age.Milliseconds()}
			for _, has := range story.Sites {
				if has.Site == site.ID {
					at.OnHand = has.Qty
				}
			}
			out.Sites = append(out.Sites, at)
		}
	})
	if out == nil {
		return notRecalled(sku, lot)
	}
	return writeJSON(w, http.StatusOK, out)
}

func notRecalled(sku ledger.SKU, lot ledger.LotID) error {
	p := contract.NotFound(fmt.Sprintf("Lot %s of %s is not recalled.", lot, sku))
	p.Hint = "Check the lot, or look among what is recalled (holdfast lot recalls)."
	return p
}

// putRecall recalls a lot at every site. Done again it changes nothing.
func (s *Server) putRecall(w http.ResponseWriter, r *http.Request) error {
	sku, lot, err := lotOf(r)
	if err != nil {
		return err
	}
	var in RecallRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	if !looked(s, func(m *machine.Machine) bool { _, known := m.Item(sku); return known }) {
		return contract.UnknownSKU(sku, 0)
	}
	if in.Release && !looked(s, func(m *machine.Machine) bool { _, is := ledger.RecallIn(m.Company().Recalls, sku, lot); return is }) {
		return notRecalled(sku, lot)
	}
	c := &machine.SetCompany{By: in.By, Reason: in.Reason, At: s.now(), Version: in.Version, Recalls: []ledger.Recall{{SKU: sku, Lot: lot, Reason: in.Reason, Released: in.Release}}}
	if err := s.setCompany(r, c); err != nil {
		return since(s, err, recallsOf)
	}
	return s.answerRecall(w, r, sku, lot)
}

func noLot(sku ledger.SKU, lot ledger.LotID) error {
	return contract.NotFound(fmt.Sprintf("No site has told of lot %s of %s.", lot, sku))
}

func (s *Server) lotRoutes() []route {
	return []route{
		{doc(get, pathLot, "One lot in the whole company"), forOwner, readable, false, s.getLot},
		{doc(get, pathSerial, "The unit of a serial number in the whole company"), forOwner, readable, false, s.getSerial},
		{doc(get, "/v1/recalls", "List what is recalled in the whole company"), forOwner, readable, false, s.getRecalls},
		{doc(get, pathRecall, "How a recall stands at each site"), forOwner, readable, false, s.getRecall},
		{doc(put, pathRecall, "Recall a lot at every site, or let it go"), forOwner, atLeader, false, s.putRecall},
	}
}

// lotting says what the document has of the calls of this file.
func lotting(codes []contract.Code) map[string]contract.Route {
	return map[string]contract.Route{
		"GET " + pathLot: {Query: reads(), Codes: codes,
			Answers: ok("In which sites and bins it is, which orders took it and how much of it, where it is held. It has what sites have told: one that is cut off tells the rest when it is back.", contract.LotStory{})},
		"GET " + pathSerial: {Query: reads(), Codes: codes,
			Answers: ok("Where it came from and is, with which order it was sold and when, and until when it is under warranty.", contract.LotStory{})},
		"GET /v1/recalls":   {Query: paged(), Codes: codes[1:], Answers: ok("The recalls, those that are over among them.", RecallList{})},
		"GET " + pathRecall: {Query: reads(), Codes: codes, Answers: ok("The recall, and of each site whether it has carried it out by what it has told.", Recalled{})},
		"PUT " + pathRecall: {Request: RecallRequest{}, Codes: append([]contract.Code{contract.CodeNotReady, contract.CodeChangedSince, contract.CodeUnknownSKU}, codes...),
			Answers: ok("Each site hears it with its next pull, one that is cut off when it is back, and blocks what it has of the lot, and whatever comes in. Done again it changes nothing.", Recalled{})},
	}
}
