package raftlog_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/raftlog"
)

func TestTermAndVoteAreThereAfterARestart(t *testing.T) {
	path := file(t)
	s := open(t, path, raftlog.Options{})
	for _, term := range []uint64{1, 1 << 63, 9} {
		if err := s.SetUint64([]byte("CurrentTerm"), term); err != nil {
			t.Fatalf("set: got %v, want nil", err)
		}
	}
	if err := s.Set([]byte("LastVoteCand"), []byte("hq-2")); err != nil {
		t.Fatalf("set: got %v, want nil", err)
	}
	if err := s.Set([]byte("empty"), nil); err != nil {
		t.Fatalf("set: got %v, want nil", err)
	}
	s = reopen(t, s, path)
	if got, err := s.GetUint64([]byte("CurrentTerm")); got != 9 || err != nil {
		t.Errorf("term: got %d, %v, want 9", got, err)
	}
	if got, err := s.Get([]byte("LastVoteCand")); !bytes.Equal(got, []byte("hq-2")) || err != nil {
		t.Errorf("vote: got %q, %v, want hq-2", got, err)
	}
	if got, err := s.Get([]byte("empty")); len(got) != 0 || err != nil {
		t.Errorf("empty value: got %q, %v, want none", got, err)
	}
}

func TestAMissingValueIsNotFoundInRaftsWords(t *testing.T) {
	s := open(t, file(t), raftlog.Options{})
	_, err := s.Get([]byte("k"))
	if err == nil || err.Error() != "not found" || !errors.Is(err, raftlog.ErrNotFound) {
		t.Errorf("get: got %v, want not found", err)
	}
	n, err := s.GetUint64([]byte("k"))
	if n != 0 || err == nil || err.Error() != "not found" {
		t.Errorf("get uint64: got %d, %v, want 0, not found", n, err)
	}
}

func TestAValueThatIsNoNumberIsNotReadAsOne(t *testing.T) {
	s := open(t, file(t), raftlog.Options{})
	if err := s.Set([]byte("k"), []byte("1234567")); err != nil {
		t.Fatalf("set: got %v, want nil", err)
	}
	if n, err := s.GetUint64([]byte("k")); err == nil || n != 0 {
		t.Fatalf("got %d, %v, want 0 and an error", n, err)
	}
}

func TestValuesBeyondTheLimitsAreRefused(t *testing.T) {
	s := open(t, file(t), raftlog.Options{})
	for name, kv := range map[string][2]string{
		"no key":         {"", "v"},
		"a long key":     {strings.Repeat("k", 257), "v"},
		"a long value":   {"k", strings.Repeat("v", 64<<10+1)},
		"both, too long": {strings.Repeat("k", 40_000), strings.Repeat("v", 1<<20)},
	} {
		if err := s.Set([]byte(kv[0]), []byte(kv[1])); err == nil {
			t.Errorf("%s: got nil, want an error", name)
		}
	}
	if err := s.Err(); err != nil {
		t.Fatalf("after refusals: got %v, want nil", err)
	}
}
