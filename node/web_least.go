package node

import (
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// leastRequest sets the rules where there is no head office.
type leastRequest struct {
	Rules []contract.LeastRule `json:"rules" jsonschema:"all of them: what is not named is no rule any more; at most 200"`
}

func (s *web) leastList() contract.LeastList {
	return contract.LeastList{Rules: contract.RenderLeastRules(s.book.Company().Least)}
}

func (s *web) least(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.leastList())
}

// putLeast keeps the rules of a company that is this one site. Done again it changes nothing.
func (s *web) putLeast(w http.ResponseWriter, r *http.Request) error {
	var req leastRequest
	if err := s.alone(w, r, &req); err != nil {
		return err
	}
	rules, err := contract.ReadLeastRules(req.Rules)
	if err != nil {
		return err
	}
	if err := s.keepCompany(r, func(c *ledger.Company) error {
		c.Least = rules
		return nil
	}); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.leastList())
}

func docLeast() contract.Route {
	return contract.Route{Summary: "How long goods have to be good for when customers get them, as this site has heard it", Answers: ok("The rules, by what they name; none: only accounts ask for days", contract.LeastList{}), Codes: listCodes()}
}

func docPutLeast() contract.Route {
	return contract.Route{Summary: "Say how long goods have to be good for when customers get them, where there is no head office", Request: leastRequest{}, Answers: ok("All rules from now on", contract.LeastList{}),
		Codes: append(writeCodes(), contract.CodeOwnedByHQ)}
}
