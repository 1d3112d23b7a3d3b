package hq

import (
	"context"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// RoutesForTest lists the routes as "METHOD path", so that a test can ask each.
func (s *Server) RoutesForTest() []string {
	var out []string
	for _, rt := range s.routes() {
		out = append(out, rt.Method+" "+rt.Path)
	}
	return out
}

// AskAnswerForTest is what a site is told of its ask, for errors that a test cannot bring about.
func AskAnswerForTest(reply *wire.AskReply, err error) (*wire.AskReply, error) {
	return askAnswer(reply, err)
}

// TransferForTest has a leader hand the leadership over, as it does when it stops, and stay. Nothing
// outside can ask for that.
func (s *Server) TransferForTest() error { return s.raft.LeadershipTransfer().Error() }

// OlderForTest has a server that does not run yet say of itself what a build says that knows nothing of builds.
func (s *Server) OlderForTest() { s.build = machine.Build{} }

// PlantForTest has this server alone carry out a command, as a fault of its memory would change its state.
func (s *Server) PlantForTest(c machine.Command) error {
	s.fsm.mu.Lock()
	defer s.fsm.mu.Unlock()
	return s.fsm.m.Apply(machine.Marshal(c)).Err
}

// CheckpointForTest has a leader mark a checkpoint at once.
func (s *Server) CheckpointForTest() error { return s.markCheckpoint(context.Background()) }

// JudgeForTest says whose state is another one.
func JudgeForTest(voters int, sums map[string]string) (wrong []string, majority bool) {
	return judge(voters, sums)
}

// RaiseForTest is a look of the leader's at what all servers can apply, at once.
func (s *Server) RaiseForTest() (oldest string, err error) { return s.takeUp(context.Background()) }

// ReadBuildForTest reads what a server says of its build.
func ReadBuildForTest(text string) machine.Build { return readBuild(text) }

// LeadsOnForTest follows what the server's journal store has of a site from what is folded to what is stored.
func (s *Server) LeadsOnForTest(site machine.Site) error { return s.leadsOn(&site) }

// WhatIfForTest is another what-if that is being answered; end ends it.
func (s *Server) WhatIfForTest() (end func()) {
	s.whatIfs <- struct{}{}
	return func() { <-s.whatIfs }
}

// SaysMoreThanForTest says whether a finding takes the place of another.
func SaysMoreThanForTest(index uint64, alone bool, oldIndex uint64, oldAlone bool) bool {
	return finding{index: index, alone: alone}.saysMoreThan(finding{index: oldIndex, alone: oldAlone, raised: true})
}

// WordsForTest says a step in words; lost: the order lost something before it.
func WordsForTest(s machine.Step, lost bool) (string, error) {
	out, err := renderStep(&s, lost)
	return out.Words, err
}

// TakenForTest lists the items of a list that may not have their barcodes.
func TakenForTest(items []ledger.Item, had func(ledger.SKU) []string, bearers contract.Finder) map[int]*contract.Problem {
	return contract.TakenCodes(items, had, bearers)
}

// UnsureItemsForTest has the next who sets items believe that nobody knows of the last ones.
func (s *Server) UnsureItemsForTest() {
	s.itemTurn.busy <- struct{}{}
	s.itemTurn.unsure = true
	<-s.itemTurn.busy
}

// AppliedForTest is how far the log has been applied here.
func (s *Server) AppliedForTest() uint64 { return s.raft.AppliedIndex() }
