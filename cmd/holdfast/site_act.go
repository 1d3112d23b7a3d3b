package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A siteAct is an act on a site with a name to it.
type siteAct struct {
	access
	Site   string `arg:"" name:"name" help:"Name of the site."`
	Reason string `help:"Why; head office keeps it." required:"" placeholder:"WORDS"`
	By     string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// signed is the act's body.
func (a *siteAct) signed() hq.SignedRequest {
	return hq.SignedRequest{Reason: a.Reason, By: signer(a.By)}
}

// signer is who signs: who is named, or the user that runs this.
func signer(by string) string {
	if by == "" {
		by = os.Getenv("SUDO_USER")
	}
	if by == "" {
		if u, err := user.Current(); err == nil {
			by = u.Username
		}
	}
	return by
}

// post does the act. Done again it changes nothing, so its key is of the request alone.
func (a *siteAct) post(h *house, act string, in, out any) error {
	if _, err := ledger.ParseSite(a.Site); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("site-%s-%s-%x", act, a.Site, ledger.DigestOf(body))
	if err := a.call(h, http.MethodPost, "/v1/sites/"+a.Site+"/"+act, key, in, out); err != nil {
		return fmt.Errorf("%s %s: %w", act, a.Site, err)
	}
	return nil
}

// told is what is printed of an act: the site as it is now, and what happens next.
type told struct {
	hq.SiteRow
	Next []string `json:"next"`
}

func (a *siteAct) tell(h *house, what string, row hq.SiteRow, next ...string) error {
	if a.JSON {
		return json.NewEncoder(h.stdout).Encode(told{row, next})
	}
	fmt.Fprintf(h.stdout, "%s: %s. It is %s now", row.Site.Site, what, row.State)
	if row.Why != "" {
		fmt.Fprintf(h.stdout, " (%s)", row.Why)
	}
	fmt.Fprintln(h.stdout)
	return steps(h, next)
}

func steps(h *house, next []string) error {
	for i, s := range next {
		if _, err := fmt.Fprintf(h.stdout, "  %d. %s\n", i+1, s); err != nil {
			return err
		}
	}
	return nil
}

type siteLostCmd struct {
	siteAct
	Force      bool `help:"Go on although the site's node is in touch: it is turned away at once."`
	ForgetPINs bool `name:"forget-pins" help:"Its node is stolen: take away the PINs of everybody who was known there, everywhere. They need new ones: user set-pin."`
}

// Help stands below the flags' usage.
func (*siteLostCmd) Help() string {
	return "For a site that is gone for good. One that is in touch with head office (site list: online) and stays so for 7 seconds is refused without --force, for it is most likely another one that is meant. " +
		"Where only the disk or the machine is gone, use site replace."
}

// Run declares the site lost.
func (c *siteLostCmd) Run(h *house) error {
	var row hq.SiteRow
	if err := c.declare(h, &row); err != nil {
		return err
	}
	return c.tell(h, "declared lost", row,
		"its node is turned away; what it sold meanwhile is recorded should its journal ever come back",
		"what it holds of other sites stays claimed: when you are sure that it can sell none of it, holdfast site write-off "+c.Site,
		leftAt(c.Site, row.Open),
		"what its node knew, and what to do about that: holdfast site knew "+c.Site,
		"was only its disk lost? then holdfast site replace "+c.Site+" is what you want: it comes back under a new epoch")
}

// A node that was stopped just now counts as in touch for some seconds, so one that is refused is asked
// for again until then.
const (
	quietWait = 7 * time.Second
	quietEach = time.Second
)

func (c *siteLostCmd) declare(h *house, row *hq.SiteRow) error {
	in := hq.LostRequest{SignedRequest: c.signed(), UnlessInTouch: !c.Force, ForgetPINs: c.ForgetPINs}
	for until := time.Now().Add(quietWait); ; {
		err := c.post(h, "declare-lost", in, row)
		r, refused := errors.AsType[*client.Refusal](err)
		if !refused || r.Code != string(contract.CodeSiteInTouch) || time.Now().After(until) {
			return err
		}
		fmt.Fprintf(h.stderr, "%s is in touch; waiting whether it goes quiet\n", c.Site)
		if err := world.Rest(h.ctx, quietEach); err != nil {
			return err
		}
	}
}

// leftAt says what is to be decided of a lost site's orders.
func leftAt(site string, open int) string {
	const so = "its own shelf is promised to nobody; what it has promised is taken back by nobody"
	if open == 0 {
		return so + ": no order is open there"
	}
	return fmt.Sprintf("%s. Orders that are open there: %d. holdfast order list --site %s --open shows them; decide on each: holdfast order cancel, or tell the customer", so, open, site)
}

type siteOffCmd struct {
	siteAct
	SKU string `name:"sku" help:"Only this one; default all that it holds." placeholder:"SKU"`
}

// Run writes off.
func (c *siteOffCmd) Run(h *house) error {
	var row hq.SiteRow
	if err := c.post(h, "write-off", hq.WriteOffRequest{SignedRequest: c.signed(), SKU: c.SKU}, &row); err != nil {
		return err
	}
	what := "written off"
	if c.SKU != "" {
		what = c.SKU + " written off"
	}
	return c.tell(h, what, row,
		"each owner gets back what was held, by a command that its next entries carry out",
		leftAt(c.Site, row.Open),
		"should the site have sold some of it, its journal says so when it comes back: those orders are recorded, and sourced again or backordered")
}

type siteWaiveCmd struct{ siteAct }

// Run waives.
func (c *siteWaiveCmd) Run(h *house) error {
	var row hq.SiteRow
	if err := c.post(h, "waive", c.signed(), &row); err != nil {
		return err
	}
	return c.tell(h, "waived", row,
		"head office thaws once all the others have attested: holdfast site list shows it",
		"what this site promised before and has not sent yet can then find its units sold; it is recorded, and sourced again")
}

type siteReplaceCmd struct {
	siteAct
	Force bool `help:"Go on although the site's node is in touch."`
}

// Help stands below the flags' usage.
func (*siteReplaceCmd) Help() string {
	return "For a site whose node is gone with its disk. The new node rebuilds the site's book from head office under a new epoch; what the old one had not sent yet " +
		"is lost with it, so count what moved lately. A node whose disk is well needs none of this: it rebuilds itself when head office says that it went back in time."
}

// replaced is what is printed of a replacement.
type replaced struct {
	hq.SiteAdded
	Next []string `json:"next"`
}

// Run gives the site a new token and says what to do with it.
func (c *siteReplaceCmd) Run(h *house) error {
	var sites hq.SiteRows
	if err := c.call(h, http.MethodGet, "/v1/sites", "", nil, &sites); err != nil {
		return fmt.Errorf("replace %s: %w", c.Site, err)
	}
	sealed := "was the old book sealed by a passphrase? Then give --seal there, too: without it the new one lies in the clear"
	for _, s := range sites {
		if string(s.Site.Site) == c.Site && s.BookKeyAt != "" {
			sealed = "head office opened the old book, which was sealed: give --seal --seal-by head-office there, too, or the new one lies in the clear"
		}
		inTouch := s.State == contract.SiteOnline || s.State == contract.SiteLate
		if string(s.Site.Site) == c.Site && inTouch && !c.Force {
			return withHint(fmt.Errorf("replace %s: its node is in touch with head office", c.Site),
				"stop that node for good first; if it is dead already, wait ten seconds and run this again. --force goes on all the same")
		}
	}
	var out replaced
	if err := c.post(h, "token", c.signed(), &out.SiteAdded); err != nil {
		return err
	}
	out.Next = []string{
		"never start the old node again: with the old token head office turns it away, and it must not sell",
		"on the new machine, with a new folder: holdfast node --dir DIR --site " + c.Site + " --listen ADDR --hq " + strings.Join(c.To, ",") + " --replace --join-file FILE",
		sealed,
		"it sells goods in the hand at once, and promises once its book is rebuilt and attested: holdfast site list shows it",
		"its folder has an owner.token of its own: what signs in at the node, such as tills and monitoring, needs the new one",
		"count what moved lately at the site: what the old node had not sent is lost with it",
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	fmt.Fprintf(h.stderr, "%s has a new join token, shown this once; the old one is turned away.\n", c.Site)
	for i, s := range out.Next {
		fmt.Fprintf(h.stderr, "  %d. %s\n", i+1, s)
	}
	if _, err := fmt.Fprintln(h.stdout, out.Token); err != nil {
		return errors.Join(err, errors.New("the token was not shown: run it again"))
	}
	return nil
}
