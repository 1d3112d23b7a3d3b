package node

// White-box: only a disk that is really full fills the book, and that takes a file system of its own.

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

func TestAFullDiskIsLoggedOnceAndItsEndToo(t *testing.T) {
	n := openNode(t, testworld.New(1), nil)
	var log bytes.Buffer
	n.log = slog.New(slog.NewTextHandler(&log, nil))
	taken, full := ledger.Outcome{}, ledger.Outcome{Err: ledger.ErrFull}
	for _, c := range []struct {
		out  ledger.Outcome
		err  error
		want string // of the line that this logs; "" for none
	}{
		{taken, nil, ""},
		{full, nil, "level=ERROR msg=\"disk is full"}, {full, nil, ""}, {ledger.Outcome{}, ledger.ErrBusy, ""},
		{ledger.Outcome{Replayed: true}, nil, ""}, {ledger.Outcome{Err: &ledger.ShortError{}}, nil, ""},
		{taken, nil, "level=INFO msg=\"disk has room again"}, {taken, nil, ""},
		{ledger.Outcome{}, ledger.ErrFull, "level=ERROR msg=\"disk is full"},
	} {
		log.Reset()
		n.noteRoom(c.out, c.err)
		if got := log.String(); !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%+v, %v: got the line %q, want %q", c.out, c.err, got, c.want)
		}
	}
}
