package machine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A reservation for an order of head office's own says in its id, behind its version (mark.go), what all that was asked for comes to, as its customer was
// told. A head office that has forgotten the order, and has other prices by now, knows from that whether it is sent again as it was accepted. The amounts line
// by line are not known: where they may be others, somebody is asked who may amend them.

// kindSaysPrice is the first kind that only such builds know as say with a reservation what its order comes to, keep what a no has given up for a site that
// tells of it later, and tell of a claim once. It is the kind that came last before it, whatever it says.
const kindSaysPrice = kindLeast

// saysPrice is of kindSaysPrice.
func (m *Machine) saysPrice() bool { return m.agreed(kindSaysPrice) }

// priceSign stands behind a wishMark, where a build before this one looks for the wish of a line, finds no wishDot, and passes it over. Behind it are minor
// units and their currency.
const priceSign = '='

// priceDiffers is the word for an order that may have been accepted at another price than it is taken at now.
const priceDiffers = "price_differs"

// priceMark is what the id of a reservation says of an order with these lines; "" where nobody has said a price.
func (m *Machine) priceMark(o *Order, lines []ledger.Line) string {
	if !m.saysPrice() {
		return ""
	}
	return priceOf(&ledger.Order{Lines: lines, Kits: o.Kits})
}

// priceOf is priceMark of an order as it stands.
func priceOf(o *ledger.Order) string {
	sum := o.Asked()
	if sum.Currency == "" {
		return ""
	}
	return string(wishMark) + string(priceSign) + strconv.FormatInt(sum.Total(), 10) + sum.Currency
}

// pricesTold are the prices that an order's reservations say, each once.
func (o *Order) pricesTold() (all []string) {
	for i := range o.Legs {
		l := &o.Legs[i]
		if !l.brings() {
			continue
		}
		_, mark, _ := cutLast(l.Command, versionMark)
		if at := strings.Index(mark, string(wishMark)+string(priceSign)); at >= 0 && !slices.Contains(all, mark[at:]) {
			all = append(all, mark[at:])
		}
	}
	return all
}

// PricedElse says whether an order that is known by its reservations only was accepted at another price than that of other, as far as they say one.
func (o *Order) PricedElse(other *ledger.Order) bool {
	told := o.pricesTold()
	return len(told) > 0 && !slices.Contains(told, priceOf(other))
}

// asksPrice has somebody see to an order that was accepted in a life that is lost and is taken again, where its price may be another one by now. What it
// was accepted at is known as a whole, or not at all.
func (m *Machine) asksPrice(o *Order, at time.Time) {
	now := priceOf(&o.Order)
	told := o.pricesTold()
	if !m.saysPrice() || now == "" && len(told) == 0 || slices.Contains(told, now) {
		return
	}
	words := make([]string, len(told))
	for i, w := range told {
		words[i] = wordsOfPrice(w)
	}
	was := "what its customer was told nobody knows: look at what they were sent"
	if len(told) > 0 {
		was = "its customer was told " + strings.Join(words, ", or ")
	}
	m.raise(Exception{What: priceDiffers, Order: o.ID, SKU: o.Lines[0].SKU,
		Why: fmt.Sprintf("a life of head office that is lost accepted the order, and it was sent again at today's prices: by these it comes to %s, and %s. What they were told holds: amend the order's prices where they say another sum, or ask the customer", wordsOfPrice(now), was)}, at)
}

// wordsOfPrice says a priceMark to people.
func wordsOfPrice(mark string) string {
	mark = strings.TrimPrefix(mark, string(wishMark)+string(priceSign))
	if mark == "" {
		return "nothing, for nobody has said a price"
	}
	at := strings.IndexFunc(mark, func(r rune) bool { return r < '0' || r > '9' })
	if at < 0 {
		at = len(mark)
	}
	return strings.TrimSpace(fmt.Sprintf("%s minor units of %s", mark[:at], mark[at:]))
}
