package ledger

import "fmt"

// ActOnDrawer opens a session of a till's drawer with a float, pays cash in or out for a reason, or closes the session by
// what was counted.
type ActOnDrawer struct {
	Meta
	Act      DrawerAct
	Till     TillID
	Amount   int64  // minor units: the float, what is paid in or out, or what was counted
	Reason   string // why it is paid in or out, or why a count differs
	By       string
	Currency string // open: of all money of the site, once for ever; later "" or the same
	Step     int64  // open: what the smallest coin is worth; 0 or 1: nothing is rounded
}

// EndDay ends the trading day of the site. All drawers must be closed.
type EndDay struct{ Meta }

func (*ActOnDrawer) request() {}
func (*EndDay) request()      {}

// check refuses what nobody does with a drawer, whatever the book says.
func (r *ActOnDrawer) check() error {
	if _, err := ParseTill(string(r.Till)); err != nil {
		return err
	}
	if err := checkMoneyText("reason", r.Reason); err != nil {
		return err
	}
	if err := checkMoneyText("by", r.By); err != nil {
		return err
	}
	moves := r.Act == DrawerIn || r.Act == DrawerOut
	switch {
	case r.Act < DrawerOpen || r.Act > DrawerClose:
		return &FormError{Field: "act", Why: "is not open, pay_in, pay_out or close"}
	case moves && r.Reason == "":
		return &FormError{Field: "reason", Why: "is missing: say what the cash is for"}
	case moves:
		return CheckAmount("amount", r.Amount)
	case r.Amount < 0 || r.Amount > AmountMax:
		return &FormError{Field: "amount", Why: fmt.Sprintf("is %d; it is 0 to %d minor units", r.Amount, int64(AmountMax))}
	case r.Act != DrawerOpen && (r.Currency != "" || r.Step != 0):
		return &FormError{Field: "currency", Why: "and the smallest coin are said when a drawer is opened"}
	case r.Step < 0 || r.Step > AmountMax:
		return &FormError{Field: "smallest_coin", Why: fmt.Sprintf("is %d; the smallest coin is worth 0 to %d minor units", r.Step, int64(AmountMax))}
	}
	return nil
}

// currencyOf refuses a currency that is not the site's.
func (t *takings) currencyOf(told string) (string, error) {
	switch {
	case told == "" && t.currency == "":
		return "", &FormError{Field: "currency", Why: "is missing: say it when the first drawer of a site is opened, for example GBP"}
	case told == "":
		return t.currency, nil
	case !isCurrency(told):
		return "", &FormError{Field: "currency", Why: "is not three upper-case letters, for example GBP"}
	case t.currency != "" && told != t.currency:
		return "", &FormError{Field: "currency", Why: fmt.Sprintf("is %s; the tills of this site take %s", told, t.currency)}
	default:
		return told, nil
	}
}

func isCurrency(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return len(s) == 3
}

// actOnDrawer decides an act on a drawer.
func (d *decision) actOnDrawer(r *ActOnDrawer) Outcome {
	if err := r.check(); err != nil {
		return Outcome{Err: err}
	}
	t := d.s.takings
	was := t.drawers[r.Till]
	b := &DrawerBody{Act: r.Act, Amount: r.Amount, Reason: r.Reason, By: r.By, Currency: t.currency, Day: t.day.Number}
	if was != nil {
		b.Drawer, b.Have = *was, was.Expected()
	} else {
		b.Drawer = Drawer{Till: r.Till, Session: t.sessions[r.Till]}
	}
	if !r.Act.possible(was != nil) {
		if was != nil {
			return d.refuseDrawer(b, RefusedDrawerOpen, r.Meta)
		}
		return d.refuseDrawer(b, RefusedNoDrawer, r.Meta)
	}
	switch r.Act {
	case DrawerOpen:
		var err error
		if b.Currency, err = t.currencyOf(r.Currency); err != nil {
			return Outcome{Err: err}
		}
		if _, known := t.sessions[r.Till]; !known && len(t.sessions) >= TillsMax {
			return Outcome{Err: &FormError{Field: "till", Why: fmt.Sprintf("would be one more than the %d that a site can have: use the name of one that is there", TillsMax)}}
		}
		b.Drawer = Drawer{Till: r.Till, Epoch: d.s.Epoch, Session: t.sessions[r.Till] + 1, Step: r.Step, Opened: d.now}
	case DrawerOut:
		if r.Amount > b.Have {
			return d.refuseDrawer(b, RefusedDrawerShort, r.Meta)
		}
	case DrawerClose:
		if r.Amount != b.Have && r.Reason == "" {
			return d.refuseDrawer(b, RefusedDiffers, r.Meta)
		}
	}
	b.Money = b.money(MoneyDrawer, r.Till, b.Have)
	if err := t.roomFor(b.Money, r.Till); err != nil {
		return Outcome{Err: err}
	}
	b.Drawer, b.Have = b.act(was), 0
	return Outcome{Entry: d.write(&Entry{Kind: KindDrawer, Ref: string(r.Till), Body: b}, r.Meta)}
}

// refuseDrawer writes an entry that remembers a no under its key.
func (d *decision) refuseDrawer(b *DrawerBody, why Refusal, meta Meta) Outcome {
	b.Refusal = why
	e := d.write(&Entry{Kind: KindDrawer, Ref: string(b.Drawer.Till), Body: b}, meta)
	return Outcome{Entry: e, Err: b.err()}
}

// endDay ends the day, of which the book keeps the figures for ever.
func (d *decision) endDay(r *EndDay) Outcome {
	t := d.s.takings
	b := &DayBody{Day: t.day.Clone(), Currency: t.currency}
	if open := sortedKeys(t.drawers); len(open) > 0 {
		b.Refusal, b.Open = RefusedDrawerOpen, open[0]
	}
	e := d.write(&Entry{Kind: KindDayEnded, Ref: fmt.Sprintf("day-%d", b.Day.Number), Body: b}, r.Meta)
	return Outcome{Entry: e, Err: b.err()}
}
