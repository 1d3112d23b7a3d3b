package hq

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const pathTransfers = "/v1/transfers"

// renderTransfer gives a transfer as head office knows it by now.
func renderTransfer(t *machine.Transfer) contract.Transfer {
	out := contract.RenderTransfer(&t.Transfer)
	out.Asker, out.By = t.Asker, t.Set.By
	if !t.Told.IsZero() {
		out.At = contract.Moment(t.Told)
	}
	return out
}

// transferKnown gives a transfer, or the problem that there is none.
func (s *Server) transferKnown(name string) (out contract.Transfer, err error) {
	id, err := ledger.ParseTransfer(name)
	known := false
	if err == nil {
		s.View(func(m *machine.Machine) {
			var t *machine.Transfer
			if t, known = m.Transfer(id); known {
				out = renderTransfer(t)
			}
		})
	}
	if !known {
		return out, contract.NoTransfer(name, ledger.HQ)
	}
	return out, nil
}

func (s *Server) getTransfer(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	name, err := variable(r, "id")
	if err != nil {
		return err
	}
	out, err := s.transferKnown(name)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// getTransfers lists transfers by id.
func (s *Server) getTransfers(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "status", "from", "to", "sku", "open", "differs", "cursor", "limit")
	if err != nil {
		return err
	}
	page, err1 := contract.ReadPage(q)
	open, err2 := contract.ReadFlag("open", q.Get("open"))
	differs, err4 := contract.ReadFlag("differs", q.Get("differs"))
	status, err3 := contract.ReadTransferStatus(q.Get("status"))
	named := looked(s, func(m *machine.Machine) error {
		return cmp.Or(siteKnown(m, "from", q.Get("from")), siteKnown(m, "to", q.Get("to")))
	})
	if err := cmp.Or(errors.Join(err1, err2, err3, err4), named); err != nil {
		return err
	}
	keep := func(t *machine.Transfer) bool {
		return (!open || t.Closed == 0) && (status == "" || t.State.String() == status) &&
			(!q.Has("from") || string(t.From) == q.Get("from")) && (!q.Has("to") || string(t.To) == q.Get("to")) &&
			(!differs || differing(t)) && (!q.Has("sku") || t.Names(ledger.SKU(q.Get("sku"))))
	}
	out := contract.TransferList{Transfers: []contract.Transfer{}}
	s.View(func(m *machine.Machine) {
		rows, next := m.Transfers(ledger.TransferID(page.After), page.Limit, transferLinesPage, keep)
		for _, t := range rows {
			out.Transfers = append(out.Transfers, renderTransfer(t))
		}
		if next != "" {
			out.NextCursor = contract.Cursor(string(next))
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

// differing says whether what came of a transfer is another thing than what had left.
func differing(t *machine.Transfer) bool {
	out := contract.RenderTransfer(&t.Transfer)
	return out.Differs()
}

// transferLinesPage bounds the lines of one page: it may have fewer transfers than limit, and still not be the last.
const transferLinesPage = 5_000

// postTransfer has goods sent from one site to another: head office asks and approves in one.
func (s *Server) postTransfer(w http.ResponseWriter, r *http.Request) error {
	var in contract.TransferRequest
	body, err := readJSON(w, r, &in)
	if err != nil {
		return err
	}
	k, err := keyOf(r, pathTransfers, body)
	if err != nil {
		return err
	}
	if err := in.Named(s.catalogue()); err != nil {
		return err
	}
	t, err := in.Ledger()
	if err != nil {
		return err
	}
	if err := looked(s, func(m *machine.Machine) error { return transferNames(m, t) }); err != nil {
		return err
	}
	if t.ID == "" {
		id, err := ledger.NewOrderID(s.now(), s.env.Random("transfer ids"))
		if err != nil {
			return err
		}
		t.ID = ledger.TransferID(id)
	}
	return s.judged(w, r, http.StatusCreated, &machine.MakeTransfer{Transfer: *t, Key: k.key, Request: k.request, By: signer(r.Context(), ""), At: s.now()})
}

// transferNames says whether the sites and the items of a transfer are known.
func transferNames(m *machine.Machine, t *ledger.Transfer) error {
	if err := siteKnown(m, "from", string(t.From)); err != nil {
		return err
	}
	if err := siteKnown(m, "to", string(t.To)); err != nil {
		return err
	}
	for i := range t.Lines {
		if _, known := m.Item(t.Lines[i].SKU); !known {
			return contract.UnknownSKU(t.Lines[i].SKU, i+1)
		}
	}
	return nil
}

func (s *Server) approveTransfer(w http.ResponseWriter, r *http.Request) error {
	return s.judgeTransfer(w, r, "approve")
}

func (s *Server) refuseTransfer(w http.ResponseWriter, r *http.Request) error {
	return s.judgeTransfer(w, r, "refuse")
}

// judgeTransfer says yes or no to what a site has asked for.
func (s *Server) judgeTransfer(w http.ResponseWriter, r *http.Request, act string) error {
	name, err := variable(r, "id")
	if err != nil {
		return err
	}
	id, err := ledger.ParseTransfer(name)
	if err != nil {
		return contract.NoTransfer(name, ledger.HQ)
	}
	var in contract.JudgeRequest
	body, err := readJSON(w, r, &in)
	if err != nil {
		return err
	}
	k, err := keyOf(r, pathTransfers+"/"+name+"/"+act, body)
	if err != nil {
		return err
	}
	c := &machine.JudgeTransfer{Transfer: id, Refuse: act == "refuse", Key: k.key, Request: k.request, At: s.now()}
	if c.By, c.Reason, err = signedBy(r, in.By, in.Reason); err != nil {
		return err
	}
	if err = s.judged(w, r, http.StatusOK, c); errors.Is(err, machine.ErrTransferUnknown) {
		return contract.NoTransfer(name, ledger.HQ)
	}
	return err
}

// judged has a command about a transfer carried out, and answers with the transfer.
func (s *Server) judged(w http.ResponseWriter, r *http.Request, status int, c machine.Command) error {
	out, err := s.judgedTransfer(w, r, c)
	if err != nil {
		return err
	}
	return writeJSON(w, status, out)
}

// judgedTransfer has every server carry out a command about a transfer, once every server can, and gives what is answered.
func (s *Server) judgedTransfer(w http.ResponseWriter, r *http.Request, c machine.Command) (none contract.Transfer, err error) {
	every, _, err := s.everyBuild()
	if err != nil {
		return none, err
	}
	if every.Commands < machine.TransferCommands {
		return none, errMixed
	}
	res, err := s.Propose(r.Context(), machine.Marshal(c))
	if res.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	if err := errors.Join(err, res.Err); err != nil {
		return none, err
	}
	if res.Answer == nil {
		return none, errors.New("a transfer was judged without an answer")
	}
	if err := res.Answer.Err(); err != nil {
		return none, err
	}
	id, ok := res.Answer.TransferID()
	if !ok { // the key answered an order: then the request under it was another one
		return none, ledger.ErrKeyReused
	}
	out, err := s.transferKnown(string(id))
	if res.Replayed {
		out, err = firstAnswer(out, id, res.Answer), nil
	}
	return out, err
}

// firstAnswer is what was answered when a transfer was judged, whatever has become of it. One that is long over may be
// known here no more: then its lines are not said.
func firstAnswer(now contract.Transfer, id ledger.TransferID, a *machine.Answer) contract.Transfer {
	out := contract.Transfer{ID: id, From: now.From, To: now.To, Note: now.Note, Asker: now.Asker, By: now.By, Lines: []contract.TransferLine{},
		Status: a.TransferState().String()}
	for _, l := range now.Lines {
		if l.Qty > 0 {
			out.Lines = append(out.Lines, contract.TransferLine{SKU: l.SKU, Qty: l.Qty})
		}
	}
	return out
}

// atTheSite says who serves a call that only a site's own node can.
func (s *Server) atTheSite(http.ResponseWriter, *http.Request) error {
	p := contract.NotFound("Goods leave and arrive at a site, and its own node writes that down.")
	p.Hint = "Send this call to the node of the site that sends or receives; it works there also while the line to head office is down."
	return p
}

func (s *Server) transferRoutes() []route {
	return []route{
		{doc(get, pathTransfers, "List transfers between sites"), forOwner, readable, false, s.getTransfers},
		{doc(post, pathTransfers, "Have goods sent from one site to another"), forOwner, atLeader, false, s.postTransfer},
		{doc(get, pathTransfers+"/{id}", "One transfer"), forOwner, readable, false, s.getTransfer},
		{doc(post, pathTransfers+"/{id}/approve", "Say yes to what a site has asked for"), forOwner, atLeader, false, s.approveTransfer},
		{doc(post, pathTransfers+"/{id}/refuse", "Say no to what a site has asked for"), forOwner, atLeader, false, s.refuseTransfer},
		{doc(post, pathTransfers+"/{id}/dispatch", "Say where a transfer is dispatched: at its site's node"), forOwner, here, false, s.atTheSite},
		{doc(post, pathTransfers+"/{id}/receive", "Say where a transfer is received: at its site's node"), forOwner, here, false, s.atTheSite},
	}
}

// transferring says what the document has of the calls of this file.
func transferring() map[string]contract.Route {
	reading := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}
	judging := []contract.Code{contract.CodeNoLeader, contract.CodeKeyMissing, contract.CodeNotReady, contract.CodeStockShort, contract.CodeTransferState}
	return map[string]contract.Route{
		"GET " + pathTransfers: {Query: paged(text("status", "asked, approved, reserved, dispatched, received, settled, returned, cancelled or refused"), text("from", "only from this site"),
			text("to", "only to this site"), text("sku", "only with this one"), text("open", "true: only those of which something is to come"),
			text("differs", "true: only those of which something is missing, came beyond what had left, or is damaged")), Codes: append([]contract.Code{contract.CodeUnknownSite}, reading...),
			Answers: ok("Transfers by id. A page may have fewer rows than limit, and still not be the last; of those that are over the latest 10,000 are kept.", contract.TransferList{})},
		"POST " + pathTransfers: {Key: contract.KeyRequired, Request: contract.TransferRequest{}, Codes: append([]contract.Code{contract.CodeUnknownSKU, contract.CodeUnknownSite, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack}, judging...),
			Answers: []contract.Answer{{Status: http.StatusCreated, About: "Approved: what head office holds at a warehouse is the transfer's from here on. A counter sets aside what it has available once it hears of it, or refuses.", Body: contract.Transfer{}}}},
		"GET " + pathTransfers + "/{id}": {Query: reads(), Codes: append([]contract.Code{contract.CodeNotFound}, reading...), Answers: ok("The transfer, as the sites' journals tell it by now.", contract.Transfer{})},
		"POST " + pathTransfers + "/{id}/approve": {Key: contract.KeyRequired, Request: contract.JudgeRequest{}, Codes: append([]contract.Code{contract.CodeNotFound}, judging...),
			Answers: ok("Approved.", contract.Transfer{})},
		"POST " + pathTransfers + "/{id}/refuse": {Key: contract.KeyRequired, Request: contract.JudgeRequest{}, Codes: append([]contract.Code{contract.CodeNotFound}, judging...),
			Answers: ok("Refused; the site that asked is told.", contract.Transfer{})},
		"POST " + pathTransfers + "/{id}/dispatch": {Codes: []contract.Code{contract.CodeNotFound}},
		"POST " + pathTransfers + "/{id}/receive":  {Codes: []contract.Code{contract.CodeNotFound}},
	}
}
