package node

import (
	"fmt"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// takePickList gives a picker a list, for a time. A repeat under its key gets the list of the first, while that lasts.
func (s *web) takePickList(w http.ResponseWriter, r *http.Request) error {
	key, err := contract.Key(r.Header)
	if err != nil {
		return err
	}
	if key == "" {
		return errKeyMissing
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	var req contract.PickListRequest
	if err := contract.Decode(body, &req); err != nil {
		return err
	}
	if err := req.Check(); err != nil {
		return err
	}
	l, replayed, err := s.lease(key, &req)
	if err != nil {
		return err
	}
	if replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	return writeJSON(w, http.StatusCreated, s.renderPickList(l))
}

// lease takes a list. It is decided under one lock, so no order is given to two pickers.
func (n *Node) lease(key string, req *contract.PickListRequest) (l *pickLease, replayed bool, err error) {
	now := n.env.Clock.Wall()
	id, err := n.newID()
	if err != nil {
		return nil, false, err
	}
	p := &n.picks
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live(now)
	for _, l := range p.all {
		if l.key == key {
			return l, true, nil
		}
	}
	if len(p.all) >= pickListsMax {
		return nil, false, ledger.ErrBusy
	}
	l = &pickLease{id: string(id), key: key, picker: req.Picker, until: now.Add(time.Duration(req.Minutes) * time.Minute).UTC()}
	if len(req.Fulfilments) == 0 {
		l.orders = n.toPick(req.Orders, p.taken())
		if len(l.orders) == 0 {
			return nil, false, contract.New(contract.CodePickListNone, "Nothing is to be picked that no picker has.")
		}
	}
	taken := p.taken()
	for i, name := range req.Fulfilments {
		order, site, known := contract.ParseFulfilmentID(name)
		part, here := n.book.Part(order)
		switch has := taken[order]; {
		case !known || site != n.cfg.Site || !here || !toPick(&part):
			return nil, false, &ledger.FormError{Field: "fulfilments", Why: fmt.Sprintf("names %q, number %d, of which nothing is to be picked here", name, i+1)}
		case has != nil:
			return nil, false, contract.New(contract.CodePickListTaken, fmt.Sprintf("%s has order %s until %s.", has.picker, order, has.until.Format("15:04 UTC")))
		}
		l.orders = append(l.orders, order)
	}
	p.all = append(p.all, l)
	return l, false, nil
}

func (n *Node) renderPickList(l *pickLease) contract.PickList {
	out := contract.PickList{ID: l.id, Picker: l.picker, Until: l.until, Fulfilments: make([]string, len(l.orders))}
	var parts []ledger.ServedPart
	for i, order := range l.orders {
		out.Fulfilments[i] = contract.FulfilmentID(order, n.cfg.Site)
		if p, ok := n.book.Part(order); ok {
			parts = append(parts, p)
		}
	}
	out.Rows = n.rowsOf(parts)
	return out
}

// listPickLists gives what pickers have now.
func (s *web) listPickLists(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	out := contract.PickLists{PickLists: []contract.PickList{}}
	for _, l := range s.picks.list(s.env.Clock.Wall()) {
		out.PickLists = append(out.PickLists, s.renderPickList(l))
	}
	return writeJSON(w, http.StatusOK, out)
}

// onePickList gives a list with what is still to be picked of it.
func (s *web) onePickList(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	id, err := pathName(r, "id")
	if err != nil {
		return err
	}
	for _, l := range s.picks.list(s.env.Clock.Wall()) {
		if l.id == id {
			return writeJSON(w, http.StatusOK, s.renderPickList(l))
		}
	}
	return noPickList()
}

// releasePickList gives a list up before its time: said twice it is the same.
func (s *web) releasePickList(w http.ResponseWriter, r *http.Request) error {
	id, err := pathName(r, "id")
	if err != nil {
		return err
	}
	if !s.picks.release(id, s.env.Clock.Wall()) {
		return noPickList()
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func noPickList() error {
	p := contract.NotFound("No picker has such a list: it was given up, or its time is over.")
	p.Hint = "Take a new one, or look among those that pickers have."
	return p
}

func docTakePickList() contract.Route {
	return contract.Route{Summary: "Take a pick list by bin, of one order or several, for a time. Nobody else is given its orders meanwhile; it holds no stock", Key: contract.KeyRequired,
		Request: contract.PickListRequest{}, Answers: []contract.Answer{{Status: http.StatusCreated, About: "The list", Body: contract.PickList{}}},
		Codes: []contract.Code{contract.CodeKeyMissing, contract.CodePickListTaken, contract.CodePickListNone, contract.CodeBusy}}
}

func docListPickLists() contract.Route {
	return contract.Route{Summary: "The pick lists that pickers have now", Answers: ok("The lists", contract.PickLists{}), Codes: listCodes()}
}

func docPickList() contract.Route {
	return contract.Route{Summary: "One pick list, with what is still to be picked of it", Answers: ok("The list", contract.PickList{}), Codes: append(listCodes(), contract.CodeNotFound)}
}

func docReleasePickList() contract.Route {
	return contract.Route{Summary: "Give a pick list up before its time: its orders are nobody's again",
		Answers: []contract.Answer{{Status: http.StatusNoContent, About: "It is given up"}}, Codes: []contract.Code{contract.CodeNotFound}}
}
