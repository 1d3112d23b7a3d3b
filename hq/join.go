package hq

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/hq/machine"
)

const (
	announceFirst = 100 * time.Millisecond
	announceMax   = 5 * time.Second
	announceWait  = 10 * time.Second // one call
)

// ServerRequest tells the cluster of a server.
type ServerRequest struct {
	Name    string `json:"name" jsonschema:"the server's raft id"`
	URL     string `json:"url" jsonschema:"where it is reached"`
	RaftURL string `json:"raft_addr" jsonschema:"host:port for the other servers"`
	Retire  bool   `json:"retire,omitempty" jsonschema:"only take out what else has this raft address: its disk is lost"`
}

// retire has the cluster take out the former life of this server before raft starts here. The
// leader would else go on sending to this address under the old id, and this empty server would
// answer with a vote and a log that it has forgotten (protocol.md, section 8, 22).
func (s *Server) retire(ctx context.Context, snapshots raft.SnapshotStore) error {
	had, err := raft.HasExistingState(s.logStore, s.logStore, snapshots)
	if err != nil {
		return fmt.Errorf("look for raft's past: %w", err)
	}
	if had || s.cfg.Bootstrap || s.cfg.Join == "" {
		return nil
	}
	to := strings.TrimSuffix(s.cfg.Join, "/")
	for wait := announceFirst; ; wait = min(2*wait, announceMax) {
		err := s.announce(ctx, to, true)
		if err == nil {
			return nil
		}
		s.log.LogAttrs(ctx, slog.LevelWarn, "cluster to join does not answer", slog.String(keyURL, to), slog.Any(keyErr, err))
		if !s.pause(ctx, wait) {
			return ctx.Err()
		}
	}
}

// runAnnounce makes this server known to the cluster, by asking any server of it, until the
// cluster has it as it is: a leader of an older build does not take down what this build can apply, and
// so is asked again until it is another one. A restarted server that nothing has changed for says nothing.
func (s *Server) runAnnounce(ctx context.Context) error {
	wait := announceFirst
	for !s.announced() {
		for _, to := range s.others() {
			err := s.announce(ctx, to, false)
			if err == nil {
				break
			}
			s.log.LogAttrs(ctx, slog.LevelDebug, "not yet known to the cluster", slog.String(keyURL, to), slog.Any(keyErr, err))
		}
		if !s.pause(ctx, wait) {
			return nil
		}
		wait = min(2*wait, announceMax)
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "known to the cluster", slog.String(keyServer, s.id))
	return nil
}

// announced says whether the cluster, as far as this server has heard, has it as it is.
func (s *Server) announced() bool {
	known := false
	s.View(func(m *machine.Machine) {
		srv, ok := serverOf(m, s.id)
		known = ok && srv == s.me()
	})
	conf := s.raft.GetConfiguration()
	return known && conf.Error() == nil && slices.ContainsFunc(conf.Configuration().Servers, func(v raft.Server) bool {
		return v.ID == raft.ServerID(s.id) && v.Address == raft.ServerAddress(s.RaftAddr())
	})
}

// others lists where other servers may be reached.
func (s *Server) others() []string {
	var urls []string
	if s.cfg.Join != "" {
		urls = append(urls, strings.TrimSuffix(s.cfg.Join, "/"))
	}
	s.View(func(m *machine.Machine) {
		for _, srv := range m.Servers() {
			if srv.Name != s.id && srv.URL != s.url && !slices.Contains(urls, srv.URL) {
				urls = append(urls, srv.URL)
			}
		}
	})
	return urls
}

func (s *Server) announce(ctx context.Context, to string, retire bool) error {
	ctx, cancel := context.WithTimeout(ctx, announceWait)
	defer cancel()
	body, err := json.Marshal(ServerRequest{Name: s.id, URL: s.url, RaftURL: s.RaftAddr(), Retire: retire})
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to+"/v1/servers", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(headerBuild, writeBuild(s.build))
	answer, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 512)) // for a person; the status says enough
		return fmt.Errorf("announce: answered %d: %s", answer.StatusCode, bytes.TrimSpace(text))
	}
	return nil
}

// admit takes a server into the cluster, or notes that it has moved. It is the leader's act. A
// server that comes under a new id with an address of the cluster's has lost its disk: the old
// id, whose vote and log are gone, goes first, and with only that is all.
func (s *Server) admit(ctx context.Context, srv machine.Server, only bool) error {
	conf := s.raft.GetConfiguration()
	if err := conf.Error(); err != nil {
		return fmt.Errorf("read raft's configuration: %w", err)
	}
	there := false
	for _, v := range conf.Configuration().Servers {
		switch {
		case string(v.ID) == srv.Name:
			there = string(v.Address) == srv.Raft && v.Suffrage == raft.Voter
		case string(v.Address) == srv.Raft:
			if string(v.ID) == s.id {
				return &clashError{srv.Raft}
			}
			if err := s.await(ctx, s.raft.RemoveServer(v.ID, 0, s.cfg.ProposeWait), func() {}); err != nil {
				return proposalError(err)
			}
		}
	}
	if only {
		return nil
	}
	if !there {
		err := s.await(ctx, s.raft.AddVoter(raft.ServerID(srv.Name), raft.ServerAddress(srv.Raft), 0, s.cfg.ProposeWait), func() {})
		if err != nil {
			return proposalError(err)
		}
	}
	var known machine.Server
	s.View(func(m *machine.Machine) { known, _ = serverOf(m, srv.Name) })
	if known == srv {
		return nil
	}
	return s.command(ctx, &machine.PutServer{Server: srv})
}

// A clashError says that a server claims the leader's own address.
type clashError struct{ addr string }

func (e *clashError) Error() string {
	return fmt.Sprintf("admit server: %s is the leader's own address", e.addr)
}

// voters lists the ids of raft's present configuration.
func (s *Server) voters() ([]raft.Server, error) {
	conf := s.raft.GetConfiguration()
	if err := conf.Error(); err != nil {
		return nil, errors.Join(errors.New("read raft's configuration"), err)
	}
	return conf.Configuration().Servers, nil
}
