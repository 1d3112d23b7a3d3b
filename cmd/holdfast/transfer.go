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
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type transferCmd struct {
	Make        transferMakeCmd        `cmd:"" help:"Have goods sent from one site to another. At the sender's node they are set aside at once; the receiver's node asks for them; head office gives what it holds."`
	List        transferListCmd        `cmd:"" help:"List transfers at head office."`
	Show        transferShowCmd        `cmd:"" help:"Show one transfer, as a site or head office knows it."`
	Approve     transferApproveCmd     `cmd:"" help:"Say yes, at head office, to what a site has asked for."`
	Refuse      transferRefuseCmd      `cmd:"" help:"Say no, at head office, to what a site has asked for."`
	Dispatch    transferDispatchCmd    `cmd:"" help:"Say, at the sender's node, what has left."`
	Cancel      transferCancelCmd      `cmd:"" help:"Say, at the sender's node, that nothing will leave."`
	Differences transferDifferencesCmd `cmd:"" help:"List, at head office, what of all transfers did not come, came beyond what had left, or is damaged: by lot, with the cartons that it left in."`

	Receive transferReceiveCmd `cmd:"" help:"Say, at the receiver's node, what came; at the sender's, what came back."`
}

const pathTransfers = "/v1/transfers"

// A transferAct is an act on one transfer.
type transferAct struct {
	access
	ID   string `arg:"" name:"id" help:"The transfer's id, as its delivery note has it."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// post does the act. Its key is of the request alone: done again it changes nothing.
func (a *transferAct) post(h *house, act string, in any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	var out contract.Transfer
	path := pathTransfers + "/" + url.PathEscape(a.ID) + "/" + act
	if err := a.call(h, http.MethodPost, path, fmt.Sprintf("transfer-%s-%x", act, ledger.DigestOf([]byte(a.ID), body)), in, &out); err != nil {
		return fmt.Errorf("%s transfer %s: %w", act, a.ID, err)
	}
	return tellTransfer(h, &out, a.JSON)
}

type transferMakeCmd struct {
	access
	From  string   `arg:"" help:"The site that sends."`
	Dest  string   `arg:"" name:"site" help:"The site that receives."`
	Lines []string `arg:"" name:"sku=qty" help:"What is to be sent, for example TAP-22=40."`
	ID    string   `name:"id" help:"The transfer's id; default a new one. The same id again is the same transfer." placeholder:"ID"`
	Note  string   `help:"For people." placeholder:"TEXT"`
	transferPacks
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// transferWishes reads words such as TAP-22=40.
func transferWishes(words []string, in transferPacks) (out []contract.TransferWish, err error) {
	lines, err := expectedLines(words)
	for _, l := range lines {
		out = append(out, contract.TransferWish{SKU: l.SKU, Pack: in.Pack, Qty: ledger.Qty(l.Qty)})
	}
	return out, err
}

func (c *transferMakeCmd) Run(h *house) error {
	in := contract.TransferRequest{ID: c.ID, From: c.From, To: c.Dest, Note: c.Note}
	var err error
	if in.Lines, err = transferWishes(c.Lines, c.transferPacks); err != nil {
		return err
	}
	if in.ID == "" { // so that an unsure answer can be asked for again
		env := world.New()
		id, err := ledger.NewOrderID(env.Clock.Wall(), env.Random("transfers"))
		if err != nil {
			return err
		}
		in.ID = string(id)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	var out contract.Transfer
	if err := c.call(h, http.MethodPost, pathTransfers, fmt.Sprintf("transfer-make-%x", ledger.DigestOf(body)), in, &out); err != nil {
		if r, ok := errors.AsType[*client.Refusal](err); ok && r.Code == string(contract.CodeStockShort) && c.ID != "" {
			err = withHint(err, strings.TrimSpace(r.Hint+" This answer stands for transfer "+c.ID+" for ever, whatever comes in since: make it anew without --id, or under another one."))
		}
		return fmt.Errorf("make transfer: %w", err)
	}
	return tellTransfer(h, &out, c.JSON)
}

type transferListCmd struct {
	access
	From   string `help:"Only from this site." placeholder:"NAME"`
	Dest   string `name:"for" help:"Only to this site." placeholder:"NAME"`
	SKU    string `name:"sku" help:"Only with this one." placeholder:"SKU"`
	Status string `help:"Only these: asked, approved, reserved, dispatched, received, settled, returned, cancelled or refused." placeholder:"WORD"`
	All    bool   `help:"Also those that are over."`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// transferPage is how many transfers are fetched at a time.
const transferPage = 500

// Run lists the transfers, page by page.
func (c *transferListCmd) Run(h *house) error {
	l := lister[contract.TransferList, contract.Transfer]{
		path: pathTransfers, query: url.Values{"from": {c.From}, "to": {c.Dest}, "sku": {c.SKU}, "status": {c.Status}, "open": {flagWord(!c.All && c.Status == "")}}, limit: transferPage,
		rows:    func(p *contract.TransferList) *[]contract.Transfer { return &p.Transfers },
		next:    func(p *contract.TransferList) string { return p.NextCursor },
		columns: "TRANSFER\tFROM\tTO\tSTATE\tASKED BY\tGOODS",
		row: func(w io.Writer, t *contract.Transfer) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.From, t.To, t.Status, or(string(t.Asker), "-"), transferGoods(t))
		},
	}
	return l.run(h, &c.access, "transfers", c.JSON)
}

// transferGoods says what a transfer is of, as far as a line of a list goes.
func transferGoods(t *contract.Transfer) string {
	var parts []string
	for i := range t.Lines {
		if i == linesShown {
			parts = append(parts, fmt.Sprintf("and %d lines more", len(t.Lines)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%d %s", max(t.Lines[i].Qty, t.Lines[i].Dispatched), t.Lines[i].SKU))
	}
	return strings.Join(parts, "; ")
}

type transferShowCmd struct{ transferAct }

func (c *transferShowCmd) Run(h *house) error {
	var out contract.Transfer
	if err := c.call(h, http.MethodGet, pathTransfers+"/"+url.PathEscape(c.ID), "", nil, &out); err != nil {
		return fmt.Errorf("show transfer %s: %w", c.ID, err)
	}
	return tellTransfer(h, &out, c.JSON)
}

// A transferJudging is a yes or a no.
type transferJudging struct {
	transferAct
	Reason string `help:"Why; head office keeps it." placeholder:"WORDS"`
	By     string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
}

func (c *transferJudging) judge(h *house, act string) error {
	return c.post(h, act, contract.JudgeRequest{By: signer(c.By), Reason: c.Reason})
}

type transferApproveCmd struct{ transferJudging }

func (c *transferApproveCmd) Run(h *house) error { return c.judge(h, "approve") }

type transferRefuseCmd struct{ transferJudging }

func (c *transferRefuseCmd) Run(h *house) error { return c.judge(h, "refuse") }

// transferPacks says what the quantities of lines are of.
type transferPacks struct {
	Pack string `help:"All quantities are of this pack of the articles, for example CASE; left out, units." placeholder:"NAME"`
}

type transferDispatchCmd struct {
	transferAct
	transferPacks
	Carton    []string `help:"What lies in a carton, by the number on its label, for example 340123450000000000=TAP-22=40, or 340123450000000000=MILK=4@LOT7; may be given several times, also of one carton. Lines are then what leaves beside cartons." placeholder:"SSCC=SKU=QTY" sep:"none"`
	LeastDays *int     `help:"Days that goods kept by lot have to be good for: lots that are over sooner stay; default any number." placeholder:"N"`
	Lines     []string `arg:"" optional:"" name:"sku=qty" help:"What has left, for example TAP-22=40, or TAP-22=40@LOT7 of one lot, or DRILL-9=2@SN1,SN2; default all that was set aside, of the lots that are over first. What is not named stays, and is free again."`
}

func (c *transferDispatchCmd) Run(h *house) error {
	in := contract.DispatchRequest{LeastDays: c.LeastDays}
	for _, word := range c.Lines {
		count, of, named := strings.Cut(word, "@")
		wish, err := transferWishes([]string{count}, c.transferPacks)
		if err != nil {
			return err
		}
		l := contract.DispatchLine{TransferWish: wish[0]}
		if named {
			if l.Lots, err = lotWords(of, l.Qty); err != nil {
				return err
			}
		}
		in.Lines = append(in.Lines, l)
	}
	var err error
	if in.Cartons, err = cartonsSent(c.Carton); err != nil {
		return err
	}
	return c.post(h, "dispatch", in)
}

// cartonsSent reads words such as 340123450000000000=TAP-22=40, and gathers those of one carton.
func cartonsSent(words []string) (out []contract.CartonSent, err error) {
	for _, word := range words {
		sscc, goods, ok := strings.Cut(word, "=")
		if !ok {
			return nil, fmt.Errorf("%w: %q is not such as 340123450000000000=TAP-22=40", errUsage, word)
		}
		sku, q, lots, err := lottedWord(goods, "340123450000000000=TAP-22=40")
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(out, func(c contract.CartonSent) bool { return c.SSCC == sscc })
		if i < 0 {
			i, out = len(out), append(out, contract.CartonSent{SSCC: sscc})
		}
		out[i].Lines = append(out[i].Lines, contract.DispatchLine{TransferWish: contract.TransferWish{SKU: sku, Qty: q}, Lots: lots})
	}
	return out, nil
}

type transferCancelCmd struct{ transferAct }

func (c *transferCancelCmd) Run(h *house) error { return c.post(h, "cancel", struct{}{}) }

type transferReceiveCmd struct {
	transferAct
	transferPacks
	Lines   []string `arg:"" optional:"" name:"sku=came[/damaged][@bin]" help:"What came, for example TAP-22=40, or TAP-22=40/2@A-01 where 2 of the 40 are damaged and they lie in bin A-01. What is not named did not come."`
	Lots    []string `name:"lot" help:"Which lots came, for example TAP-22=3@LOT7, TAP-22=3/1@LOT7 where 1 of the 3 is damaged, TAP-22=3@LOT7:2027-01-31 with its last day, or DRILL-9=2@SN1,SN2; default those that left. May be given several times." placeholder:"SKU=CAME@LOT" sep:"none"`
	Carton  []string `help:"The number of a carton that came as it left, and the bin that its goods are put in; may be given several times. Lines are then what came beside cartons." placeholder:"SSCC[@BIN]"`
	Nothing bool     `help:"Nothing came."`
	From    string   `help:"Who sent it, as the delivery note says: for a transfer that the site has not heard of." placeholder:"NAME"`
}

// transferCame reads words such as TAP-22=40/2@A-01.
func transferCame(words []string) ([]contract.TransferCame, error) {
	out := []contract.TransferCame{}
	for _, word := range words {
		what, bin, _ := strings.Cut(word, "@")
		at := strings.LastIndexByte(what, '=')
		if at < 0 {
			return nil, fmt.Errorf("%w: %q is no line such as TAP-22=40/2@A-01", errUsage, word)
		}
		all, bad, some := strings.Cut(what[at+1:], "/")
		came, err := strconv.ParseInt(all, 10, 64)
		damaged := int64(0)
		if some && err == nil {
			damaged, err = strconv.ParseInt(bad, 10, 64)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %q is no line such as TAP-22=40/2@A-01", errUsage, word)
		}
		q := ledger.Qty(came)
		out = append(out, contract.TransferCame{SKU: what[:at], Received: &q, Damaged: ledger.Qty(damaged), Bin: bin})
	}
	return out, nil
}

func (c *transferReceiveCmd) Run(h *house) error {
	if c.Nothing == (len(c.Lines)+len(c.Carton) > 0) {
		return fmt.Errorf("%w: give either lines such as TAP-22=40, a --carton or --nothing", errUsage)
	}
	lines, err := transferCame(c.Lines)
	if err != nil {
		return err
	}
	for i := range lines {
		lines[i].Pack = c.Pack
	}
	if err := lotsCame(c.Lots, lines); err != nil {
		return err
	}
	in := contract.ReceiveRequest{From: c.From, Lines: lines}
	for _, word := range c.Carton {
		sscc, bin, _ := strings.Cut(word, "@")
		in.Cartons = append(in.Cartons, contract.CartonCame{SSCC: sscc, Bin: bin})
	}
	return c.post(h, "receive", in)
}

// lotsCame reads words such as TAP-22=3/1@LOT7:2027-01-31 into the lines that they are of.
func lotsCame(words []string, lines []contract.TransferCame) error {
	for _, word := range words {
		what, of, named := strings.Cut(word, "@")
		came, err := transferCame([]string{what})
		if err != nil || !named || of == "" {
			return fmt.Errorf("%w: %q is no lot such as TAP-22=3@LOT7", errUsage, word)
		}
		at := slices.IndexFunc(lines, func(l contract.TransferCame) bool { return l.SKU == came[0].SKU })
		if at < 0 {
			return fmt.Errorf("%w: %q is of no line: say first how much of %s came", errUsage, word, came[0].SKU)
		}
		lots, err := lotsAndDay(of, *came[0].Received)
		if err != nil {
			return err
		}
		if damaged := came[0].Damaged; len(lots) > 1 && damaged > 0 && damaged != *came[0].Received {
			return fmt.Errorf("%w: %q does not say which of them are damaged: name those by themselves, as in --lot DRILL-9=1/1@SN1", errUsage, word)
		}
		for _, n := range lots {
			lines[at].Lots = append(lines[at].Lots, contract.LotCame{Lot: string(n.Lot), Received: n.Qty, Damaged: min(came[0].Damaged, n.Qty), Expiry: n.Expiry})
		}
	}
	return nil
}

// tellTransfer prints how a transfer stands.
func tellTransfer(h *house, t *contract.Transfer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(t)
	}
	fmt.Fprintf(h.stdout, "transfer %s from %s to %s: %s\n", t.ID, t.From, t.To, t.Status)
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "SKU\tQTY\tDISPATCHED\tRECEIVED\tDAMAGED\tMISSING\tSURPLUS")
	for i := range t.Lines {
		l := &t.Lines[i]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\n", l.SKU, l.Qty, l.Dispatched, l.Received, l.Damaged, l.Missing, l.Surplus)
		for _, n := range l.Lots {
			fmt.Fprintf(w, "  lot %s\t\t%d\t%d\t%d\t%d\t%d\n", n.Lot, n.Dispatched, n.Received, n.Damaged, n.Missing, n.Surplus)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i := range t.Cartons {
		c, state := &t.Cartons[i], ""
		switch {
		case c.Received == nil:
		case *c.Received:
			state = ": it came"
		default:
			state = ": it was not taken in as a whole"
		}
		fmt.Fprintf(h.stdout, "carton %s of %d rows%s\n", c.SSCC, len(c.Lines), state)
	}
	return nil
}
