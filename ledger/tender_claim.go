package ledger

import "fmt"

// Money is given back at another site than the one that took it by handing the right over. The book that owns the order has that right; whoever
// gives gives up first: its entry counts what it hands over as given back, and only then the book that asked has it as a tender of its own, of
// which it gives back as of any other. Between the two the right is nobody's. So no more is paid out of all books together than was paid in,
// whatever is repeated, lost or cut off.

// A ClaimID names what a site asks the book that owns an order to hand over: a UUIDv7. The zero ClaimID means none.
type ClaimID string

// A MoneyClaim is what a site has asked for, as it knows how that stands. Amounts are in minor units.
type MoneyClaim struct {
	ID       ClaimID
	Order    OrderID
	Amount   int64
	Risk     bool // it was paid out before the answer, at the company's risk
	Answered bool
	Granted  int64  // answered: what was handed over and taken over here, at most Amount
	Owner    SiteID // answered: the book that did, or would not
	ByHand   bool   // answered: some was handed over, this book could not take it over, and a person was told to give it
}

// Status says how the claim stands: asked, granted, part_granted or refused.
func (c *MoneyClaim) Status() string {
	switch {
	case !c.Answered:
		return "asked"
	case c.Granted == 0:
		return "refused"
	case c.Granted < c.Amount:
		return "part_granted"
	default:
		return "granted"
	}
}

// Check refuses what no site can ask for.
func (c *MoneyClaim) Check() error {
	switch {
	case c.ID == "" || len(c.ID) > TextMax:
		return &FormError{Field: "claim", Why: "is no claim's id"}
	case c.Order == "" || len(c.Order) > TextMax:
		return &FormError{Field: "order", Why: "is no order's id: take it from the receipt, or look the order up"}
	}
	return CheckAmount("amount", c.Amount)
}

// ClaimsMax bounds the claims that a book keeps; those that were answered longest ago make room.
const ClaimsMax = 500

// ErrClaimsFull says that as many claims wait for an answer as the book keeps.
var ErrClaimsFull = fmt.Errorf("%d claims for money wait for an answer already", ClaimsMax)

// AskRefund asks the book that owns an order, by way of head office, for the right to give some of what it took back here. With Risk a
// supervisor, By, pays it in cash at once, at the company's risk: as far as this site may (the asset risk:SITE).
type AskRefund struct {
	Meta
	Claim  ClaimID
	Order  OrderID
	Till   TillID
	Amount int64
	Reason string
	By     string
	Risk   bool

	doc *Payments
}

func (*AskRefund) request() {}

// RiskOf is the asset that bounds what a site pays at the company's risk.
func RiskOf(site SiteID) AssetID { return AssetOf(AssetRisk, string(site)) }

func (r *AskRefund) check() error {
	if _, err := ParseTill(string(r.Till)); err != nil {
		return err
	}
	if err := (&MoneyClaim{ID: r.Claim, Order: r.Order, Amount: r.Amount}).Check(); err != nil {
		return err
	}
	switch {
	case r.Reason == "":
		return &FormError{Field: "reason", Why: "is missing: say why money is given back"}
	case r.Risk && r.By == "":
		return &FormError{Field: "by", Why: "is missing: name the supervisor who pays at the company's risk"}
	}
	if err := checkMoneyText("reason", r.Reason); err != nil {
		return err
	}
	return checkMoneyText("by", r.By)
}

// askRefund writes the claim, and with it what is paid at the company's risk: a tender that the company stands for, all of it given back.
func (d *decision) askRefund(r *AskRefund) Outcome {
	if err := r.check(); err != nil {
		return Outcome{Err: err}
	}
	t := d.s.takings
	b := &TenderBody{Act: TenderClaim, Till: r.Till, Reason: r.Reason, By: r.By, Currency: t.currency, Day: t.day.Number,
		Payments: Payments{Order: r.Order}, Claim: &MoneyClaim{ID: r.Claim, Order: r.Order, Amount: r.Amount, Risk: r.Risk}}
	if r.Risk {
		b.Act = TenderRisk
	}
	switch _, own := d.s.orders[r.Order]; {
	case own:
		return Outcome{Err: &FormError{Field: "order", Why: "is this site's own: give back what was paid here by its tenders"}}
	case d.s.Standalone:
		return Outcome{Err: &FormError{Field: "order", Why: "is not one of this site, which stands alone: there is no head office to ask for another site's"}}
	case t.claimed(r.Claim) != nil:
		return Outcome{Err: &FormError{Field: "claim", Why: "is another claim's: give this one its own"}}
	case !t.claimsRoom():
		return Outcome{Err: ErrClaimsFull}
	}
	drawer := t.drawers[r.Till]
	if drawer == nil {
		return d.refuseTender(b, RefusedNoDrawer, r.Meta)
	}
	if !r.Risk {
		b.Session, b.Opened = drawer.Session, drawer.Epoch
		return Outcome{Entry: d.write(&Entry{Kind: KindTendered, Ref: string(r.Order), Body: b}, r.Meta)}
	}
	if r.doc != nil {
		b.Payments = *r.doc.Clone()
	}
	doc := b.Payments
	if doc.For != "" {
		return Outcome{Err: &FormError{Field: "order", Why: "is the id of another payment: name the order that the goods were sold with"}}
	}
	if doc.Version >= PaidVersionsMax || len(doc.Tenders) >= TendersMax || len(doc.Repayments) >= RepaymentsMax {
		return Outcome{Err: &FormError{Field: "order", Why: "has been paid and given back here as often as one order can be: give it back without risk, and wait for head office's answer"}}
	}
	no := b.payAtRisk(r, drawer, d.s.nextReceipt(r.Till), RiskOf(d.s.Site))
	if no == "" {
		no = d.s.useAssets(b)
	}
	if no != "" {
		b.Payments, b.Moves = doc, nil
		return d.refuseTender(b, no, r.Meta)
	}
	return d.writeTender(b, drawer, r.Meta)
}

// payAtRisk adds the tender that the company stands for and gives it back in cash, or gives the refusal.
func (b *TenderBody) payAtRisk(r *AskRefund, drawer *Drawer, receipt Receipt, risk AssetID) Refusal {
	sum := RoundCash(r.Amount, drawer.Step)
	if have := drawer.Expected(); sum > have || sum == 0 {
		b.Want, b.Have = sum, have
		return RefusedDrawerShort
	}
	p := &b.Payments
	b.Claim.Amount, b.Receipt = sum, receipt
	p.Tenders = append(p.Tenders, Tender{Kind: TenderCash, Amount: sum, Given: sum, Refunded: sum, Receipt: receipt, Claim: r.Claim, Risk: risk, Mark: markOf(r.Key)})
	n := len(p.Tenders)
	p.Repayments = append(p.Repayments, Repayment{Tender: n, Amount: sum, Receipt: receipt, Mark: markOf(r.Key)})
	b.Moves = []TenderMove{{Tender: n, Amount: sum}, {Tender: n, Refund: true, Amount: sum}}
	p.Version++
	return ""
}

// claimed finds a claim; nil where the book keeps none of that id.
func (t *takings) claimed(id ClaimID) *MoneyClaim {
	for i := range t.claims {
		if t.claims[i].ID == id {
			return &t.claims[i]
		}
	}
	return nil
}

// claimsRoom says whether one more claim can be kept.
func (t *takings) claimsRoom() bool {
	if len(t.claims) < ClaimsMax {
		return true
	}
	for i := range t.claims {
		if t.claims[i].Answered {
			return true
		}
	}
	return false
}

// keepClaim takes down how a claim stands. One that was answered stays answered; an answer that says more was granted is the better one, for
// each says all that ever was.
func (t *takings) keepClaim(c *MoneyClaim) {
	if have := t.claimed(c.ID); have != nil {
		if !have.Answered || c.Answered && c.Granted > have.Granted {
			*have = *c
		}
		return
	}
	for i := 0; len(t.claims) >= ClaimsMax && i < len(t.claims); i++ {
		if t.claims[i].Answered || i == len(t.claims)-1 { // told late, there may be more than wait for an answer
			t.claims = append(t.claims[:i:i], t.claims[i+1:]...)
		}
	}
	t.claims = append(t.claims, *c)
}

// MoneyClaims lists the claims for an order that the book keeps, the oldest first; of all orders where it is "".
func (s *State) MoneyClaims(order OrderID) (out []MoneyClaim) {
	for _, c := range s.takings.claims {
		if order == "" || c.Order == order {
			out = append(out, c)
		}
	}
	return out
}

// obeyRefund hands over, at the book that owns the order, what it took and has not given back, as far as it is claimed: the entry's Done says how much
// that is, by tender. At the site that asked it writes down the answer: what was handed over is a tender of its own from then on, or makes good what was
// paid at risk. Lines are of money: Line is the tender's kind, SKU the asset that it uses, Qty minor units; those of a claim name no tender.
func (d *decision) obeyRefund(b *ObeyedBody, doc *Payments) {
	s, c := d.s, &b.Command
	if doc == nil {
		doc = &Payments{Order: c.Order}
	}
	t := &TenderBody{Currency: s.takings.currency, Day: s.takings.day.Number, Payments: *doc.Clone()}
	if c.Site == s.Site && t.Currency == "" { // of a book that was made anew, and has not opened a drawer yet
		t.Currency = c.Reason
	}
	switch {
	case c.Site == s.Site && (t.Currency != c.Reason || !isCurrency(c.Reason) || len(doc.Tenders)+len(c.Lines) > livesMax*TendersMax || doc.Version >= livesMax*PaidVersionsMax):
		b.Refused = RefusedCanceled
		return
	case c.Site == s.Site && s.takings.byHand(ClaimID(c.Return)):
		b.Refused = RefusedCanceled // under whichever id it is answered again: no till gives it as well
		return
	case c.Site == s.Site:
		t.takeOver(c, s.takings.claimed(ClaimID(c.Return)))
		b.Done = c.Lines
	case c.Owner != s.Site:
		b.Refused = RefusedCanceled
		return
	case s.Rebuilding:
		b.Refused = RefusedRebuilding // what it gave back in the life before is told late
		return
	case len(c.Lines) == 0 || doc.For != "" || c.Reason != t.Currency:
		return
	default:
		b.Done = t.handOver(c)
	}
	if len(t.Moves) > 0 {
		t.Payments.Version++
	}
	list, err := purse(nil), t.sound() // first: another site's book has said what the lines are of
	if err == nil {
		t.bookAssets(s, false)
		list, err = t.money(MoneyDrawer, "")
	}
	if err == nil {
		err = s.takings.roomFor(list, "")
	}
	if err != nil {
		b.Done, b.Refused = nil, RefusedCanceled
		return
	}
	if t.Money = list; len(t.Moves) > 0 || t.Claim != nil {
		b.Tender = t
	}
}

// handOver counts what is claimed as given back, tender by tender, and says what that brings. A claim that has been answered, by an entry that was told
// late, gets the answer again.
func (b *TenderBody) handOver(c *HQCommand) (done []CommandLine) {
	b.Act = TenderHandOver
	p, id := &b.Payments, ClaimID(c.Return)
	line := func(t *Tender, moved int64) {
		if moved > 0 {
			done = append(done, CommandLine{Line: int(t.Kind), SKU: SKU(t.Asset()), Qty: Qty(moved)})
		}
	}
	before, again := p.Clone(), false
	for i := range before.Tenders {
		before.Tenders[i].Refunded = 0
	}
	for i := range p.Repayments {
		r := &p.Repayments[i]
		t := &before.Tenders[r.Tender-1]
		was := t.PaidBack()
		if t.Refunded += r.Amount; r.To == c.Site && r.Claim == id {
			again = true
			line(t, t.PaidBack()-was)
		}
	}
	want := int64(c.Lines[0].Qty)
	for i := range p.Tenders {
		t := &p.Tenders[i]
		was, left := *t, min(want, t.Amount-t.Refunded)
		if again || t.Risk != "" || left < 1 || len(p.Repayments) >= RepaymentsMax || p.Version >= PaidVersionsMax {
			continue
		}
		if t.Refunded += left; t.PaidBack()-was.PaidBack() > want { // coins are not for less
			left -= t.Step
			t.Refunded = was.Refunded + max(0, left)
		}
		moved := t.PaidBack() - was.PaidBack()
		if left < 1 || moved < 1 {
			*t = was
			continue
		}
		want -= moved
		line(t, moved)
		b.Moves = append(b.Moves, TenderMove{Tender: i + 1, Refund: true, Across: true, Amount: left})
		p.Repayments = append(p.Repayments, Repayment{Tender: i + 1, Amount: left, To: c.Site, Claim: id})
	}
	return done
}

// takeOver writes down the answer to a claim; known is as the book keeps it, nil where it keeps it no more.
func (b *TenderBody) takeOver(c *HQCommand, known *MoneyClaim) {
	b.Act = TenderTakeOver
	p, id, sum := &b.Payments, ClaimID(c.Return), int64(0)
	for _, l := range c.Lines {
		sum += int64(l.Qty)
	}
	b.Claim = &MoneyClaim{ID: id, Order: c.Order, Amount: sum}
	if known != nil {
		*b.Claim = *known
	}
	b.Claim.Answered, b.Claim.Granted, b.Claim.Owner = true, sum, c.Owner
	have, risk := p.takenOver(id)
	rest := sum - have // an answer says all that was ever granted
	if risk > 0 {
		t := &p.Tenders[risk-1]
		if q := min(rest, t.Amount-t.Settled); q > 0 {
			t.Settled += q
			b.Moves = append(b.Moves, TenderMove{Tender: risk, Settle: true, Amount: q})
		}
		return
	}
	b.takeRest(c, rest)
	have, _ = p.takenOver(id)
	b.Claim.Granted = min(sum, have)
}

// takeRest takes over what an answer says was handed over beyond what the book has of the claim: all of it, but where the answer was told late, or an owner
// that was made anew hands over more than it did in the life before.
func (b *TenderBody) takeRest(c *HQCommand, rest int64) {
	type way struct {
		kind TenderKind
		ref  string
	}
	p, id, had := &b.Payments, ClaimID(c.Return), map[way]int64{}
	for i := range p.Tenders {
		if t := &p.Tenders[i]; t.Claim == id && t.Risk == "" {
			had[way{t.Kind, t.Ref}] += t.Amount
		}
	}
	for _, l := range c.Lines {
		t := Tender{Kind: TenderKind(l.Line), Claim: id, From: c.Owner}
		if t.Kind.usesAsset() {
			t.Ref = AssetID(l.SKU).Name()
		}
		w := way{t.Kind, t.Ref}
		known := min(had[w], int64(l.Qty))
		had[w] -= known
		if t.Amount = min(int64(l.Qty)-known, rest); t.Amount < 1 {
			continue
		}
		if rest -= t.Amount; t.Kind == TenderCash {
			t.Given = t.Amount
		}
		p.Tenders = append(p.Tenders, t)
		b.Moves = append(b.Moves, TenderMove{Tender: len(p.Tenders), Across: true, Amount: t.Amount})
	}
}

// takenOver is what of a claim stands among the payments already, in minor units, and may be given, or was, or has made good what was paid at risk; and the
// number of the tender that was paid so, 0 where none was.
func (p *Payments) takenOver(id ClaimID) (sum int64, risk int) {
	for i := range p.Tenders {
		switch t := &p.Tenders[i]; {
		case t.Claim != id:
		case t.Risk != "":
			sum, risk = sum+t.Settled, i+1
		default:
			sum += t.Amount
		}
	}
	for i := range p.Repayments { // what was taken over before it was told of the risk, and has made it good since
		if r := &p.Repayments[i]; r.To != "" && r.Claim == id && p.Tenders[r.Tender-1].Claim == id {
			sum -= r.Amount
		}
	}
	return sum, risk
}

// foldNotTaken ends a claim whose answer this book could not take over: nothing is given back by it, and head office has somebody see to what was
// handed over.
func (s *State) foldNotTaken(c *HQCommand) {
	if c.Kind != CommandRefund || c.Site != s.Site {
		return
	}
	if have := s.takings.claimed(ClaimID(c.Return)); have != nil && !have.Answered && have.Order == c.Order {
		have.Answered, have.Owner = true, c.Owner
		have.ByHand = len(c.Lines) > 0 && !have.Risk // what was paid before the answer is made good by a later one
		s.wroteMoney()
		s.dirty.claims = s.Seq + 1
	}
}

// byHand says whether a person was told to give what a claim has brought.
func (t *takings) byHand(id ClaimID) bool {
	have := t.claimed(id)
	return have != nil && have.ByHand
}

// foldAcross takes up what an entry that obeys says of money that crosses from one site's book to another's.
func (s *State) foldAcross(b *ObeyedBody) error {
	t, c := b.Tender, &b.Command
	if t == nil {
		return nil
	}
	if c.Kind != CommandRefund || t.Payments.Order != c.Order || t.Act != TenderHandOver && t.Act != TenderTakeOver {
		return fmt.Errorf("a command %s moves money of order %s", c.Kind, t.Payments.Order)
	}
	if err := t.sound(); err != nil {
		return err
	}
	if s.takings.currency == "" && isCurrency(t.Currency) {
		s.takings.currency = t.Currency
	}
	for _, m := range t.Moves {
		if m.Over != 0 || m.Refund != (t.Act == TenderHandOver) || !m.Across && !m.Settle {
			return fmt.Errorf("order %s: a %s moves tender %d the other way", c.Order, t.Act, m.Tender)
		}
	}
	return s.foldPaid(&Entry{Kind: KindObeyed, Body: b}, t)
}
