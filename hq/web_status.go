package hq

import (
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Status is one server in a few figures.
type Status struct {
	Name        string `json:"name" jsonschema:"for people"`
	ID          string `json:"id" jsonschema:"raft's name for this life of the server's directory"`
	Role        string `json:"role" jsonschema:"leader, follower, candidate or closing"`
	Ready       bool   `json:"ready" jsonschema:"it leads and answers, or knows a leader"`
	Leader      string `json:"leader,omitempty" jsonschema:"the leader's id"`
	LeaderURL   string `json:"leader_url,omitempty"`
	Term        uint64 `json:"term"`
	Commit      uint64 `json:"commit_index"`
	Applied     uint64 `json:"applied_index"`
	Last        uint64 `json:"last_index"`
	Command     uint64 `json:"command_index" jsonschema:"the last entry of the raft log that is a command and that this server's state has; 0: none since its start"`
	AgeMS       int64  `json:"age_ms" jsonschema:"since the last word from the leader; -1: never"`
	Incarnation uint64 `json:"incarnation" jsonschema:"the life of head office; 0: not begun"`
	Sites       int    `json:"sites"`
	Orders      int    `json:"orders"`
	Items       int    `json:"items"`
	ItemVersion uint64 `json:"item_version"`
	Asks        int    `json:"asks" jsonschema:"asks of sites that are open"`
	Commands    int    `json:"commands_outstanding" jsonschema:"commands that no site's entry has embedded yet"`
	Waiting     int    `json:"waiting_skus" jsonschema:"SKUs that an order waits for"`
	Exceptions  uint64 `json:"exceptions" jsonschema:"ever raised"`
	Differs     uint64 `json:"differs,omitempty" jsonschema:"the entry of the raft log at which this server's state was found not to be the one of the others: it is out of service"`
	Agreed      uint64 `json:"agreed_index" jsonschema:"the last entry of the raft log at which all servers had one state, as far as this one has heard; 0: none was compared yet"`
	At          string `json:"at"`
}

func (s *Server) status() Status {
	out := Status{Name: s.cfg.Name, ID: s.id, Role: s.role(), Term: s.raft.CurrentTerm(),
		Commit: s.raft.CommitIndex(), Applied: s.raft.AppliedIndex(), Last: s.raft.LastIndex(), Command: s.fsm.applied.Load(),
		AgeMS: s.localAge(), At: contract.Moment(s.now())}
	_, leader := s.raft.LeaderWithID()
	out.Leader = string(leader)
	s.View(func(m *machine.Machine) {
		c := m.Counts()
		out.Incarnation, out.Sites, out.Orders, out.Items = m.H().Counter, c.Sites, c.Orders, c.Items
		out.ItemVersion, out.Asks, out.Commands = m.RefVersion(), c.Asks, c.Commands
		out.Waiting, out.Exceptions = c.WaitingSKUs, c.Exceptions
		if srv, ok := serverOf(m, out.Leader); ok {
			out.LeaderURL = srv.URL
		}
	})
	out.Differs = s.lead.out.Load()
	_, out.Agreed = s.compared.figures()
	out.Ready = out.Differs == 0 && (s.lead.answers() || out.Role == "follower" && out.LeaderURL != "")
	return out
}

func (s *Server) getStatus(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.status())
}

func (s *Server) getHealth(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n") // a client that has gone needs no answer
	return nil
}

func (s *Server) getReady(w http.ResponseWriter, r *http.Request) error {
	if s.lead.out.Load() > 0 {
		return errDiffers
	}
	if !s.status().Ready {
		return contract.New(contract.CodeNotReady, "This server knows no leader.")
	}
	return s.getHealth(w, r)
}

func (s *Server) getMetrics(w http.ResponseWriter, r *http.Request) error {
	promhttp.HandlerFor(s.reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4}).ServeHTTP(w, r)
	return nil
}
