package hq

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// For which reasons stock may be adjusted at sites, and what else is done with goods. Who changed what stands in the history of settings.

const pathReasons = "/v1/policy/reasons"

// ReasonsRequest sets reasons: each takes the place of the one of its code.
type ReasonsRequest struct {
	Reasons []contract.Reason `json:"reasons,omitempty"`
	End     []string          `json:"end,omitempty" jsonschema:"reasons, by code, that nobody may give any more. What was done for them stays so"`
	Seen
	SignedRequest
}

func reasonsOf(m *machine.Machine) contract.ReasonList {
	return contract.ReasonList{Version: m.Settings().Version, Reasons: contract.RenderReasons(m.Company().Reasons)}
}

func (s *Server) getReasons(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, looked(s, reasonsOf))
}

// putReasons sets reasons and ends some. Done again it changes nothing and makes no history.
func (s *Server) putReasons(w http.ResponseWriter, r *http.Request) error {
	var in ReasonsRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	list, err := contract.ReadReasons(in.Reasons)
	if err != nil {
		return err
	}
	if len(list)+len(in.End) > 2*ledger.ReasonsMax { // more than a command has
		return &ledger.FormError{Field: "reasons", Why: fmt.Sprintf("and ends are more than %d in one request: there are at most %d reasons", 2*ledger.ReasonsMax, ledger.ReasonsMax)}
	}
	known := looked(s, func(m *machine.Machine) []ledger.Reason { return m.Company().Reasons })
	for _, code := range in.End {
		if _, ok := ledger.FindReason(known, code); !ok {
			return contract.UnknownReason(known, code)
		}
	}
	if !s.knows(machine.ReasonCommands) || slices.ContainsFunc(list, func(v ledger.Reason) bool { return v.Acts != 0 }) && !s.knows(machine.ReasonActCommands) {
		return errMixed
	}
	res, err := s.Propose(r.Context(), machine.Marshal(&machine.SetReasons{Reasons: list, Ends: in.End, By: in.By, Reason: in.Reason, At: s.now(), Version: in.Version}))
	if err := errors.Join(err, res.Err); err != nil {
		return since(s, err, reasonsOf)
	}
	return writeJSON(w, http.StatusOK, looked(s, reasonsOf))
}

func (s *Server) reasonRoutes() []route {
	return []route{
		{doc(get, pathReasons, "List the reasons that people give for what they do with goods"), forOwner, readable, false, s.getReasons},
		{doc(put, pathReasons, "Say for which reasons stock may be adjusted, which way it goes and what becomes of it, and for which goods come back, are blocked, scrapped or not found"), forOwner, atLeader, false, s.putReasons},
	}
}

func reasonDetails() map[string]contract.Route {
	lists := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}
	return map[string]contract.Route{
		"GET " + pathReasons: {Query: reads(), Answers: ok("The reasons by code; an act that none is for takes any text.", contract.ReasonList{}), Codes: lists},
		"PUT " + pathReasons: {Request: ReasonsRequest{}, Answers: ok("All reasons from now on; sites have them with their next pull, and hold what people do against them while they are cut off. Done again it changes nothing.", contract.ReasonList{}),
			Codes: append([]contract.Code{contract.CodeNotReady, contract.CodeChangedSince}, lists...)},
	}
}
