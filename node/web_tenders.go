package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// money reads a request about money into req, nil where it says nothing, and puts to the book what wishOf makes of it. The answer of a repeat is made of the entry, so it is
// the first one.
func (s *web) money(w http.ResponseWriter, r *http.Request, status int, req any, wishOf func(ledger.Meta) (ledger.Request, error)) error {
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
	if req == nil && len(body) > 0 { // nothing has to be said
		req = &struct{}{}
	}
	if req != nil {
		if err := signedBody(r.Context(), body, req); err != nil {
			return err
		}
	}
	wish, err := wishOf(s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body))
	if err != nil {
		return err
	}
	out, err := s.book.Do(r.Context(), wish)
	if err == nil {
		err = out.Err
	}
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	if err != nil {
		return contract.OfTender(err)
	}
	return s.answerMoney(w, status, out.Entry)
}

// answerMoney answers with what the entry says, also where a book that was set aside has first written it.
func (s *web) answerMoney(w http.ResponseWriter, status int, e *ledger.Entry) error {
	switch b := e.Body.(type) {
	case *ledger.TenderBody:
		return writeJSON(w, status, contract.RenderTendered(b, e.Seq))
	case *ledger.DrawerBody:
		return writeJSON(w, status, contract.RenderDrawer(&b.Drawer, b.Currency, e.Seq))
	case *ledger.DayBody:
		day := contract.RenderDay(s.cfg.Site, &b.Day, b.Currency, e.At, s.book.Company().Location(), true)
		day.Seq = uint64(e.Seq)
		return writeJSON(w, status, day)
	case *ledger.LateBody:
		switch {
		case b.Tender != nil:
			return writeJSON(w, status, contract.RenderTendered(b.Tender, e.Seq))
		case b.Drawer != nil:
			return writeJSON(w, status, contract.RenderDrawer(&b.Drawer.Drawer, b.Drawer.Currency, e.Seq))
		}
	}
	return fmt.Errorf("answer money: entry %d is of kind %s", e.Seq, e.Kind)
}

// pay takes what an order is paid with.
func (s *web) pay(w http.ResponseWriter, r *http.Request) error {
	var req contract.PaymentRequest
	return s.money(w, r, http.StatusCreated, &req, func(m ledger.Meta) (ledger.Request, error) {
		if req.For != "" && req.Order == "" {
			id, err := s.newID()
			if err != nil {
				return nil, err
			}
			req.Order = string(id)
		}
		out, err := req.Ledger()
		if err == nil {
			out.Meta = m
			s.affordTenders(r.Context(), out)
		}
		return out, err
	})
}

// affordTenders has head office give this site more of the accounts and cards that pay, where it holds too little and the line is up. What the book
// decides is decided from what is held then.
func (s *web) affordTenders(ctx context.Context, p *ledger.Pay) {
	var o *ledger.Order
	rest, uses := p.Total, false
	for _, w := range p.Tenders {
		rest -= w.Amount
		uses = uses || w.Kind != ledger.TenderCash && w.Kind != ledger.TenderCard
	}
	if !uses || p.For != "" {
		return
	}
	if found, err := s.book.Order(p.Order); err == nil {
		if o = found; o.Priced() {
			rest += o.ToPay().Total() - p.Total
		}
	}
	if paid, err := s.book.Payments(p.Order); err == nil {
		if rest -= paid.Paid(); p.Total == 0 && (o == nil || !o.Priced()) {
			rest += paid.Total
		}
	}
	for _, w := range p.Tenders {
		t := ledger.Tender{Kind: w.Kind, Ref: w.Ref}
		if w.Kind == ledger.TenderAccount && w.Ref == "" && o != nil {
			t.Ref = o.Customer
		}
		amount := w.Amount
		if amount == 0 {
			amount = rest
		}
		if a := t.Asset(); a != "" && amount > 0 {
			s.Afford(ctx, p.Key, a, ledger.Qty(amount))
		}
	}
}

// refund gives back what was paid for an order here.
func (s *web) refund(w http.ResponseWriter, r *http.Request) error {
	var req contract.RefundRequest
	return s.money(w, r, http.StatusCreated, &req, func(m ledger.Meta) (ledger.Request, error) {
		out, err := req.Ledger()
		if err == nil {
			out.Meta = m
		}
		return out, err
	})
}

// claimRefund asks the book that owns an order for the right to give some of what it took back here.
func (s *web) claimRefund(w http.ResponseWriter, r *http.Request) error {
	return s.askRefund(w, r, false)
}

// refundAtRisk pays in cash what the book that owns an order has not answered for yet. Whoever calls may do that, or somebody has approved it: the door
// has seen to it.
func (s *web) refundAtRisk(w http.ResponseWriter, r *http.Request) error {
	return s.askRefund(w, r, true)
}

func (s *web) askRefund(w http.ResponseWriter, r *http.Request, risk bool) error {
	var req contract.RefundClaimRequest
	return s.money(w, r, http.StatusCreated, &req, func(m ledger.Meta) (ledger.Request, error) {
		out, err := req.Ledger()
		if err != nil {
			return nil, err
		}
		id, err := s.newID()
		if err != nil {
			return nil, err
		}
		if out.Meta, out.Claim, out.Risk = m, ledger.ClaimID(id), risk; risk {
			out.By = cmp.Or(m.Approver, out.By, m.Actor)
			s.Afford(r.Context(), m.Key, ledger.RiskOf(s.cfg.Site), ledger.Qty(out.Amount))
		}
		return out, nil
	})
}

// payments says what this site has taken for an order and given back.
func (s *web) payments(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	name, err := pathName(r, "id")
	if err != nil {
		return err
	}
	id, err := ledger.ParseOrderID(name)
	if err != nil {
		return noPayments()
	}
	claims := s.book.MoneyClaims(id)
	p, err := s.book.Payments(id)
	switch {
	case errors.Is(err, ledger.ErrNothingPaid) && len(claims) == 0:
		return noPayments()
	case errors.Is(err, ledger.ErrNothingPaid):
		p, err = &ledger.Payments{Order: id}, nil
	}
	if err != nil {
		return fmt.Errorf("look up payments of %s: %w", id, err)
	}
	if o, err := s.book.Order(id); err == nil && o.Priced() { // it may have changed since it was paid last
		if sum := o.ToPay(); sum.Unpriced == 0 {
			p = p.Clone()
			p.Total = sum.Total()
		}
	}
	out := contract.RenderPayments(p, s.book.Currency())
	for i := range claims {
		out.Claims = append(out.Claims, contract.RenderClaim(&claims[i]))
	}
	return writeJSON(w, http.StatusOK, out)
}

func noPayments() error {
	p := contract.NotFound("This site has taken no money for such an order.")
	p.Hint = "The receipt names the till that took it. To give it back here, claim it first of the site that owns the order (holdfast refund-claim)."
	return p
}

// till reads a till's name out of the path.
func till(r *http.Request) (ledger.TillID, error) {
	name, err := pathName(r, "till")
	if err != nil {
		return "", err
	}
	return ledger.ParseTill(name)
}

// drawer reads a request about a till's drawer, and puts to the book what wishOf makes of it.
func (s *web) drawer(w http.ResponseWriter, r *http.Request, req any, wishOf func(ledger.TillID) (*ledger.ActOnDrawer, error)) error {
	id, err := till(r)
	if err != nil {
		return err
	}
	return s.money(w, r, http.StatusOK, req, func(m ledger.Meta) (ledger.Request, error) {
		out, err := wishOf(id)
		if err == nil {
			out.Meta = m
		}
		return out, err
	})
}

func (s *web) openDrawer(w http.ResponseWriter, r *http.Request) error {
	var req contract.DrawerOpenRequest
	return s.drawer(w, r, &req, func(id ledger.TillID) (*ledger.ActOnDrawer, error) {
		c := s.book.Company()
		if req.Currency == "" {
			req.Currency = c.Currency
		}
		if err := c.Foreign("currency", req.Currency); err != nil {
			return nil, err
		}
		return req.Ledger(id)
	})
}

func (s *web) payIn(w http.ResponseWriter, r *http.Request) error {
	var req contract.DrawerCashRequest
	return s.drawer(w, r, &req, func(id ledger.TillID) (*ledger.ActOnDrawer, error) { return req.Ledger(id, ledger.DrawerIn) })
}

func (s *web) payOut(w http.ResponseWriter, r *http.Request) error {
	var req contract.DrawerCashRequest
	return s.drawer(w, r, &req, func(id ledger.TillID) (*ledger.ActOnDrawer, error) { return req.Ledger(id, ledger.DrawerOut) })
}

func (s *web) closeDrawer(w http.ResponseWriter, r *http.Request) error {
	var req contract.DrawerCloseRequest
	return s.drawer(w, r, &req, func(id ledger.TillID) (*ledger.ActOnDrawer, error) { return req.Ledger(id) })
}

// drawers lists the drawers that are open, and where the site's money is.
func (s *web) drawers(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	t := s.book.Till()
	return writeJSON(w, http.StatusOK, contract.RenderTill(&t))
}

// endDay ends the trading day with its figures.
func (s *web) endDay(w http.ResponseWriter, r *http.Request) error {
	return s.money(w, r, http.StatusCreated, nil, func(m ledger.Meta) (ledger.Request, error) { return &ledger.EndDay{Meta: m}, nil })
}

// day gives the figures of one day: by its number, or of the one that has not ended (now).
func (s *web) day(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	name, err := pathName(r, "day")
	if err != nil {
		return err
	}
	now := s.book.Till()
	number, err := strconv.ParseUint(name, 10, 64)
	if name == "now" || err == nil && number == now.Day.Number {
		day := contract.RenderDay(s.cfg.Site, &now.Day, now.Currency, s.env.Clock.Wall(), s.book.Company().Location(), false)
		day.At = "" // it goes on
		return writeJSON(w, http.StatusOK, day)
	}
	if err != nil {
		return &ledger.FormError{Field: "day", Why: "is no number of a day, and not now"}
	}
	b, e, ok, err := s.book.EndedDay(number)
	if err != nil {
		return fmt.Errorf("look up day %d: %w", number, err)
	}
	if !ok {
		p := contract.NotFound(fmt.Sprintf("There is no day %d of this site.", number))
		p.Hint = fmt.Sprintf("Days are numbered from 1; day %d has not ended.", now.Day.Number)
		return p
	}
	day := contract.RenderDay(s.cfg.Site, &b.Day, b.Currency, e.At, s.book.Company().Location(), true)
	day.Seq = uint64(e.Seq)
	return writeJSON(w, http.StatusOK, day)
}
