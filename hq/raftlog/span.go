package raftlog

// A span is the indexes of a log, both ends in it. The zero span is the empty log, for raft
// counts from 1.
type span struct{ first, last uint64 }

func (sp span) empty() bool { return sp.last == 0 }

// above is what stays when everything up to and with index is gone.
func (sp span) above(index uint64) span {
	if index >= sp.last {
		return span{}
	}
	return span{max(sp.first, index+1), sp.last}
}

// below is what stays when everything from index on is gone.
func (sp span) below(index uint64) span {
	if index <= sp.first {
		return span{}
	}
	return span{sp.first, min(sp.last, index-1)}
}
