package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type assetCmd struct {
	List    assetListCmd    `cmd:"" help:"List accounts, cards and promotions at head office: what is used, and who may still use how much."`
	Held    assetHeldCmd    `cmd:"" help:"List what a site may use of them without asking."`
	Limit   assetLimitCmd   `cmd:"" help:"Set the limit of one, such as the uses of a promotion (promo:SPRING)."`
	Allot   assetAllotCmd   `cmd:"" help:"Say how much of one a site may use without asking, also while it is cut off."`
	Charge  assetChargeCmd  `cmd:"" help:"Use some at a site: bought on account, paid by card, a promotion given."`
	Release assetReleaseCmd `cmd:"" help:"Undo a charge that was made at a site, or a part of it."`
	Load    assetLoadCmd    `cmd:"" help:"Load a card at a site: it was sold, or store credit is given."`
	Pay     assetPayCmd     `cmd:"" help:"Record money that a site received on an account."`
}

type assetListCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists all of them, page by page.
func (c *assetListCmd) Run(h *house) error {
	l := lister[hq.AssetList, hq.Asset]{
		path: "/v1/assets", limit: customersPage,
		rows: func(p *hq.AssetList) *[]hq.Asset { return &p.Assets }, next: func(p *hq.AssetList) string { return p.NextCursor },
		columns: "ASSET\tLIMIT\tUSED\tFREE\tIN\tSITES",
		row: func(w io.Writer, a *hq.Asset) {
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%s\n", a.Asset, a.Limit, a.Used, a.Free, assetUnit(a.Asset, a.Currency), assetSites(a))
		},
	}
	return l.run(h, &c.access, "assets", c.JSON)
}

func assetSites(a *hq.Asset) string {
	var out []string
	for _, s := range a.Sites {
		words := fmt.Sprintf("%s %d", s.Site, s.Has)
		if s.Coming > 0 {
			words += fmt.Sprintf(" and %d on its way", s.Coming)
		}
		out = append(out, words)
	}
	return strings.Join(out, ", ")
}

// assetUnit is what an asset's figures count.
func assetUnit(id ledger.AssetID, currency string) string {
	switch {
	case id.Kind() == ledger.AssetPromo:
		return "uses"
	case currency == "":
		return "minor units"
	default:
		return "minor units of " + currency
	}
}

// assetStory says how an asset stands.
func assetStory(a *hq.Asset) string {
	words := fmt.Sprintf("%s: of %d %s, %d are used, %d are free", a.Asset, a.Limit, assetUnit(a.Asset, a.Currency), a.Used, a.Free)
	if sites := assetSites(a); sites != "" {
		words += "; sites may use: " + sites
	}
	if a.Free < 0 {
		words += "; what sites have beyond the limit is recalled"
	}
	return words
}

type assetHeldCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists what a site holds.
func (c *assetHeldCmd) Run(h *house) error {
	l := lister[contract.AssetHeldList, contract.AssetHeld]{
		path: "/v1/assets", limit: customersPage,
		rows: func(p *contract.AssetHeldList) *[]contract.AssetHeld { return &p.Assets }, next: func(p *contract.AssetHeldList) string { return p.NextCursor },
		columns: "ASSET\tHELD\tIN",
		row: func(w io.Writer, a *contract.AssetHeld) {
			fmt.Fprintf(w, "%s\t%d\t%s\n", a.Asset, a.Held, assetUnit(a.Asset, a.Currency))
		},
	}
	return l.run(h, &c.access, "what is held", c.JSON)
}

type assetLimitCmd struct {
	access
	Asset  string     `arg:"" name:"asset" help:"credit:CUSTOMER, card:NUMBER, promo:NAME or risk:SITE, what a site may pay back at the company's risk."`
	Limit  ledger.Qty `arg:"" name:"limit" help:"In minor units of the company's currency, or uses."`
	Reason string     `help:"Why."`
	By     string     `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool       `name:"json" help:"Print one JSON object as the last line."`
}

// Run sets the limit. Done again it changes nothing.
func (c *assetLimitCmd) Run(h *house) error {
	id, err := ledger.ParseAsset(c.Asset)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	var out hq.Asset
	if err := c.call(h, http.MethodPut, pathAsset(id), "", hq.LimitRequest{Limit: c.Limit, By: signer(c.By), Reason: c.Reason}, &out); err != nil {
		return fmt.Errorf("set limit of %s: %w", id, err)
	}
	return printed(h, c.JSON, out, "%s", assetStory(&out))
}

type assetAllotCmd struct {
	access
	Asset  string     `arg:"" name:"asset" help:"credit:CUSTOMER, card:NUMBER, promo:NAME or risk:SITE, what a site may pay back at the company's risk."`
	Site   string     `help:"The site that may use it." required:"" placeholder:"SITE"`
	Amount ledger.Qty `help:"A level, not a difference; 0 recalls all." required:""`
	By     string     `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool       `name:"json" help:"Print one JSON object as the last line."`
}

// Run sets the level.
func (c *assetAllotCmd) Run(h *house) error {
	return allotAsset(h, &c.access, ledger.AssetID(c.Asset), c.Site, c.Amount, c.By, c.JSON)
}

func allotAsset(h *house, a *access, asset ledger.AssetID, site string, amount ledger.Qty, by string, asJSON bool) error {
	id, err := ledger.ParseAsset(string(asset))
	if err == nil {
		_, err = ledger.ParseSite(site)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	var out hq.Asset
	// No key of its own: a level may be set, changed and set again.
	if err := a.call(h, http.MethodPost, pathAsset(id)+"/allot", "allot-"+rand.Text(), hq.AllotAssetRequest{Site: site, Amount: amount, By: signer(by)}, &out); err != nil {
		return fmt.Errorf("allot %s: %w", id, err)
	}
	return printed(h, asJSON, out, "%s", assetStory(&out))
}

// assetMove is what the acts at a site take.
type assetMove struct {
	access
	Asset     string     `arg:"" name:"asset" help:"credit:CUSTOMER, card:NUMBER or promo:NAME."`
	Amount    ledger.Qty `arg:"" name:"amount" help:"In minor units of the company's currency, or uses."`
	Reference string     `help:"The id of the order or payment that it is for." required:""`
	Key       string     `help:"Idempotency key; default made of the act, the asset, the reference, and what is charged, so that the same call again changes nothing." placeholder:"KEY"`
	JSON      bool       `name:"json" help:"Print one JSON object as the last line."`
}

type (
	assetChargeCmd  struct{ assetMove }
	assetReleaseCmd struct{ assetMove }
	assetLoadCmd    struct{ assetMove }
	assetPayCmd     struct{ assetMove }
)

// Run charges.
func (c *assetChargeCmd) Run(h *house) error { return c.move(h, ledger.AssetCharge) }

// Run releases. A part more than once needs a key of its own each time.
func (c *assetReleaseCmd) Run(h *house) error { return c.move(h, ledger.AssetRelease) }

// Run loads.
func (c *assetLoadCmd) Run(h *house) error { return c.move(h, ledger.AssetLoad) }

// Run records a payment.
func (c *assetPayCmd) Run(h *house) error { return c.move(h, ledger.AssetPay) }

func (c *assetMove) move(h *house, act ledger.AssetAct) error {
	id, err := ledger.ParseAsset(c.Asset)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	key := c.Key
	if key == "" {
		key = fmt.Sprintf("%s-%s-%s", act, id, c.Reference)
		if act == ledger.AssetCharge { // refused, it is tried with less; the book takes one charge a reference
			key += fmt.Sprintf("-%d", c.Amount)
		}
	}
	var out contract.AssetMoved
	if err := c.call(h, http.MethodPost, pathAsset(id)+"/"+act.String(), key, contract.AssetMoveRequest{Amount: c.Amount, Reference: c.Reference}, &out); err != nil {
		return fmt.Errorf("%s %s: %w", act, id, err)
	}
	return printed(h, c.JSON, out, "%s of %d %s on %s for %s is in the book as entry %d", act, out.Amount, assetUnit(out.Asset, out.Currency), out.Asset, out.Reference, out.Seq)
}

// readJSONFile reads a file that holds one JSON value, as a request's body is read.
func readJSONFile(name string, v any) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
