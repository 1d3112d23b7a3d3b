package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type customerCmd struct {
	List  customerListCmd  `cmd:"" help:"Find customers by any part of an id, name, e-mail address, telephone number, group or postcode."`
	Put   customerPutCmd   `cmd:"" help:"Set a customer from a JSON file, as PUT /v1/customers/{customer} takes it. Many come by import customers."`
	Erase customerEraseCmd `cmd:"" help:"Forget a person, for good: at head office at once, at each site with its next contact."`
	Limit customerLimitCmd `cmd:"" help:"Set how much a customer may owe."`
	Allot customerAllotCmd `cmd:"" help:"Say how much of it a site may sell on account without asking, also while it is cut off."`
	Pay   customerPayCmd   `cmd:"" help:"Record what a customer has paid, at head office."`
}

type customerListCmd struct {
	access
	Q    string `arg:"" optional:"" name:"text" help:"What a customer is looked for by; left out: all."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// customersPage is how many customers are fetched at a time.
const customersPage = 500

// Run lists customers, page by page.
func (c *customerListCmd) Run(h *house) error {
	l := lister[contract.CustomerList, contract.Customer]{
		path: "/v1/customers", query: url.Values{"q": {c.Q}}, limit: customersPage,
		rows: func(p *contract.CustomerList) *[]contract.Customer { return &p.Customers }, next: func(p *contract.CustomerList) string { return p.NextCursor },
		columns: "CUSTOMER\tNAME\tGROUP\tTERMS\tADDRESSES\tWHY NOT",
		row: func(w io.Writer, p *contract.Customer) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d days\t%s\t%s\n", p.Customer, p.Name, p.Group, p.TermsDays, addressLabels(p), whyNot(p))
		},
	}
	return l.run(h, &c.access, "customers", c.JSON)
}

func addressLabels(p *contract.Customer) string {
	var out []string
	for _, a := range p.Addresses {
		out = append(out, a.Label)
	}
	return strings.Join(out, " ")
}

func whyNot(p *contract.Customer) string {
	if p.Erased {
		return "erased"
	}
	return p.Blocked
}

type customerPutCmd struct {
	access
	Customer string `arg:"" name:"customer" help:"The customer's id."`
	File     string `arg:"" help:"JSON file." type:"existingfile"`
	JSON     bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run sets the customer. Done again it changes nothing.
func (c *customerPutCmd) Run(h *house) error {
	var in contract.CustomerRequest
	if err := readJSONFile(c.File, &in); err != nil {
		return fmt.Errorf("set customer %s: %w", c.Customer, err)
	}
	var out contract.Customer
	if err := c.call(h, http.MethodPut, pathCustomer(c.Customer), "", in, &out); err != nil {
		return fmt.Errorf("set customer %s: %w", c.Customer, err)
	}
	return printed(h, c.JSON, out, "%s is customer %s, in version %d", out.Name, out.Customer, out.Version)
}

type customerEraseCmd struct {
	access
	Customer string `arg:"" name:"customer" help:"The customer's id."`
	Reason   string `help:"Who asked for it, and how; name nobody." required:""`
	By       string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON     bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run erases what is known of the person. Done again it changes nothing.
func (c *customerEraseCmd) Run(h *house) error {
	var out contract.Customer
	in := hq.EraseRequest{Reason: c.Reason, By: signer(c.By)}
	if err := c.call(h, http.MethodPost, pathCustomer(c.Customer)+"/erase", "erase-"+c.Customer, in, &out); err != nil {
		return fmt.Errorf("erase customer %s: %w", c.Customer, err)
	}
	return printed(h, c.JSON, out, "nothing is known of customer %s any more but the id; sites that are cut off forget with their next contact: holdfast erasure list says which have", out.Customer)
}

type customerLimitCmd struct {
	access
	Customer string     `arg:"" name:"customer" help:"The customer's id."`
	Limit    ledger.Qty `arg:"" name:"limit" help:"In minor units of the company's currency."`
	Reason   string     `help:"Why."`
	By       string     `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON     bool       `name:"json" help:"Print one JSON object as the last line."`
}

// Run sets the limit. Done again it changes nothing.
func (c *customerLimitCmd) Run(h *house) error {
	id := ledger.AssetOf(ledger.AssetCredit, c.Customer)
	var out hq.Asset
	if err := c.call(h, http.MethodPut, pathAsset(id), "", hq.LimitRequest{Limit: c.Limit, By: signer(c.By), Reason: c.Reason}, &out); err != nil {
		return fmt.Errorf("set limit of %s: %w", c.Customer, err)
	}
	return printed(h, c.JSON, out, "%s", assetStory(&out))
}

type customerAllotCmd struct {
	access
	Customer string     `arg:"" name:"customer" help:"The customer's id."`
	Site     string     `help:"The site that may sell on account." required:"" placeholder:"SITE"`
	Amount   ledger.Qty `help:"A level, not a difference, in minor units; 0 recalls all." required:""`
	By       string     `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON     bool       `name:"json" help:"Print one JSON object as the last line."`
}

// Run sets the level.
func (c *customerAllotCmd) Run(h *house) error {
	return allotAsset(h, &c.access, ledger.AssetOf(ledger.AssetCredit, c.Customer), c.Site, c.Amount, c.By, c.JSON)
}

type customerPayCmd struct {
	access
	Customer  string     `arg:"" name:"customer" help:"The customer's id."`
	Amount    ledger.Qty `arg:"" name:"amount" help:"In minor units; below 0 takes a payment back, with a reason."`
	Reference string     `help:"The id of the payment: the same one is taken down once." required:""`
	Reason    string     `help:"Why a payment is taken back."`
	By        string     `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON      bool       `name:"json" help:"Print one JSON object as the last line."`
}

// Run takes the payment down, once for its reference.
func (c *customerPayCmd) Run(h *house) error {
	id := ledger.AssetOf(ledger.AssetCredit, c.Customer)
	var out hq.Asset
	in := hq.PaidRequest{Amount: c.Amount, Reference: c.Reference, By: signer(c.By), Reason: c.Reason}
	if err := c.call(h, http.MethodPost, pathAsset(id)+"/pay", "pay-"+c.Customer+"-"+c.Reference, in, &out); err != nil {
		return fmt.Errorf("record a payment of %s: %w", c.Customer, err)
	}
	return printed(h, c.JSON, out, "%s", assetStory(&out))
}

// printed prints what came of an act, as JSON or in words.
func printed(h *house, asJSON bool, out any, format string, args ...any) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	_, err := fmt.Fprintf(h.stdout, format+"\n", args...)
	return err
}
