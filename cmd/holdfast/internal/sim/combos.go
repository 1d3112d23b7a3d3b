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
		"to be confirmed: order_placed", "to be confirmed: ask_abandoned", "to be confirmed: confirmed", "to be confirmed: declined",
		"picked: in full", "picked: short", "picked: rejected", "picked: nothing there any more", "displaced: by a short pick", "displaced: by a leg rejected",
		"transfer: dispatched", "transfer: received", "transfer: something is missing", "command: transfer",
		"return: to who sold it", "return: elsewhere", "return: taken back", "return: claimed at the book that sold it", "return: granted", "return: refused: more than was sold",
		"return: refused by the book that sold it", "return: inspected", "return: dealt with", "command: take_back",
		"credit: refused: asset_short", "purchase: received", "purchase: closed_short",
		"card: sold", "card: paid with", "card: paid with elsewhere", "card: given back", "card: store credit given", "transfer: received by carton", "transfer: its carton is opened", "purchase: closed by head office", "money: refused: asset_short",
		"count: taken", "count: booked", "count: while it sold on",
		"command: decline", "command: lose", "exception: count", "exception: count closed by a person",
		"lost: place", "lost: place reply", "lost: cancel", "lost: cancel reply",
		"told: yes at a site", "told: yes at head office", "told: no", "told: cancelled", "told: not cancelled")
}

// quietCombinations is what runs without disasters must have met besides: what is done only where nothing goes back in time.
func quietCombinations() []string {
	return []string{"drop ship: asked of its supplier", "drop ship: confirm", "drop ship: dispatch", "drop ship: refuse", "drop ship: come-back",
		"drop ship: refused confirm", "drop ship: refused dispatch", "drop ship: refused refuse", "drop ship: refused come-back", "drop ship: sent although it was called off",
		"exchange: paid the difference", "exchange: given the difference back", "exchange: refused: it came back before", "exchange: refused: goods are short"}
}

// backCombinations is what disasters must have met over the seeds of a test.
func backCombinations() []string {
	var out []string
	for _, hit := range []string{"disk lost", "declared lost"} {
		out = append(out, hit+": on line", hit+": while cut off", hit+": with entries that nobody else has")
	}
	for _, p := range backPoints() {
		out = append(out, "crash: "+string(p))
	}
	out = append(out, "hq crash: "+string(PointRejoin))
	for _, p := range []Part{PartUp, PartDown} {
		suffix := map[Part]string{PartUp: "", PartDown: " reply"}[p]
		out = append(out, "partition: "+string(p)+" stops hello"+suffix, "partition: "+string(p)+" stops pull"+suffix)
	}
	return append(out,
		"disk: failed at a sync", "disk full: Place", "first promise: waits for the verdict",
		"quarantine: begins", "rejoin: ok", "attested: after a rebuild",
		"journal: receipt", "journal: order_placed", "journal: order_cancelled", "journal: order_refused",
		"late: receipt", "late: order_placed", "late: known already",
		"command: pass_on", "command: credit", "command: draw", "command: recall", "command: write_off", "asked again: its site lost it",
		"exception: reissued", "exception: site_lost")
}
