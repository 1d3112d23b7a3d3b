package hq

import (
	"errors"
	"net/http"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// How long goods have to be good for when customers get them. Who changed what stands in the history of settings.

const pathLeast = "/v1/policy/least-days"

// LeastRequest sets the rules: these, and no others.
type LeastRequest struct {
	Rules []contract.LeastRule `json:"rules" jsonschema:"all of them: what is not named is no rule any more; at most 200"`
	Seen
	SignedRequest
}

func leastOf(m *machine.Machine) contract.LeastList {
	return contract.LeastList{Version: m.Settings().Version, Rules: contract.RenderLeastRules(m.Company().Least)}
}

func (s *Server) getLeast(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, looked(s, leastOf))
}

// putLeast sets the rules. Done again it changes nothing and makes no history.
func (s *Server) putLeast(w http.ResponseWriter, r *http.Request) error {
	var in LeastRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	rules, err := contract.ReadLeastRules(in.Rules)
	if err != nil {
		return err
	}
	if !s.knows(machine.LeastCommands) {
		return errMixed
	}
	res, err := s.Propose(r.Context(), machine.Marshal(&machine.SetLeast{Rules: rules, By: in.By, Reason: in.Reason, At: s.now(), Version: in.Version}))
	if err := errors.Join(err, res.Err); err != nil {
		return since(s, err, leastOf)
	}
	return writeJSON(w, http.StatusOK, looked(s, leastOf))
}

func (s *Server) leastRoutes() []route {
	return []route{
		{doc(get, pathLeast, "List how long goods have to be good for when customers get them"), forOwner, readable, false, s.getLeast},
		{doc(put, pathLeast, "Say how long goods have to be good for when customers get them: by article, by category, by group of customers"), forOwner, atLeader, false, s.putLeast},
	}
}

func leastDetails() map[string]contract.Route {
	lists := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}
	return map[string]contract.Route{
		"GET " + pathLeast: {Query: reads(), Answers: ok("The rules, by what they name; none: only accounts ask for days.", contract.LeastList{}), Codes: lists},
		"PUT " + pathLeast: {Request: LeastRequest{}, Answers: ok("All rules from now on; sites have them with their next pull, and go by them while they are cut off. Done again it changes nothing.", contract.LeastList{}),
			Codes: append([]contract.Code{contract.CodeNotReady, contract.CodeChangedSince}, lists...)},
	}
}
