package raftlog_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/hq/raftlog"
)

// Real fsync: set TMPDIR to the disk that is to be measured. Raft stores up to 64 entries at once.
func BenchmarkStoreLogs(b *testing.B) {
	for _, batch := range []int{1, 64} {
		for _, size := range []int{1 << 10, 32 << 10} {
			b.Run(fmt.Sprintf("entries=%d/bytes=%d", batch, size), func(b *testing.B) {
				s := open(b, file(b), raftlog.Options{MapSize: 4 << 30})
				data := make([]byte, size)
				next := uint64(1)
				b.SetBytes(int64(batch * size))
				for b.Loop() {
					logs := make([]*raft.Log, batch)
					for i := range logs {
						logs[i] = &raft.Log{Index: next, Term: 1, Data: data}
						next++
					}
					if err := s.StoreLogs(logs); err != nil {
						b.Fatal(err)
					}
					// As raft's compaction does, so that the file stays small.
					if next%4096 < uint64(batch) && next > 8192 {
						if err := s.DeleteRange(1, next-4096); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}

func BenchmarkGetLog(b *testing.B) {
	s := open(b, file(b), raftlog.Options{})
	for i := range uint64(100) {
		logs := make([]*raft.Log, 100)
		for j := range logs {
			logs[j] = &raft.Log{Index: i*100 + uint64(j) + 1, Data: make([]byte, 1024)}
		}
		store(b, s, logs)
	}
	i := uint64(0)
	var l raft.Log
	for b.Loop() {
		i = i%10_000 + 1
		if err := s.GetLog(i, &l); err != nil {
			b.Fatal(err)
		}
	}
}
