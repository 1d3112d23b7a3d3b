package ledger

import (
	"slices"
	"strings"
)

// An ascending is names in ascending order, each once. Ids of orders sort by the moment of their making, so most of them come and go near its end.
type ascending[K ~string] []K

func (l ascending[K]) place(id K) (int, bool) {
	if n := len(l); n == 0 || l[n-1] < id {
		return n, false
	}
	return slices.BinarySearchFunc(l, id, func(x, y K) int { return strings.Compare(string(x), string(y)) })
}

func (l *ascending[K]) add(id K) {
	if at, had := l.place(id); !had {
		*l = slices.Insert(*l, at, id)
	}
}

func (l *ascending[K]) drop(id K) {
	if at, had := l.place(id); had {
		*l = slices.Delete(*l, at, at+1)
	}
}

// behind gives those that come after an id, or before it where down; all of them where it is "".
func (l ascending[K]) behind(after K, down bool) ascending[K] {
	if after == "" {
		return l
	}
	at, had := l.place(after)
	switch {
	case down:
		return l[:at]
	case had:
		return l[at+1:]
	default:
		return l[at:]
	}
}
