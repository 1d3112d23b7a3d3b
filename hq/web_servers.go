package hq

import (
	"errors"
	"net"
	"net/http"
	"net/url"

	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// serverIDMax bounds a server's raft id, in bytes.
const serverIDMax = 64

// ServerRow is one server of the cluster.
type ServerRow struct {
	Name   string `json:"name" jsonschema:"the server's raft id"`
	URL    string `json:"url"`
	Raft   string `json:"raft_addr"`
	Leader bool   `json:"leader"`
	Voter  bool   `json:"voter"`
}

// ServerList lists the servers.
type ServerList struct {
	Servers []ServerRow `json:"servers"`
}

func (s *Server) getServers(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	list, err := s.servers()
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, list)
}

// servers lists raft's configuration with what the state knows of each.
func (s *Server) servers() (ServerList, error) {
	voters, err := s.voters()
	if err != nil {
		return ServerList{}, err
	}
	_, leader := s.raft.LeaderWithID()
	out := ServerList{Servers: []ServerRow{}}
	s.View(func(m *machine.Machine) {
		for _, v := range voters {
			srv, _ := serverOf(m, string(v.ID))
			out.Servers = append(out.Servers, ServerRow{Name: string(v.ID), URL: srv.URL, Raft: string(v.Address),
				Leader: v.ID == leader, Voter: v.Suffrage == raft.Voter})
		}
	})
	return out, nil
}

func (s *Server) postServer(w http.ResponseWriter, r *http.Request) error {
	if _, err := contract.Key(r.Header); err != nil {
		return err // taken, not needed: a server is admitted once
	}
	if !s.isServer(r) {
		return errIdentity
	}
	var in ServerRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if in.Name == "" || len(in.Name) > serverIDMax {
		return &ledger.FormError{Field: "name", Why: "is not 1 to 64 bytes"}
	}
	if err := contract.CheckText("name", in.Name, serverIDMax); err != nil {
		return err
	}
	if u, err := url.Parse(in.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return &ledger.FormError{Field: "url", Why: "is not an http or https URL"}
	}
	if _, _, err := net.SplitHostPort(in.RaftURL); err != nil {
		return &ledger.FormError{Field: "raft_addr", Why: "is not host:port, such as 10.0.0.1:7101"}
	}
	err := s.admit(r.Context(), machine.Server{Name: in.Name, URL: in.URL, Raft: in.RaftURL, Build: readBuild(r.Header.Get(headerBuild))}, in.Retire)
	if _, ok := errors.AsType[*clashError](err); ok {
		return &ledger.FormError{Field: "raft_addr", Why: "is the leader's own: give the address of the server that is added"}
	}
	if err != nil {
		return err
	}
	list, err := s.servers()
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, list)
}
