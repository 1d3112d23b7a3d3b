package trial

// Alike is orders of one day that the same sites may serve, a unit of capacity each.
type Alike struct {
	Orders int
	Sites  []int
}

// A Roster is how many orders of a day can be served, and the proof that no more can be.
type Roster struct {
	Served int
	Given  [][]int // by group of orders and by place in its Sites

	// The bound: every order either is of a group in Capped, all of whose sites are in Full, or
	// is of another group. So at most the capacity of Full and the orders of the others are served.
	Capped []bool // by group
	Full   []bool // by site
	Bound  int
}

// ServeMost serves as many orders as can be, by augmenting paths (Ford and Fulkerson, 1956); the
// bound is the cut that is left. Of equal ways it takes the one with the lowest numbers.
func ServeMost(groups []Alike, capacity []int) Roster {
	m := &matching{groups: groups, room: append([]int(nil), capacity...), left: make([]int, len(groups)), day: Roster{Given: make([][]int, len(groups))}}
	for g := range groups {
		m.left[g] = groups[g].Orders
		m.day.Given[g] = make([]int, len(groups[g].Sites))
	}
	for m.augment() {
	}
	d := m.day
	d.Capped, d.Full = m.reached, make([]bool, len(capacity))
	for g := range groups {
		if !d.Capped[g] {
			d.Bound += groups[g].Orders
		}
	}
	for s := range capacity {
		if m.from[s].group >= 0 {
			d.Full[s] = true
			d.Bound += capacity[s]
		}
	}
	return d
}

// matching is a flow from groups to sites that grows.
type matching struct {
	groups  []Alike
	left    []int // by group: not served yet
	room    []int // by site
	day     Roster
	from    []edge // by site: over which it was reached; group -1 is not reached
	back    []edge // by group reached over a site: the serving that could move
	reached []bool
}

type edge struct{ group, at int }

// augment looks for a way, in breadth, from an order that is not served to a site with room, past
// orders that could be served elsewhere, and serves as many as go along it.
func (m *matching) augment() bool {
	m.reached = make([]bool, len(m.groups))
	m.back = make([]edge, len(m.groups))
	m.from = make([]edge, len(m.room))
	for s := range m.from {
		m.from[s] = edge{-1, 0}
	}
	var queue []int
	for g, n := range m.left {
		if n > 0 {
			m.reached[g], m.back[g] = true, edge{-1, 0}
			queue = append(queue, g)
		}
	}
	for len(queue) > 0 {
		g := queue[0]
		queue = queue[1:]
		for at, s := range m.groups[g].Sites {
			if m.from[s].group >= 0 {
				continue
			}
			m.from[s] = edge{g, at}
			if m.room[s] > 0 {
				m.push(s)
				return true
			}
			queue = m.movable(s, queue)
		}
	}
	return false
}

// movable adds the groups that a full site serves.
func (m *matching) movable(s int, queue []int) []int {
	for g := range m.groups {
		if m.reached[g] {
			continue
		}
		for at, site := range m.groups[g].Sites {
			if site == s && m.day.Given[g][at] > 0 {
				m.reached[g], m.back[g] = true, edge{s, at}
				queue = append(queue, g)
				break
			}
		}
	}
	return queue
}

// push serves along the way that ends at a site with room.
func (m *matching) push(end int) {
	n := m.room[end]
	for s := end; ; {
		g := m.from[s].group
		if m.back[g].group < 0 {
			n = min(n, m.left[g])
			break
		}
		n = min(n, m.day.Given[g][m.back[g].at])
		s = m.back[g].group
	}
	m.room[end] -= n
	m.day.Served += n
	for s := end; ; {
		e := m.from[s]
		m.day.Given[e.group][e.at] += n
		b := m.back[e.group]
		if b.group < 0 {
			m.left[e.group] -= n
			return
		}
		m.day.Given[e.group][b.at] -= n
		s = b.group // a site: whence the order moved
	}
}
