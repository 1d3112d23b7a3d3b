package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// signed is by whom an entry says that it is.
type signed struct {
	site                    ledger.SiteID
	seq                     ledger.Seq
	kind                    ledger.Kind
	actor, device, approver string

	leave string // what of it takes a second person, of whoever is no supervisor; "" nothing
	price string // of an order with a discount: who let it be, by the order itself; "" without one
}

func signedBy(site ledger.SiteID, e *ledger.Entry) signed {
	return signed{site: site, seq: e.Seq, kind: e.Kind, actor: e.Actor, device: e.Device, approver: e.Approver, leave: byLeave(e), price: discountBy(e)}
}

// itsOwn says whether a book writes entries of a kind by itself: what head office commanded, what a delivery fills, how the
// book itself stands.
func itsOwn(k ledger.Kind) bool {
	switch k {
	case ledger.KindOpened, ledger.KindBoot, ledger.KindObeyed, ledger.KindFilled, ledger.KindAdopted, ledger.KindAttested, ledger.KindDisplaced, ledger.KindWords, ledger.KindMoney:
		return true
	default:
		return false
	}
}

// byLeave says what of an entry takes a second person, of whoever is no supervisor: the rules ask for it. "" nothing.
func byLeave(e *ledger.Entry) string {
	switch b := e.Body.(type) {
	case *ledger.TenderBody:
		if b.Act == ledger.TenderRefund || b.Act == ledger.TenderRisk || givesBack(b) {
			return "money given back"
		}
	case *ledger.DrawerBody:
		if b.Act == ledger.DrawerIn || b.Act == ledger.DrawerOut {
			return "money put into a drawer, or taken out"
		}
	}
	switch e.Kind {
	case ledger.KindAdjusted, ledger.KindInspected, ledger.KindDayEnded:
		return e.Kind.String()
	default:
		return ""
	}
}

// nobody is who let a price be lowered where nobody is named.
const nobody = "nobody"

// discountBy is who let a discount of an order be that an entry takes; "" where it takes none that has one.
func discountBy(e *ledger.Entry) string {
	b, ok := e.Body.(*ledger.OrderBody)
	if !ok || e.Kind != ledger.KindPlaced && e.Kind != ledger.KindAskAccepted {
		return ""
	}
	for i := range b.Order.Lines {
		if c := b.Order.Lines[i].Charge; c != nil && c.OffWhy != "" {
			return cmp.Or(c.Approver, nobody)
		}
	}
	return ""
}

// actsNamed counts what people have done since the shops opened that does not name one of them, at a device of that site, and
// whoever approved it where the rules ask for that.
func (v *verdict) actsNamed(p *paper, list []signed) {
	if p.staff == nil {
		return
	}
	for i := range list {
		e := &list[i]
		if e.seq <= p.staff.from[e.site] || itsOwn(e.kind) {
			continue
		}
		why := ""
		switch {
		case !p.staff.people[e.actor]:
			why = fmt.Sprintf("is by %q, who is none of the people", e.actor)
		case p.staff.devices[e.device] != string(e.site):
			why = fmt.Sprintf("is at %q, which is no device there", e.device)
		case e.leave != "" && e.actor != "sam" && e.approver != "sam":
			why = fmt.Sprintf("%s, of %s is approved by %q, want sam", e.leave, e.actor, e.approver)
		case e.price != "" && (e.price != "sam" || e.actor != "sam" && e.approver != "sam"):
			why = fmt.Sprintf("of %s has a discount that %q let be, and %q approved, want sam", e.actor, e.price, e.approver)
		default:
			continue
		}
		v.unnamed++
		v.say("%s: entry %d, %s, %s", e.site, e.seq, e.kind, why)
	}
	for _, what := range p.acts {
		v.unnamed++
		v.say("head office: %s", what)
	}
}

// callServer is what a server of head office says about itself when it starts: nobody's act.
const callServer = "POST /v1/servers"

// replaces says whether a call at head office is the operator's who has a node take the place of one whose disk is lost.
func replaces(call string) bool {
	return strings.HasPrefix(call, "POST /v1/sites/") && strings.HasSuffix(call, "/token")
}

// names says whether an act of head office's names one of the people at one of its desks, or is one of the owner's own.
func (t *staffTold) names(what, by, device string) bool {
	return t.people[by] && t.devices[device] == string(ledger.HQ) || t.operator && by == door.OwnerName && replaces(what)
}

// forgets says whether an order's story is not known at a head office that has gone back in time: why it sourced an order is not among what it learns again.
func (t *staffTold) forgets(err error) bool {
	no, ok := errors.AsType[*client.Refusal](err)
	return ok && t.operator && no.Status == http.StatusNotFound
}

// storiesMost bounds how many of head office's own orders are asked whose they are.
const storiesMost = 50

// actsAgain asks, when all is quiet, whose the acts and the orders of head office are.
func (s *show) actsAgain(ctx context.Context) {
	if s.paper.staff == nil {
		return
	}
	hq, told := s.company.hqClient(50), s.paper.staff
	named := func(what, by, device string) {
		if !told.names(what, by, device) {
			s.paper.acts = append(s.paper.acts, fmt.Sprintf("%s is by %q at %q", what, by, device))
		}
	}
	acts := 0
	for cursor, more := "", true; more; {
		var page contract.History
		if _, err := hq.Do(ctx, http.MethodGet, "/v1/history?limit=500"+cursor, "", nil, &page); err != nil {
			s.paper.fault("head office: its history cannot be looked up: %v", err)
			return
		}
		for _, a := range page.Acts {
			if more = a.Number > told.acts; !more {
				break
			}
			if a.Call == callServer {
				continue
			}
			acts++
			named(a.Call, a.By, a.Device)
		}
		more = more && page.NextCursor != ""
		cursor = "&cursor=" + page.NextCursor
	}
	orders := 0
	for _, t := range s.paper.orders {
		if t.book != string(ledger.HQ) || t.answer == nil || orders == storiesMost {
			continue
		}
		var e contract.Explanation
		_, err := hq.Do(ctx, http.MethodGet, "/v1/orders/"+string(t.answer.ID)+"/explain", "", nil, &e)
		if told.forgets(err) {
			continue
		}
		orders++
		if err != nil || len(e.Story) == 0 {
			s.paper.fault("head office: %s: whose it is cannot be looked up: %v", t.key, err)
			continue
		}
		at := slices.IndexFunc(e.Story, func(s contract.StoryStep) bool { return s.What == "placed" }) // behind what was lent for it
		if at < 0 {
			at = 0
		}
		named(t.key, e.Story[at].By, e.Story[at].Device)
	}
	s.say("%d acts and %d orders of head office were asked whose they are", acts, orders)
}
