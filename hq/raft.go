package hq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/sync/door"
)

const (
	snapshotsKept = 2
	raftPool      = 3 // connections kept to each other server

	// One message to each server after the other. With more raft has a pipeline, which can lock up when a
	// server refuses entries while the next are being sent: it would get no more of them as long as this
	// leader leads, and the leader would never end (hashicorp/raft issue 612).
	rpcsMax = 1

	raftIOWait = 10 * time.Second
	appendsMax = 64 // entries in one message and one batch: of pushes, 32 MiB at most

	// logRecent is how many entries that were stored last raft finds in memory: it asks for each of them again, to send
	// it and to apply it. Of pushes, 16 MiB at most.
	logRecent = 32
)

// startRaft begins raft on this server's files, and a cluster of one where that is wanted.
func (s *Server) startRaft(ctx context.Context) (*raft.Raft, *raft.NetworkTransport, error) {
	logger := raftLogger(s.log)
	snapshots, err := raft.NewFileSnapshotStoreWithLogger(s.cfg.Dir, snapshotsKept, logger)
	if err != nil {
		return nil, nil, fmt.Errorf("open snapshots: %w", err)
	}
	conf := s.raftConfig()
	conf.Logger = logger
	if err := s.configure(conf, snapshots); err != nil {
		return nil, nil, err
	}
	if err := s.bootstrap(conf, snapshots); err != nil {
		return nil, nil, err
	}
	if err := s.retire(ctx, snapshots); err != nil {
		return nil, nil, err
	}
	s.streams = &streams{Listener: door.NewConnections(s.env.Clock, raftConnsMax, s.metrics.limited).Listener(s.raftListener), network: s.env.Network, trust: s.trust, addr: address(s.RaftAddr()), conns: map[net.Conn]struct{}{}}
	if s.lead.out.Load() > 0 {
		s.streams.leave()
	}
	transport := raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream:  s.streams,
		MaxPool: raftPool, MaxRPCsInFlight: rpcsMax, Timeout: raftIOWait, Logger: logger,
	})
	recent, err := raft.NewLogCache(logRecent, s.logStore)
	if err != nil {
		return nil, nil, fmt.Errorf("start raft: %w", err)
	}
	if s.past, err = pastOf(s.logStore, snapshots); err != nil {
		return nil, nil, errors.Join(err, transport.Close())
	}
	node, err := raft.NewRaft(conf, s.fsm, recent, s.logStore, snapshots, transport)
	if err != nil {
		if closeErr := transport.Close(); closeErr != nil {
			return nil, nil, fmt.Errorf("start raft: %w (and close its transport: %w)", err, closeErr)
		}
		return nil, nil, fmt.Errorf("start raft: %w", err)
	}
	return node, transport, nil
}

func (s *Server) raftConfig() *raft.Config {
	conf := raft.DefaultConfig()
	conf.LocalID = raft.ServerID(s.id)
	conf.HeartbeatTimeout = s.cfg.Heartbeat
	conf.ElectionTimeout = s.cfg.Heartbeat
	conf.LeaderLeaseTimeout = s.cfg.Heartbeat * 2 / 3
	conf.CommitTimeout = min(50*time.Millisecond, s.cfg.Heartbeat/10)
	conf.BatchApplyCh = true // one commit of the log for all that queued meanwhile
	conf.MaxAppendEntries = appendsMax
	conf.SnapshotInterval = s.cfg.SnapshotEach
	conf.SnapshotThreshold = s.cfg.SnapshotThreshold
	conf.TrailingLogs = s.cfg.TrailingLogs
	conf.NoLegacyTelemetry = true
	// A server that was taken out of the cluster by mistake stays up and says so.
	conf.ShutdownOnRemove = false
	return conf
}

// bootstrap writes the configuration of a cluster of one into an empty log. It is raft's own
// BootstrapCluster, but for one thing: a crash between its two writes leaves a term without a
// log, which raft would take for a past and never bootstrap.
func (s *Server) bootstrap(conf *raft.Config, snapshots raft.SnapshotStore) error {
	if !s.cfg.Bootstrap {
		return nil
	}
	last, err := s.logStore.LastIndex()
	if err != nil {
		return fmt.Errorf("look for raft's past: %w", err)
	}
	kept, err := snapshots.List()
	if err != nil {
		return fmt.Errorf("look for raft's past: %w", err)
	}
	if last > 0 || len(kept) > 0 {
		return nil
	}
	entry := &raft.Log{Index: 1, Term: 1, Type: raft.LogConfiguration,
		Data: raft.EncodeConfiguration(raft.Configuration{Servers: []raft.Server{
			{Suffrage: raft.Voter, ID: conf.LocalID, Address: raft.ServerAddress(s.RaftAddr())}}})}
	if err := s.logStore.SetUint64([]byte("CurrentTerm"), 1); err != nil {
		return fmt.Errorf("bootstrap raft: %w", err)
	}
	if err := s.logStore.StoreLog(entry); err != nil {
		return fmt.Errorf("bootstrap raft: %w", err)
	}
	return nil
}
