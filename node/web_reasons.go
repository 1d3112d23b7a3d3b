package node

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// reasonsRequest sets reasons where there is no head office.
type reasonsRequest struct {
	Reasons []contract.Reason `json:"reasons,omitempty" jsonschema:"each takes the place of the one of its code"`
	End     []string          `json:"end,omitempty" jsonschema:"reasons, by code, that nobody may give any more. What was done for them stays so"`
}

func (s *web) reasonList() contract.ReasonList {
	return contract.ReasonList{Reasons: contract.RenderReasons(s.book.Company().Reasons)}
}

func (s *web) reasons(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.reasonList())
}

// putReasons keeps the reasons of a company that is this one site. Done again it changes nothing.
func (s *web) putReasons(w http.ResponseWriter, r *http.Request) error {
	var req reasonsRequest
	if err := s.alone(w, r, &req); err != nil {
		return err
	}
	list, err := contract.ReadReasons(req.Reasons)
	if err != nil {
		return err
	}
	if err := s.keepCompany(r, func(c *ledger.Company) error {
		for _, code := range req.End {
			if _, ok := ledger.FindReason(c.Reasons, code); !ok {
				return contract.UnknownReason(c.Reasons, code)
			}
		}
		c.Reasons = ledger.SetReasons(c.Reasons, list, req.End)
		return nil
	}); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.reasonList())
}

// judgeReason holds an adjustment against the reason that it gives. Who is somebody at the door has it approved there; of the owner's token a name is
// taken.
func (s *web) judgeReason(ctx context.Context, a *ledger.Adjust) error {
	r, set, err := s.book.Company().Reason(ledger.ReasonAdjust, a.Reason)
	if err != nil || !set {
		return err
	}
	c := door.CallerOf(ctx)
	approved := c == nil && a.Approver != "" || c != nil && c.Approver != ""
	err = r.Takes(a.Lines, approved)
	if form, ok := errors.AsType[*ledger.FormError](err); ok && form.Field == "approver" && c.Approvable() {
		return contract.New(contract.CodeApproverNeeded, c.Name()+" may not do this alone: "+r.Code+" takes the word of another person.")
	}
	return err
}

// judgeWhy holds what somebody gives as the reason of an act against the company's.
func (s *web) judgeWhy(act ledger.ReasonAct, reason string) error {
	_, _, err := s.book.Company().Reason(act, reason)
	return err
}

// judgeLooked holds the reason of an inspection against the company's, where some of the goods stay blocked or are scrapped: what is fit to be
// sold, or is the customer's again, needs none.
func (s *web) judgeLooked(reason string, does []ledger.Disposition) error {
	if !slices.Contains(does, ledger.Block) && !slices.Contains(does, ledger.Scrap) {
		return nil
	}
	return s.judgeWhy(ledger.ReasonInspect, reason)
}

// judgeBack holds the reason of goods that come back against the company's. What is said of them at once is an inspection, too.
func (s *web) judgeBack(back *ledger.TakeBack) error {
	if err := s.judgeWhy(ledger.ReasonReturn, back.Reason); err != nil {
		return err
	}
	does := make([]ledger.Disposition, len(back.Lines))
	for i := range back.Lines {
		does[i] = back.Lines[i].Do
	}
	err := s.judgeLooked(back.Reason, does)
	if form, ok := errors.AsType[*ledger.FormError](err); ok {
		return &ledger.FormError{Field: form.Field, Why: form.Why + ", or leave disposition out and inspect them by themselves"}
	}
	return err
}

// judgeShort holds why lines of a pick are short against the company's reasons.
func (s *web) judgeShort(lines []ledger.LegLine) error {
	for i := range lines {
		if lines[i].Short == 0 {
			continue
		}
		err := s.judgeWhy(ledger.ReasonShort, lines[i].Why)
		if form, ok := errors.AsType[*ledger.FormError](err); ok {
			return &ledger.FormError{Field: form.Field, Line: i + 1, Why: form.Why}
		}
	}
	return nil
}

// approverOf says whether somebody is named who may let an adjustment be, or a count.
func (s *web) approverOf(ctx context.Context, approver string) error {
	return s.door.Names(door.CallerOf(ctx), "approver", approver, door.Adjust)
}

// judgeCountReason holds a count's reason against the list. What is counted goes both ways and into the book, so a reason of another way
// would get round what it asks for.
func (s *web) judgeCountReason(reason string) error {
	if reason == ledger.CountReason {
		return nil
	}
	r, set, err := s.book.Company().Reason(ledger.ReasonCount, reason)
	if err == nil && set && (r.Way != ledger.ReasonBoth || r.Approve || r.Blocks) {
		err = &ledger.FormError{Field: "reason", Why: r.Code + " is for an adjustment: a count takes one that goes both ways, and asks for nobody's word. Leave it out, and adjust what is known"}
	}
	return err
}

func docReasons() contract.Route {
	return contract.Route{Summary: "The reasons that people give for what they do with goods, as this site has heard them", Answers: ok("The reasons by code; an act that none is for takes any text", contract.ReasonList{}), Codes: listCodes()}
}

func docPutReasons() contract.Route {
	return contract.Route{Summary: "Say for which reasons stock may be adjusted, goods come back, are blocked, scrapped or not found, where there is no head office", Request: reasonsRequest{}, Answers: ok("All reasons from now on", contract.ReasonList{}),
		Codes: append(writeCodes(), contract.CodeOwnedByHQ)}
}
