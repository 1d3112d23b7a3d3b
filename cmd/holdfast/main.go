// Command holdfast is stock and orders for a company with many sites: one binary that is a
// site's node, a head office server, and the tools around them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
)

// Exit codes of the contract.
const (
	exitHolds = 0
	exitFails = 1
	exitUsage = 2
)

// commands is what the command line knows. Every command has Run(*house) error.
type commands struct {
	Version kong.VersionFlag `help:"Print what this program was built from."`

	Demo       demoCmd       `cmd:"" help:"A whole company on loopback: three HQ servers, three sites, each a process of its own."`
	Node       nodeCmd       `cmd:"" help:"Run one site's node."`
	HQ         hqGroup       `cmd:"" name:"hq" help:"Run one head office server, and say who may speak for whom."`
	Site       siteCmd       `cmd:"" help:"What an operator does to sites."`
	Allotments allotmentsCmd `cmd:"" help:"Who may promise whose stock without asking."`
	Policy     policyCmd     `cmd:"" help:"How head office allocates."`
	Bench      benchCmd      `cmd:"" help:"Figures, each beside the limit of this disk and this loopback."`
	Sim        simCmd        `cmd:"" help:"Simulate a company from one seed and check every step."`
	Siege      siegeCmd      `cmd:"" help:"A shop that is attacked while it sells: everything has to be refused, and nothing lost."`
	Audit      auditCmd      `cmd:"" help:"Check a book that no process has open, an exported journal, or a proof: chains, sums, claims, signatures."`
	Journal    journalCmd    `cmd:"" help:"What an auditor takes away: a site's journal, heads that head office has signed, proofs."`
	Order      orderCmd      `cmd:"" help:"List orders, explain, amend or cancel one."`
	PickList   pickListCmd   `cmd:"" help:"Lists by bin that pickers take for a time."`
	Fulfilment fulfilmentCmd `cmd:"" help:"What a site has to pick, pack and hand over, and what was."`
	Manifest   manifestCmd   `cmd:"" help:"What a site's carriers are given: show, strike off, close."`
	Carton     cartonCmd     `cmd:"" help:"Packed cartons, by their numbers."`
	Expected   expectedCmd   `cmd:"" help:"What suppliers are to bring, who is promised it, and whose promise slips."`
	Exception  exceptionCmd  `cmd:"" help:"What somebody must look at, and who has seen to it."`
	Item       itemCmd       `cmd:"" help:"What an item is, where it is found, and what it costs a customer."`
	Customer   customerCmd   `cmd:"" help:"Customers, their terms, and how much they may owe."`
	Erasure    erasureCmd    `cmd:"" help:"Who asked to be forgotten: which node and which backups may hold them still, and who answers for that."`
	Company    companyCmd    `cmd:"" help:"What holds for the whole company: its currency, and in which time zones its sites' days begin."`
	Check      checkCmd      `cmd:"" help:"What orders are held against before they are taken, and what becomes of those that trip it."`
	Reason     reasonCmd     `cmd:"" help:"For which reasons stock may be adjusted, and what was adjusted for each."`
	LeastDays  leastCmd      `cmd:"" name:"least-days" help:"How long goods have to be good for when customers get them: by article, category, group of customers."`
	Asset      assetCmd      `cmd:"" help:"What sites use without asking: accounts, gift cards, promotions."`
	Adjust     adjustCmd     `cmd:"" help:"Units that were found at a site, or are gone, with a reason."`
	Count      countCmd      `cmd:"" help:"What is to be counted at a site, and what was."`
	User       userCmd       `cmd:"" help:"Who may call: people with their roles, programs and devices."`
	Device     deviceCmd     `cmd:"" help:"The tills and handhelds that people sign in at: enrol, list, lost, found."`
	History    historyCmd    `cmd:"" help:"Who changed what at head office, when, at which device and by whose leave."`
	Webhook    webhookCmd    `cmd:"" help:"Who is told of what happens: signed webhooks and mail, with what could not be told."`
	Transfer   transferCmd   `cmd:"" help:"Goods that go from one site to another: ask, approve, dispatch, receive."`
	Blocked    blockedCmd    `cmd:"" help:"Goods that lie blocked at a site and are no return's: list them, say what is done with them."`
	Bin        binCmd        `cmd:"" help:"Goods between the bins of a site: move them, list what is to be put away."`
	Receipt    receiptCmd    `cmd:"" help:"Take goods in at a site, with their lots or serial numbers."`
	Serial     serialCmd     `cmd:"" help:"The story of a unit by its serial number."`
	Lot        lotCmd        `cmd:"" help:"Lots and serial numbers at a site: which are there and where, and recalls."`
	Purchase   purchaseCmd   `cmd:"" help:"Goods that are ordered of suppliers: write, send, see what came, close short."`
	DropShip   dropShipCmd   `cmd:"" name:"drop-ship" help:"Lines that suppliers send straight to customers: what they are asked for, and what they say."`
	Reorder    reorderCmd    `cmd:"" help:"What sites are to have more of: a transfer before a purchase, made by one call and never by itself."`
	Return     returnCmd     `cmd:"" help:"Goods that come back to a site: take them in, inspect them, list them."`
	Drawer     drawerCmd     `cmd:"" help:"The cash drawers of a site's tills: float, paid in and out, count."`
	Tender     tenderCmd     `cmd:"" help:"What orders are paid with at a site."`
	Refund     refundCmd     `cmd:"" help:"Give back what was paid for an order at a site, never more than that."`
	Exchange   exchangeCmd   `cmd:"" help:"Take goods of an order back and sell others for what they were paid with: one act, with the difference."`
	Claim      claimCmd      `cmd:"" name:"refund-claim" help:"Ask the book that owns an order, at another site, for the right to give some of what it took back here."`
	Day        dayCmd        `cmd:"" help:"The trading days of sites, with figures that add up to the journal."`
	Import     importCmd     `cmd:"" help:"Bring items, stock, customers or orders in from a CSV file or a workbook."`
	Export     exportCmd     `cmd:"" help:"Write items, prices, stock or orders to a CSV file or a workbook."`

	Book    bookCmd    `cmd:"" help:"A node's book on the disk: seal it, write it anew in the clear, change its passphrase."`
	Backup  backupCmd  `cmd:"" help:"Write a copy of a running node or HQ server to a file; it goes on working."`
	Restore restoreCmd `cmd:"" help:"Make a folder of a backup: a node's, in quarantine until head office has given it an epoch, or an HQ server's, that begins a new life."`
	Recover recoverCmd `cmd:"" help:"Make what is left of an HQ whose majority is lost a head office again."`
}

// house is what every command is given: its streams and when to stop.
type house struct {
	ctx    context.Context
	stdout io.Writer
	stderr io.Writer
}

// hinted is a failure with a way out, printed on a line of its own.
type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

func withHint(err error, hint string) error { return &hinted{err: err, hint: hint} }

// errUsage marks a wrong call that the parser could not see.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	leave := -1
	parser, err := kong.New(grammar(args),
		kong.Name("holdfast"),
		kong.Description("Stock and orders for a company with many sites. No order is accepted for stock that somebody else was promised."),
		kong.UsageOnError(),
		kong.Vars{"version": version()},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(stdout, stderr),
		kong.Exit(func(c int) { leave = c }),
	)
	if err != nil {
		fmt.Fprintf(stderr, "holdfast: %v\n", err)
		return exitUsage
	}
	kctx, err := parser.Parse(args)
	if leave >= 0 { // --help or --version has answered
		return leave
	}
	if err != nil {
		fmt.Fprintf(stderr, "holdfast: %v\nhint: holdfast COMMAND --help says everything\n", err)
		return exitUsage
	}
	if err := kctx.Run(&house{ctx: ctx, stdout: stdout, stderr: stderr}); err != nil {
		fmt.Fprintf(stderr, "holdfast: %s\n", client.Plain(oneLine(err)))
		if h, ok := errors.AsType[*hinted](err); ok {
			fmt.Fprintf(stderr, "hint: %s\n", client.Plain(h.hint))
		}
		if errors.Is(err, errUsage) {
			return exitUsage
		}
		return exitFails
	}
	return exitHolds
}

// grammar is what args are read by: the command that they begin with, or all where they begin with none. Building all of them takes
// twice as long as a short command does otherwise.
func grammar(args []string) any {
	all := reflect.TypeFor[commands]()
	var fields []reflect.StructField
	found := false
	for i := range all.NumField() {
		f := all.Field(i)
		if _, command := f.Tag.Lookup("cmd"); command {
			name, named := f.Tag.Lookup("name")
			if !named {
				name = strings.ToLower(f.Name)
			}
			if len(args) == 0 || strings.ReplaceAll(args[0], "-", "") != strings.ReplaceAll(name, "-", "") {
				continue
			}
			found = true
		}
		fields = append(fields, f)
	}
	if !found {
		return new(commands)
	}
	return reflect.New(reflect.StructOf(fields)).Interface()
}

// oneLine is an error in one line, also where several were joined.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// version says what this program was built from: two machines that differ in it may differ in
// the formats they write.
func version() string {
	built, ok := debug.ReadBuildInfo()
	if !ok {
		return "holdfast, built from something unknown"
	}
	text := "holdfast " + built.Main.Version
	for _, s := range built.Settings {
		switch {
		case s.Key == "vcs.revision":
			text += ", revision " + s.Value
		case s.Key == "vcs.time":
			text += " of " + s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			text += ", changed since"
		}
	}
	return text + ", " + built.GoVersion
}
