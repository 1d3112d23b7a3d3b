package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type lotCmd struct {
	List    lotListCmd    `cmd:"" help:"List the lots and serial numbers at a site, as they leave: first expired first."`
	Show    lotShowCmd    `cmd:"" help:"Say where a lot is, and which orders took it and how much of it."`
	Recall  lotRecallCmd  `cmd:"" help:"Have nothing of a lot sold at a site: what lies there is blocked, and whatever comes in."`
	Recalls lotRecallsCmd `cmd:"" help:"At head office: list what is recalled in the whole company, or say of one recall which sites have carried it out."`
	Release lotReleaseCmd `cmd:"" help:"End a recall. What is blocked stays so until somebody has looked: holdfast blocked inspect."`
}

const (
	pathLots     = "/v1/lots"
	pathRecalls  = "/v1/recalls"
	pathReceipts = "/v1/receipts"
)

type lotListCmd struct {
	access
	SKU  string `name:"sku" help:"Only this one." placeholder:"SKU"`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// lotsPage is how many lots are fetched at a time.
const lotsPage = 500

// Run lists lots, page by page.
func (c *lotListCmd) Run(h *house) error {
	l := lister[contract.LotList, contract.Lot]{
		path: pathLots, query: url.Values{"sku": {c.SKU}}, limit: lotsPage,
		rows:    func(p *contract.LotList) *[]contract.Lot { return &p.Lots },
		next:    func(p *contract.LotList) string { return p.NextCursor },
		columns: "SKU\tLOT\tGOOD UNTIL\tON HAND\tWHERE\tHELD",
		row: func(w io.Writer, t *contract.Lot) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", t.SKU, t.Lot, t.Expiry, t.OnHand, lotPlaces(t.At), t.Held)
		},
	}
	return l.run(h, &c.access, "lots", c.JSON)
}

// lotPlaces says where units of a lot are.
func lotPlaces(places []contract.LotAt) string {
	var words []string
	for i, at := range places {
		if i == linesShown {
			words = append(words, fmt.Sprintf("and %d places more", len(places)-linesShown))
			break
		}
		switch at.Condition {
		case "picked":
			words = append(words, fmt.Sprintf("%d in hand for %s", at.Qty, at.Order))
		case "blocked":
			words = append(words, fmt.Sprintf("%d blocked in %s", at.Qty, at.Bin))
		default:
			words = append(words, fmt.Sprintf("%d in %s", at.Qty, at.Bin))
		}
	}
	return strings.Join(words, ", ")
}

type lotShowCmd struct {
	lotTelling
	SKU string `arg:"" help:"The article."`
	Lot string `arg:"" help:"The lot, or the serial number."`
}

// Run shows a lot.
func (c *lotShowCmd) Run(h *house) error {
	return c.tell(h, pathLots, c.SKU, c.Lot)
}

// A lotTelling prints what is known of a lot.
type lotTelling struct {
	access
	CSV  bool `name:"csv" help:"Print the orders that took it as CSV: site, order, quantity, came back, when."`
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

func (c *lotTelling) tell(h *house, path, sku, lot string) error {
	var out contract.LotStory
	if err := c.call(h, http.MethodGet, path+"/"+url.PathEscape(sku)+"/"+url.PathEscape(lot), "", nil, &out); err != nil {
		return fmt.Errorf("show lot: %w", err)
	}
	switch {
	case c.JSON:
		return json.NewEncoder(h.stdout).Encode(out)
	case c.CSV:
		w := csv.NewWriter(h.stdout)
		rows := [][]string{{"site", "order", "qty", "returned", "at"}}
		for _, o := range out.Orders {
			rows = append(rows, []string{string(o.Site), string(o.Order), fmt.Sprint(o.Qty), fmt.Sprint(o.Returned), o.At.Format(time.RFC3339)})
		}
		return w.WriteAll(rows)
	}
	fmt.Fprintf(h.stdout, "%s of %s: %d came, %d on hand\n", out.Lot, out.SKU, out.Came, out.OnHand)
	if out.Expiry != "" {
		fmt.Fprintf(h.stdout, "good until %s\n", out.Expiry)
	}
	if out.Held != "" {
		fmt.Fprintf(h.stdout, "held: %s\n", out.Held)
	}
	for _, s := range out.Sites {
		fmt.Fprintf(h.stdout, "at %s: %s\n", s.Site, lotPlaces(s.At))
	}
	tellOnWay(h, out.OnWay)
	for _, o := range out.Orders {
		fmt.Fprintf(h.stdout, "order %s took %d at %s on %s, %d came back\n", o.Order, o.Qty, o.Site, o.At.Format(time.DateOnly), o.Returned)
	}
	if w := out.Warranty; w != nil && w.Until != "" {
		fmt.Fprintf(h.stdout, "sold with order %s, under warranty until %s\n", w.Order, w.Until)
	}
	if out.Beyond > 0 {
		fmt.Fprintf(h.stdout, "%d orders and events more are not shown\n", out.Beyond)
	}
	return nil
}

// tellOnWay prints what of a lot is on its way between sites.
func tellOnWay(h *house, ways []contract.LotTransit) {
	for _, w := range ways {
		fmt.Fprintf(h.stdout, "on its way from %s to %s with transfer %s: %d\n", w.From, w.To, w.Transfer, w.Qty)
	}
}

type serialCmd struct {
	Show serialShowCmd `cmd:"" help:"Say when a unit came, where it is, with which order it was sold and until when it is under warranty."`
}

type serialShowCmd struct {
	lotTelling
	SKU    string `arg:"" help:"The article."`
	Serial string `arg:"" help:"The serial number."`
}

// Run shows a unit.
func (c *serialShowCmd) Run(h *house) error { return c.tell(h, "/v1/serials", c.SKU, c.Serial) }

// A recalling is what a recall and its end have in common.
type recalling struct {
	access
	keyed
	SKU    string `arg:"" help:"The article."`
	Lot    string `arg:"" help:"The lot, or the serial number."`
	Reason string `required:"" help:"Why: whoever meets the lot reads it." placeholder:"TEXT"`
	All    bool   `help:"At head office: at every site, one that is cut off when it is back. lot recalls says which have done it."`
	By     string `help:"With --all: who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

type lotRecallCmd struct{ recalling }

type lotReleaseCmd struct{ recalling }

type lotRecallsCmd struct {
	access
	SKU  string `arg:"" optional:"" help:"The article; left out: all recalls."`
	Lot  string `arg:"" optional:"" help:"The lot, or the serial number."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run says what is recalled in the whole company, or how one recall stands at each site.
func (c *lotRecallsCmd) Run(h *house) error {
	if (c.SKU == "") != (c.Lot == "") {
		return fmt.Errorf("%w: say the lot of %s, or neither", errUsage, c.SKU)
	}
	if c.SKU != "" {
		var out hq.Recalled
		if err := c.call(h, http.MethodGet, recallPath(c.SKU, c.Lot), "", nil, &out); err != nil {
			return fmt.Errorf("show recall: %w", err)
		}
		return tellRecall(h, &out, c.JSON)
	}
	var out hq.RecallList
	for q := (url.Values{"limit": {strconv.Itoa(lotsPage)}}); ; q.Set("cursor", out.NextCursor) {
		had := out.Recalls
		out = hq.RecallList{}
		if err := c.call(h, http.MethodGet, pathRecalls+"?"+q.Encode(), "", nil, &out); err != nil {
			return fmt.Errorf("list recalls: %w", err)
		}
		if out.Recalls = append(had, out.Recalls...); out.NextCursor == "" {
			break
		}
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	for i := range out.Recalls {
		if err := tellRecall(h, &out.Recalls[i], false); err != nil {
			return err
		}
	}
	return nil
}

func recallPath(sku, lot string) string {
	return pathRecalls + "/" + url.PathEscape(sku) + "/" + url.PathEscape(lot)
}

// tellRecall prints a recall of the whole company.
func tellRecall(h *house, r *hq.Recalled, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(r)
	}
	so := "is recalled"
	if r.Released {
		so = "is held no more"
	}
	fmt.Fprintf(h.stdout, "lot %s of %s %s: %s (%s, %s)\n", r.Lot, r.SKU, so, r.Reason, r.By, r.At.Format(time.DateOnly))
	for _, s := range r.Sites {
		done := "not yet: it hears it when it is back"
		if s.Obeyed {
			done = "done"
		} else if s.Lost {
			done = "declared lost: nobody there carries it out"
		}
		fmt.Fprintf(h.stdout, "%s: %s, %d on hand\n", s.Site, done, s.OnHand)
	}
	tellOnWay(h, r.OnWay)
	return nil
}

// Run holds a lot.
func (c *lotRecallCmd) Run(h *house) error { return c.say(h, false) }

// Run lets a lot go.
func (c *lotReleaseCmd) Run(h *house) error { return c.say(h, true) }

func (c *recalling) say(h *house, release bool) error {
	if c.All {
		var out hq.Recalled
		if err := c.call(h, http.MethodPut, recallPath(c.SKU, c.Lot), "", hq.RecallRequest{Release: release, SignedRequest: hq.SignedRequest{Reason: c.Reason, By: signer(c.By)}}, &out); err != nil {
			return fmt.Errorf("recall lot: %w", err)
		}
		return tellRecall(h, &out, c.JSON)
	}
	in := contract.RecallRequest{SKU: c.SKU, Lot: c.Lot, Reason: c.Reason, Release: release}
	var out contract.Recall
	if err := c.call(h, http.MethodPost, pathRecalls, c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("recall lot: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	if release {
		fmt.Fprintf(h.stdout, "lot %s of %s is held no more; what is blocked stays so until somebody has looked: holdfast blocked inspect\n", out.Lot, out.SKU)
		return nil
	}
	fmt.Fprintf(h.stdout, "lot %s of %s is held: %d blocked\n", out.Lot, out.SKU, out.Blocked)
	for _, d := range out.Displaced {
		fmt.Fprintf(h.stdout, "order %s line %d waits again for %d\n", d.Order, d.Line, d.Qty)
	}
	return nil
}

type receiptCmd struct {
	access
	keyed
	Lines     []string `arg:"" optional:"" name:"line" help:"SKU=QTY, of an item that is kept by lot SKU=QTY@LOT or SKU=QTY@LOT:GOOD-UNTIL, of one that is kept by serial number SKU=QTY@SERIAL,SERIAL; for example TAP-22=5@LOT7:2027-01-31."`
	Scan      []string `help:"A label as it was scanned, that says the article, and lot, day, serial number and quantity where it has them; may be given several times." placeholder:"BARCODE"`
	Bin       string   `help:"Where they are put; default MAIN." placeholder:"BIN"`
	Reference string   `help:"The delivery's name; of goods that were ordered, the purchase order's." placeholder:"TEXT"`
	Note      string   `help:"The number of the supplier's delivery note: it is booked in once." placeholder:"TEXT"`
	Supplier  string   `help:"Who brought them; default as this site's purchase order says." placeholder:"NAME"`
	More      bool     `help:"They are another part of a note that was booked in before."`
	KeepOver  bool     `help:"Keep what comes beyond the purchase order, however much."`
	Close     bool     `help:"What of this site's purchase order has not come by now will not. Otherwise it stays due."`
	By        string   `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON      bool     `name:"json" help:"Print one JSON object as the last line."`
}

// Run takes goods in.
func (c *receiptCmd) Run(h *house) error {
	in := contract.ReceiptRequest{Reference: c.Reference, Note: c.Note, Supplier: c.Supplier, More: c.More, KeepOver: c.KeepOver, Close: c.Close}
	if c.Close {
		in.By = signer(c.By)
	}
	for _, word := range c.Lines {
		l, err := receiptWord(word)
		if err != nil {
			return err
		}
		l.Bin = c.Bin
		in.Lines = append(in.Lines, l)
	}
	for _, code := range c.Scan {
		in.Lines = append(in.Lines, contract.ReceiptLine{Barcode: code, Bin: c.Bin})
	}
	if len(in.Lines) == 0 {
		return fmt.Errorf("%w: say what came, for example TAP-22=5, or --scan a label", errUsage)
	}
	var out contract.Receipt
	if err := c.call(h, http.MethodPost, pathReceipts, c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("take goods in: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	fmt.Fprintf(h.stdout, "they are in: receipt %s\n", out.ID)
	for _, l := range out.Ordered {
		switch {
		case l.Over > 0:
			fmt.Fprintf(h.stdout, "%s: %d of %d have come, %d too many\n", l.SKU, l.Received, l.Qty, l.Over)
		case l.Left == 0:
			fmt.Fprintf(h.stdout, "%s: all %d have come\n", l.SKU, l.Qty)
		case out.Closed:
			fmt.Fprintf(h.stdout, "%s: %d of %d have come, %d will not\n", l.SKU, l.Received, l.Qty, l.Left)
		default:
			fmt.Fprintf(h.stdout, "%s: %d of %d have come, %d are due\n", l.SKU, l.Received, l.Qty, l.Left)
		}
	}
	return nil
}
