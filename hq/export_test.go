package hq

import "github.com/holdfast-stock/holdfast/sync/wire"

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
