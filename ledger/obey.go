package ledger

import (
	"fmt"
	"strings"
)

// Reasons for which a site refuses a command. Head office re-sources what they leave open.
const (
	RefusedNotAllotted = "not_allotted" // there is less allotted to head office than it draws

	RefusedNotAvailable  = "not_available"  // there is less available than a transfer wants
	RefusedTransferState = "transfer_state" // the transfer has come further than the command knows
	RefusedTransferForm  = "transfer_form"  // no transfer can be so

	RefusedRebuilding = "rebuilding" // the book is being made anew, and may not know yet what the command counts on: it is to be given again

	RefusedCanceled = "cancelled" // the order is cancelled or unknown here
	RefusedUnknown  = "unknown_command"
	RefusedHolder   = "no_holder"     // the command names no other site as the one that holds
	RefusedLeft     = "handed_over"   // all of it has left
	RefusedLegs     = "too_many_legs" // the order would be served from more sites than one order can name
)

// open begins the site's life under an epoch.
func (d *decision) open(r *OpenSite) Outcome {
	if r.Epoch <= d.s.Epoch {
		return Outcome{Err: fmt.Errorf("open epoch %d: the book is in epoch %d", r.Epoch, d.s.Epoch)}
	}
	b := r.Body
	return Outcome{Entry: d.write(&Entry{Kind: KindOpened, Epoch: r.Epoch, Body: &b}, Meta{})}
}

// reboot marks a new process and drops the asks that the last one left open: their clients
// have no answer, so their keys stay free.
func (d *decision) reboot(r *Reboot) Outcome {
	e := d.write(&Entry{Kind: KindBoot, Body: &BootBody{Boot: r.Boot}}, Meta{})
	for _, ask := range d.s.OpenAsks() {
		d.abandonAsk(&AbandonAsk{Order: ask.Order, Ask: ask.Ask, Offline: true, Drop: true})
	}
	d.fillAll()
	return Outcome{Entry: e}
}

// adopt takes an incarnation of head office for the true one. Two with one counter are two
// head offices: the second is refused and somebody has to look.
func (d *decision) adopt(r *AdoptHQ) Outcome {
	have := d.s.HQ
	switch {
	case r.H == have:
		return Outcome{Replayed: true}
	case r.H.Counter <= have.Counter:
		return Outcome{Err: ErrForeignHQ}
	}
	return Outcome{Entry: d.write(&Entry{Kind: KindAdopted, Body: &AdoptedBody{H: r.H}}, Meta{})}
}

// obey carries out the next command of head office's stream. It cannot block the stream: what
// cannot be done is answered by an entry that says why.
func (d *decision) obey(r *Obey) Outcome {
	s := d.s
	c := r.Command
	switch {
	case c.H != s.HQ:
		return Outcome{Err: ErrForeignHQ}
	case c.Number <= s.Commands.Number:
		return Outcome{Replayed: true}
	case c.Number != s.Commands.Number+1:
		return Outcome{Err: ErrGap}
	case ChainCommand(s.Commands.Hash, &c) != c.Hash:
		return Outcome{Err: &DamageError{Where: fmt.Sprintf("command %d", c.Number), Why: "its hash does not follow the stream"}}
	}
	b := &ObeyedBody{Command: c}
	m := &moves{}
	key := r.key
	if _, seen := s.keys[key]; seen {
		b.Repeat, key = true, Digest{}
	} else {
		d.carryOut(b, m, r)
	}
	if old, ok := s.orders[c.Order]; ok && b.Order == nil && c.Owner == s.Site && (b.Repeat || b.Refused != "") {
		b.Order = old.Clone() // head office is told how it stands
	}
	e := d.write(&Entry{Kind: KindObeyed, Ref: c.ID, Postings: m.list, Lots: m.lots, Body: b}, Meta{Key: key})
	d.fill()
	return Outcome{Entry: e}
}

func (d *decision) carryOut(b *ObeyedBody, m *moves, r *Obey) {
	switch b.Command.Kind {
	case CommandReserve:
		d.obeyReserve(b, m)
	case CommandBorrow:
		d.obeyBorrow(b, m)
	case CommandGiveBack:
		d.obeyGiveBack(b, m)
	case CommandCancel:
		d.obeyCancel(b, m)
	case CommandRelease:
		d.obeyRelease(b, m)
	case CommandNote:
		d.obeyNote(b)
	case CommandLose:
		d.obeyLose(b)
	case CommandDecline:
		d.obeyDecline(b)
	case CommandHandedOver:
		d.obeyHandedOver(b)
	case CommandTakeBack:
		d.obeyTakeBack(b, m, r.counted)
	case CommandPassOn, CommandCredit, CommandRecall, CommandDraw, CommandReturn, CommandWriteOff, CommandBurn:
		d.obeyHolding(b, m)
	case CommandTransfer:
		d.obeyTransfer(b, m, r.doc)
	case CommandRefund:
		d.obeyRefund(b, r.paid)
	case CommandPurchase:
		d.obeyPurchase(b, r.bought)
	default:
		b.Refused = RefusedUnknown
	}
}

// covered says whether a holder has at least the sum of lines allotted here.
func (s *State) covered(h Holder, lines []CommandLine) bool {
	sums := map[SKU]Qty{}
	for _, l := range lines {
		if l.Qty < 1 || s.allotted(h, l.SKU)-sums[l.SKU] < l.Qty {
			return false
		}
		sums[l.SKU] += l.Qty
	}
	return true
}

func (d *decision) obeyReserve(b *ObeyedBody, m *moves) {
	s, c := d.s, &b.Command
	if !s.covered(HolderHQ, c.Lines) {
		b.Refused = RefusedNotAllotted
		return
	}
	if c.Owner == s.Site {
		if !d.ownLines(b, func(l *Line, q Qty) { l.Here += q }) {
			return
		}
	}
	for _, l := range c.Lines {
		m.claim(l.SKU, accountAllotted(HolderHQ), accountReserved(c.Order, l.Line), l.Qty)
	}
	b.Done = c.Lines
}

// ownLines moves backordered units of an order of ours by give, or refuses the command.
func (d *decision) ownLines(b *ObeyedBody, give func(*Line, Qty)) bool {
	c := &b.Command
	old, ok := d.s.orders[c.Order]
	if !ok || old.Status != StatusBackordered && old.Status != StatusUnconfirmed {
		b.Refused = RefusedCanceled
		return false
	}
	o := old.Clone()
	for _, l := range c.Lines {
		if l.Line < 1 || l.Line > len(o.Lines) || l.Qty < 1 || o.Lines[l.Line-1].Backordered < l.Qty {
			b.Refused = RefusedCanceled
			return false
		}
		line := &o.Lines[l.Line-1]
		line.Fill(l.Qty)
		give(line, l.Qty)
	}
	if o.checkLegs() != nil {
		b.Refused = RefusedLegs
		return false
	}
	o.Settle()
	b.Order = o
	return true
}

// obeyBorrow hands head office what it wants as far as it is available, once: a repeat of the
// id gets this entry's answer.
func (d *decision) obeyBorrow(b *ObeyedBody, m *moves) {
	used := map[SKU]Qty{}
	for _, l := range b.Command.Lines {
		given := min(l.Qty, d.s.available(l.SKU)-used[l.SKU])
		if given <= 0 {
			continue
		}
		used[l.SKU] += given
		m.claim(l.SKU, accountAvailable(), accountAllotted(HolderHQ), given)
		b.Done = append(b.Done, CommandLine{Line: l.Line, SKU: l.SKU, Qty: given})
	}
}

func (d *decision) obeyGiveBack(b *ObeyedBody, m *moves) {
	if !d.s.covered(HolderHQ, b.Command.Lines) {
		b.Refused = RefusedNotAllotted
		return
	}
	for _, l := range b.Command.Lines {
		d.s.freeTo(m, l.SKU, accountAllotted(HolderHQ), accountAvailable(), l.Qty)
	}
	b.Done = b.Command.Lines
}

// obeyCancel frees what this site still has reserved for another book's order.
func (d *decision) obeyCancel(b *ObeyedBody, m *moves) {
	s, c := d.s, &b.Command
	v, ok := s.served[c.Order]
	if !ok {
		b.Refused = RefusedCanceled
		return
	}
	l, _ := s.leg(c.Order) // there is one, for it is served
	if len(l.lines) == 0 {
		b.Refused = RefusedLeft
		return
	}
	for _, n := range l.lines {
		s.freeLeg(m, c.Order, n.Line, n.SKU, n.Qty, n.Qty)
	}
	b.Done = v.Lines
}

// obeyRelease frees what this site has reserved for another book's order beyond what that counts on:
// of each line as much as the command says, and not more than there is. A move lets go of no more than lies on the shelf: what is
// in hand already is served from here after all.
func (d *decision) obeyRelease(b *ObeyedBody, m *moves) {
	s, c := d.s, &b.Command
	if _, ok := s.served[c.Order]; !ok {
		b.Refused = RefusedCanceled
		return
	}
	l, _ := s.leg(c.Order)
	for _, n := range summedLines(c.Lines) {
		have := l.reserved(n.Line)
		if have.SKU != n.SKU {
			continue
		}
		q := min(n.Qty, have.Qty)
		if strings.HasSuffix(c.ID, moveSuffix) {
			q = min(q, l.at(n.Line).At[StageShelf])
		}
		if q > 0 {
			s.freeLeg(m, c.Order, n.Line, n.SKU, have.Qty, q)
			b.Done = append(b.Done, CommandLine{Line: n.Line, SKU: n.SKU, Qty: q})
		}
	}
}

// moveSuffix ends the id of a release by which head office has an order served from elsewhere.
const moveSuffix = "/move"

// summedLines adds up what lines say of one line of an order.
func summedLines(lines []CommandLine) (out []CommandLine) {
	at := map[CommandLine]int{}
	for _, l := range lines {
		key := CommandLine{Line: l.Line, SKU: l.SKU}
		if i, ok := at[key]; ok {
			out[i].Qty += l.Qty
			continue
		}
		at[key] = len(out)
		out = append(out, l)
	}
	return out
}

// obeyNote writes down which site now serves a waiting line of an order of ours.
func (d *decision) obeyNote(b *ObeyedBody) {
	site := b.Command.Site
	if d.ownLines(b, func(l *Line, q Qty) { l.AddAway(site, q) }) {
		b.Done = b.Command.Lines
	}
}

// obeyLose takes back what another site was to serve of an order of ours, as far as the order
// counts on it: its units are gone. It waits for head office again.
func (d *decision) obeyLose(b *ObeyedBody) {
	c := &b.Command
	old, ok := d.s.orders[c.Order]
	if !ok || !old.isOpen() {
		b.Refused = RefusedCanceled
		return
	}
	o := old.Clone()
	for _, l := range c.Lines {
		if l.Line < 1 || l.Line > len(o.Lines) {
			continue
		}
		line := &o.Lines[l.Line-1]
		if q := line.dropAway(c.Site, l.Qty); q > 0 {
			line.Backordered += q
			b.Done = append(b.Done, CommandLine{Line: l.Line, SKU: line.SKU, Qty: q})
		}
	}
	if len(b.Done) == 0 {
		return
	}
	o.Wait = WaitHQ
	o.Settle()
	b.Order = o
}

// obeyHandedOver writes down what another site has handed over of an order of ours in all, as far as the order does not know
// it yet. It is a level, so a repeat, under whatever id, changes nothing.
func (d *decision) obeyHandedOver(b *ObeyedBody) {
	c := &b.Command
	old, ok := d.s.orders[c.Order]
	if !ok || c.Owner != d.s.Site || !old.isOpen() {
		b.Refused = RefusedCanceled
		return
	}
	o := old.Clone()
	for _, l := range c.Lines {
		if l.Line < 1 || l.Line > len(o.Lines) || o.Lines[l.Line-1].SKU != l.SKU || CheckQty(l.Qty) != nil {
			continue
		}
		line := &o.Lines[l.Line-1]
		if q := l.Qty - line.SentBy(c.Site); q > 0 {
			line.Over += line.HandOver(c.Site, q)
			b.Done = append(b.Done, CommandLine{Line: l.Line, SKU: line.SKU, Qty: q})
		}
	}
	if len(b.Done) == 0 {
		return
	}
	o.Settle()
	b.Order = o
}

// obeyDecline gives up what head office cannot serve of an order of ours that was taken without a
// promise, as far as it still is without one: what was promised once goes on waiting.
func (d *decision) obeyDecline(b *ObeyedBody) {
	c := &b.Command
	old, ok := d.s.orders[c.Order]
	if !ok || c.Owner != d.s.Site || !old.isOpen() {
		b.Refused = RefusedCanceled
		return
	}
	o := old.Clone()
	for _, l := range c.Lines {
		if l.Line < 1 || l.Line > len(o.Lines) {
			continue
		}
		line := &o.Lines[l.Line-1]
		if q := line.Decline(l.Qty); q > 0 {
			b.Done = append(b.Done, CommandLine{Line: l.Line, SKU: line.SKU, Qty: q})
		}
	}
	if len(b.Done) == 0 {
		return
	}
	o.Settle()
	b.Promotions = d.s.unused(o)
	b.Order = o
}
