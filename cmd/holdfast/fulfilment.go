package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type fulfilmentCmd struct {
	List        fulfilmentListCmd        `cmd:"" help:"List what a site serves of orders."`
	Pick        fulfilmentPickCmd        `cmd:"" help:"Say what came of a pick."`
	Reject      fulfilmentRejectCmd      `cmd:"" help:"Refuse to serve a fulfilment, or some of it: it is served from elsewhere."`
	Pack        fulfilmentPackCmd        `cmd:"" help:"Say what is packed, and in which carton."`
	Repack      fulfilmentRepackCmd      `cmd:"" help:"Say what was taken out of a carton, or laid into another one, before it leaves."`
	Dispatch    fulfilmentDispatchCmd    `cmd:"" help:"Say what a carrier has taken."`
	Ready       fulfilmentReadyCmd       `cmd:"" help:"Say what the customer may come for, and print the code to bring."`
	Collect     fulfilmentCollectCmd     `cmd:"" help:"Hand over what is ready to a customer who brings the code."`
	Deliver     fulfilmentDeliverCmd     `cmd:"" help:"Say what the carrier has delivered."`
	Undelivered fulfilmentUndeliveredCmd `cmd:"" help:"Say what the carrier could not deliver, and brings back."`
	ComeBack    fulfilmentComeBackCmd    `cmd:"" help:"Say what of that is here again; it is blocked until somebody has looked at it."`
	PutBack     fulfilmentPutBackCmd     `cmd:"" help:"Say what lies in a bin again of what was in hand."`
}

const pathFulfilments = "/v1/fulfilments"

type fulfilmentListCmd struct {
	access
	Status string `help:"Only fulfilments in this state, for example reserved, packed or dispatched; default those with which there is something to do." placeholder:"WORD"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// fulfilmentsPage is how many fulfilments are fetched at a time.
const fulfilmentsPage = 500

// Run lists the fulfilments, page by page.
func (c *fulfilmentListCmd) Run(h *house) error {
	l := lister[contract.FulfilmentList, contract.SiteFulfilment]{
		path: pathFulfilments, query: url.Values{"status": {c.Status}}, limit: fulfilmentsPage,
		rows:    func(p *contract.FulfilmentList) *[]contract.SiteFulfilment { return &p.Fulfilments },
		next:    func(p *contract.FulfilmentList) string { return p.NextCursor },
		columns: "ID\tOWNER\tSTATE\tCODE\tGOODS",
		row: func(w io.Writer, f *contract.SiteFulfilment) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", f.ID, f.Owner, f.Status, f.Code, unitsOf(f))
		},
	}
	return l.run(h, &c.access, "fulfilments", c.JSON)
}

// unitsOf says what is where of a fulfilment's lines.
func unitsOf(f *contract.SiteFulfilment) string {
	var parts []string
	for i := range f.Lines {
		if i == linesShown {
			parts = append(parts, fmt.Sprintf("and %d lines more", len(f.Lines)-linesShown))
			break
		}
		l := &f.Lines[i]
		text := fmt.Sprintf("%d: %d %s", l.Line, l.Qty, l.SKU)
		for _, s := range []struct {
			q    ledger.Qty
			word string
		}{{l.Picked, "picked"}, {l.Packed, "packed"}, {l.Ready, "ready"}, {l.PutBack, "to put back"}, {l.OnTheWay, "on the way"}, {l.Undelivered, "undelivered"},
			{l.Delivered, "delivered"}, {l.Collected, "collected"}, {l.CameBack, "came back"}} {
			if s.q > 0 {
				text += fmt.Sprintf(", %d %s", s.q, s.word)
			}
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// fulfilmentDeed is what all that hands do have in common.
type fulfilmentDeed struct {
	access
	ID    string   `arg:"" name:"id" help:"The fulfilment, as fulfilment list has it."`
	Lines []string `arg:"" optional:"" name:"line=qty" help:"Which units, for example 1=2 for two of line 1, 1=2@LOT7 for two of a lot or 1=2@SN1,SN2 for two serial numbers; left out, all that it can be done with."`
	JSON  bool     `name:"json" help:"Print one JSON object as the last line."`
}

// lines reads words such as 1=2.
func (c *fulfilmentDeed) lines() ([]contract.HandledLine, error) {
	var out []contract.HandledLine
	for _, word := range c.Lines {
		count, lots, named := strings.Cut(word, "@")
		line, q, err := lineAndQty(count)
		if err != nil {
			return nil, err
		}
		l := contract.HandledLine{Line: line, Qty: q}
		if named {
			if l.Lots, err = lotWords(lots, q); err != nil {
				return nil, err
			}
		}
		out = append(out, l)
	}
	return out, nil
}

func lineAndQty(word string) (line int, q ledger.Qty, err error) {
	first, second, ok := strings.Cut(word, "=")
	line, lineErr := strconv.Atoi(first)
	n, qtyErr := strconv.ParseInt(second, 10, 64)
	if !ok || lineErr != nil || qtyErr != nil {
		return 0, 0, fmt.Errorf("%w: %q is not such as 1=2, two of line 1", errUsage, word)
	}
	return line, ledger.Qty(n), nil
}

// tell says what was done. The same said of a fulfilment that stands as it did is the same act: an answer that was lost is given again.
func (c *fulfilmentDeed) tell(h *house, act string, in any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	path := pathFulfilments + "/" + url.PathEscape(c.ID)
	var now contract.SiteFulfilment
	if err := c.call(h, http.MethodGet, path, "", nil, &now); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	stands, err := json.Marshal(now)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("fulfilment-%x", ledger.DigestOf([]byte(act), []byte(c.ID), body, stands))
	var out contract.FulfilmentAnswer
	if err := c.call(h, http.MethodPost, path+"/"+act, key, in, &out); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	for _, l := range out.Lines {
		fmt.Fprintf(h.stdout, "line %d: %d of %s", l.Line, l.Qty, l.SKU)
		if l.Short > 0 {
			fmt.Fprintf(h.stdout, ", %d short", l.Short)
		}
		fmt.Fprintln(h.stdout)
	}
	for _, l := range out.Lots {
		fmt.Fprintf(h.stdout, "%d of %s of lot %s\n", l.Qty, l.SKU, l.Lot)
	}
	printCartons(h.stdout, out.Cartons)
	if out.Code != "" {
		fmt.Fprintf(h.stdout, "the customer brings the code %s\n", out.Code)
	}
	if out.Return != "" {
		fmt.Fprintf(h.stdout, "it is return %s: say what is done with it by holdfast return inspect\n", out.Return)
	}
	if out.Status != "" {
		fmt.Fprintf(h.stdout, "the fulfilment is %s\n", out.Status)
	}
	return nil
}

type fulfilmentPickCmd struct {
	fulfilmentDeed
	Short     []string `help:"Which units nobody found, for example 1=1 for one of line 1; may be given several times." placeholder:"LINE=QTY"`
	Why       []string `help:"Why units of a line were not found, for example 1=damaged; may be given several times. Where the company has reasons for it (holdfast reason list) each line needs one of them." placeholder:"LINE=REASON"`
	LeastDays *int     `help:"Days that goods kept by lot have to be good for; default what the account of this site's order's customer says, 0 any number." placeholder:"N"`
	Scan      []string `help:"What was scanned at the bin, for example 1=5012345678900 for line 1: it must be the line's article, and the lot or serial number that it has is taken; may be given several times." placeholder:"LINE=BARCODE"`
}

// lotted takes the lots from words such as 1=2@LOT7, or 1=2@SN1,SN2 for two serial numbers, and writes them into the lines that they are of.
func (c *fulfilmentPickCmd) lotted(req *contract.PickRequest) error {
	for _, word := range c.Lines {
		count, lots, named := strings.Cut(word, "@")
		if !named {
			continue
		}
		line, q, err := lineAndQty(count)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(req.Lines, func(l contract.PickedLine) bool { return l.Line == line })
		list, err := lotWords(lots, q)
		if err != nil {
			return err
		}
		req.Lines[i].Lots = append(req.Lines[i].Lots, list...)
	}
	return nil
}

// scanned writes the scans into the lines that they are of.
func (c *fulfilmentPickCmd) scanned(req *contract.PickRequest) error {
	for _, word := range c.Scan {
		first, code, ok := strings.Cut(word, "=")
		line, err := strconv.Atoi(first)
		i := slices.IndexFunc(req.Lines, func(l contract.PickedLine) bool { return l.Line == line })
		if !ok || err != nil || code == "" || i < 0 {
			return fmt.Errorf("%w: %q is not such as 1=5012345678900, of a line that is picked", errUsage, word)
		}
		req.Lines[i].Barcode = code
	}
	return nil
}

// reasoned writes why lines are short into them.
func (c *fulfilmentPickCmd) reasoned(req *contract.PickRequest) error {
	for _, word := range c.Why {
		first, why, ok := strings.Cut(word, "=")
		line, err := strconv.Atoi(first)
		i := slices.IndexFunc(req.Lines, func(l contract.PickedLine) bool { return l.Line == line && l.Short > 0 })
		if !ok || err != nil || why == "" || i < 0 {
			return fmt.Errorf("%w: %q is not such as 1=damaged, of a line of which some was not found (--short)", errUsage, word)
		}
		req.Lines[i].Reason = why
	}
	return nil
}

// Run says what was picked. Without lines all that is on the shelf was found.
func (c *fulfilmentPickCmd) Run(h *house) error {
	req := contract.PickRequest{LeastDays: c.LeastDays}
	at := map[int]int{}
	add := func(words []string, put func(*contract.PickedLine, ledger.Qty)) error {
		for _, word := range words {
			count, _, _ := strings.Cut(word, "@")
			line, q, err := lineAndQty(count)
			if err != nil {
				return err
			}
			if _, ok := at[line]; !ok {
				at[line] = len(req.Lines)
				req.Lines = append(req.Lines, contract.PickedLine{Line: line})
			}
			put(&req.Lines[at[line]], q)
		}
		return nil
	}
	if err := add(c.Lines, func(l *contract.PickedLine, q ledger.Qty) { l.Qty += q }); err != nil {
		return err
	}
	if err := add(c.Short, func(l *contract.PickedLine, q ledger.Qty) { l.Short += q }); err != nil {
		return err
	}
	if len(req.Lines) > 0 {
		if err := errors.Join(c.lotted(&req), c.scanned(&req), c.reasoned(&req)); err != nil {
			return err
		}
		return c.tell(h, "pick", req)
	}
	var now contract.SiteFulfilment
	if err := c.call(h, http.MethodGet, pathFulfilments+"/"+url.PathEscape(c.ID), "", nil, &now); err != nil {
		return fmt.Errorf("pick: %w", err)
	}
	for _, l := range now.Lines {
		if q := l.Qty - l.Picked - l.Packed - l.Ready; q > 0 {
			req.Lines = append(req.Lines, contract.PickedLine{Line: l.Line, Qty: q})
		}
	}
	if len(req.Lines) == 0 {
		return withHint(fmt.Errorf("pick: nothing of %s is on the shelf: it is %s", c.ID, now.Status), "holdfast fulfilment list shows what there is to do")
	}
	if err := errors.Join(c.scanned(&req), c.reasoned(&req)); err != nil {
		return err
	}
	return c.tell(h, "pick", req)
}

type fulfilmentRejectCmd struct {
	fulfilmentDeed
	Reason string `help:"Why, for example damaged or no_staff." required:"" placeholder:"WORD"`
}

// Run refuses to serve it.
func (c *fulfilmentRejectCmd) Run(h *house) error {
	lines, err := c.lines()
	if err != nil {
		return err
	}
	req := contract.RejectRequest{Reason: c.Reason}
	for _, l := range lines {
		req.Lines = append(req.Lines, contract.RejectedLine{Line: l.Line, Qty: l.Qty})
	}
	return c.tell(h, "reject", req)
}

type fulfilmentReadyCmd struct{ fulfilmentDeed }

// Run says what the customer may come for.
func (c *fulfilmentReadyCmd) Run(h *house) error {
	lines, err := c.lines()
	if err != nil {
		return err
	}
	return c.tell(h, "ready", contract.ReadyRequest{Lines: lines})
}

type fulfilmentCollectCmd struct {
	fulfilmentDeed
	Code string `help:"The code that the customer brings." required:"" placeholder:"CODE"`
}

// Run hands over what is ready.
func (c *fulfilmentCollectCmd) Run(h *house) error {
	lines, err := c.lines()
	if err != nil {
		return err
	}
	return c.tell(h, "collect", contract.CollectRequest{Lines: lines, Code: c.Code})
}

type fulfilmentDeliverCmd struct {
	fulfilmentDeed
	cartonsNamed
}

// Run says what was delivered.
func (c *fulfilmentDeliverCmd) Run(h *house) error {
	lines, err := c.lines()
	if err != nil {
		return err
	}
	return c.tell(h, "deliver", contract.DeliverRequest{Lines: lines, Cartons: c.Carton})
}

type fulfilmentUndeliveredCmd struct {
	fulfilmentDeed
	cartonsNamed
	Reason string `help:"Why it could not be delivered." required:"" placeholder:"TEXT"`
}

// Run says what was not delivered.
func (c *fulfilmentUndeliveredCmd) Run(h *house) error {
	lines, err := c.lines()
	if err != nil {
		return err
	}
	return c.tell(h, "undelivered", contract.UndeliveredRequest{Lines: lines, Reason: c.Reason, Cartons: c.Carton})
}

type fulfilmentComeBackCmd struct {
	fulfilmentDeed
	cartonsNamed
	Bin string `help:"Where it lies." placeholder:"BIN"`
}

// Run says what is here again.
func (c *fulfilmentComeBackCmd) Run(h *house) error {
	lines, err := c.lines()
	if err != nil {
		return err
	}
	return c.tell(h, "come-back", contract.CameBackRequest{Lines: lines, Bin: c.Bin, Cartons: c.Carton})
}

type fulfilmentPutBackCmd struct {
	fulfilmentDeed
	Bin    string `help:"Where it lies." placeholder:"BIN"`
	Carton string `help:"SSCC of the carton that it was taken out of, where it lay in one of several." placeholder:"SSCC"`
}

// Run says what lies in a bin again.
func (c *fulfilmentPutBackCmd) Run(h *house) error {
	lines, err := c.lines()
	if err != nil {
		return err
	}
	return c.tell(h, "put-back", contract.PutBackRequest{Lines: lines, Bin: c.Bin, Carton: c.Carton})
}
