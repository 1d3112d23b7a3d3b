package sim

// Combinations lists what must have met over a set of seeds, by the names of Report.Met: a
// simulation that never makes one happen says nothing about it.
func Combinations() []string {
	var out []string
	for _, m := range []string{"hello", "push", "pull", "ask"} {
		for _, fault := range []string{"lost", "repeated", "late"} {
			out = append(out, fault+": "+m, fault+": "+m+" reply")
		}
		out = append(out, "hq down: "+m)
	}
	for _, p := range sitePoints() {
		out = append(out, "crash: "+string(p))
	}
	for _, p := range hqPoints() {
		out = append(out, "hq crash: "+string(p))
	}
	return append(out,
		"cut: hello", "cut: push", "cut: ask", "cut: pull reply",
		"crash: commit in flight kept", "crash: commit in flight lost", "crash: an ask open",
		"repeated: push of what is stored", "push: behind another on its way", "push: with a gap before it", "snapshot: while applying",
		"unsure: applied all the same", "unsure: not applied",
		"ask: accepted", "ask: told no", "ask: given up", "ask: dropped at the start", "ask: held", "ask: yes after it was closed",
		"borrow: used", "borrow: given back unused", "borrow: nothing left to lend",
		"backorder: filled from the own shelf", "backorder: filled by head office",
		"command: reserve", "command: borrow", "command: give_back", "command: cancel", "command: note", "command refused: note",
		"same key: tried again", "same key: sent twice", "same key: answered from memory", "same key: while asking", "same key: other request",
		"same key: known to head office",
		"lost: place", "lost: place reply", "lost: cancel", "lost: cancel reply",
		"told: yes at a site", "told: yes at head office", "told: no", "told: cancelled", "told: not cancelled")
}
