package main

import (
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger/pricing"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type exchangeCmd struct {
	access
	keyed
	Order  string   `arg:"" help:"The order whose goods come back."`
	Lines  []string `arg:"" name:"line" help:"What comes back, as of return take: LINE=QTY, with a disposition where somebody has looked: 1=2:restock."`
	For    []string `help:"What is sold for it and taken along: SKU=QTY. May be given several times." required:"" placeholder:"SKU=QTY"`
	Till   string   `help:"Whose drawer is open." required:"" placeholder:"NAME"`
	Reason string   `help:"Why." required:"" placeholder:"TEXT"`
	Pay    []string `help:"Where the goods that are sold cost more, what pays the difference, as of tender pay: cash=/2000." placeholder:"TENDER"`
	Refund []string `help:"Where they cost less, of which tenders of the order the difference is given back, as of refund: 1 or 2=500." placeholder:"TENDER"`
	Total  int64    `help:"What the goods that are sold cost, in minor units: needed where they have no price." placeholder:"N"`
	Credit int64    `help:"What the goods that come back are worth, in minor units: needed where this site does not have the order's prices." placeholder:"N"`
	InHand bool     `help:"The customer holds the goods that are sold, whatever the book says."`
	By     string   `help:"Who exchanges; default the user that runs this." placeholder:"NAME"`
	JSON   bool     `name:"json" help:"Print one JSON object as the last line."`
}

func (c *exchangeCmd) request() (in contract.ExchangeRequest, err error) {
	back, err := (&returnTakeCmd{Order: c.Order, Lines: c.Lines}).request()
	if err != nil {
		return in, err
	}
	in = contract.ExchangeRequest{Order: c.Order, Lines: back.Lines, Till: c.Till, Reason: c.Reason, By: signer(c.By), Total: c.Total, Credit: c.Credit}
	in.Sale.InHand = c.InHand
	for _, word := range c.For {
		sku, q, do, lots, err := returnWord(word)
		if err == nil && (do != "" || len(lots) > 0) {
			err = fmt.Errorf("%w: %q is no goods that are sold, such as TAP-22=1", errUsage, word)
		}
		if err != nil {
			return in, err
		}
		in.Sale.Lines = append(in.Sale.Lines, contract.LineRequest{SKU: sku, Qty: q})
	}
	for _, word := range c.Pay {
		w, err := tenderWord(word)
		if err != nil {
			return in, err
		}
		in.Tenders = append(in.Tenders, w)
	}
	for _, word := range c.Refund {
		p, err := refundWord(word)
		if err != nil {
			return in, err
		}
		in.Refund = append(in.Refund, p)
	}
	return in, nil
}

// Run exchanges goods.
func (c *exchangeCmd) Run(h *house) error {
	in, err := c.request()
	if err != nil {
		return err
	}
	var out contract.Payments
	if err := c.call(h, http.MethodPost, "/v1/exchanges", c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("exchange: %w", err)
	}
	if x := out.Exchange; x != nil && !c.JSON {
		fmt.Fprintf(h.stdout, "return %s: worth %s, of which %s pays for what was sold and %s is given back\n", x.Return, pricing.Text(x.Credit, out.Currency), pricing.Figure(x.Moved, out.Currency), pricing.Figure(x.Back, out.Currency))
		if x.Receipt != "" {
			fmt.Fprintf(h.stdout, "give the customer %s, receipt %s\n", pricing.Text(x.Coins, out.Currency), x.Receipt)
		}
	}
	return tellPayments(h, &out, c.JSON)
}
