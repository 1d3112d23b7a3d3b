package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type erasureCmd struct {
	List     erasureListCmd     `cmd:"" help:"Of each person who asked to be forgotten: which node has done it since when, which has not and whom to ask, and which backups may hold them until when."`
	IDs      erasureIDsCmd      `cmd:"" name:"ids" help:"Print the ids of those who are erased, one a line, as restore --erased takes them; of head office or of a node."`
	Answer   erasureAnswerCmd   `cmd:"" help:"Say that nobody can read any more what a node that is gone had on its disk, or what lies in a book that was set aside."`
	Rotation erasureRotationCmd `cmd:"" help:"Say for how many days a backup is kept at most."`
}

const pathErasures = "/v1/erasures"

type erasureListCmd struct {
	access
	Open    bool `help:"Only those that a node may not have carried out."`
	Overdue bool `help:"Only those of them that were due: 30 days after they were asked for."`
	JSON    bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists erasures, page by page.
func (c *erasureListCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	all := hq.ErasureList{Erasures: []hq.Erasure{}}
	q := url.Values{"open": {strconv.FormatBool(c.Open)}, "overdue": {strconv.FormatBool(c.Overdue)}, "limit": {"200"}}
	if err := eachPage(h, cl, &c.access, pathErasures, q, func(p *hq.ErasureList) string {
		all.Open, all.Overdue, all.RotationDays = p.Open, p.Overdue, p.RotationDays
		all.Erasures = append(all.Erasures, p.Erasures...)
		return p.NextCursor
	}); err != nil {
		return fmt.Errorf("list erasures: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(all)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "CUSTOMER\tSTATE\tASKED\tWHERE")
	for i := range all.Erasures {
		e := &all.Erasures[i]
		state := e.State
		if e.Overdue {
			state = "overdue since " + e.Due
		}
		fmt.Fprintf(w, "%s\t%s\t%s by %s: %s\t%s\n", e.Customer, state, e.Asked.At, e.Asked.By, e.Asked.Reason, erasureWhere(e))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	rotation := fmt.Sprintf("no backup is kept for longer than %d days", all.RotationDays)
	if all.RotationDays == 0 {
		rotation = "nobody has said for how long backups are kept: holdfast erasure rotation DAYS"
	}
	_, err = fmt.Fprintf(h.stdout, "rotation: %s\n%d open, %d overdue\n", rotation, all.Open, all.Overdue)
	return err
}

// erasureWhere says where a person may be, what is outstanding first.
func erasureWhere(e *hq.Erasure) string {
	var open, done []string
	for _, s := range e.Sites {
		switch s.State {
		case "outstanding":
			open = append(open, fmt.Sprintf("%s: OUTSTANDING, %s. Ask %s", s.Site, s.Why, s.Ask))
		case "answered_for":
			done = append(done, fmt.Sprintf("%s, epoch %d: %s", s.Site, s.Epoch, s.Why))
		default:
			done = append(done, fmt.Sprintf("%s: %s %s", s.Site, s.State, s.At))
		}
	}
	for _, b := range e.Backups {
		until := "until somebody deletes them"
		if b.Until != "" {
			until = "until " + b.Until
		}
		done = append(done, fmt.Sprintf("backups of %s from before %s %s", b.Of, b.Before, until))
	}
	return strings.Join(append(open, done...), "; ")
}

// eachPage reads a list page by page; take gives the cursor of the next one.
func eachPage[Page any](h *house, cl *client.Client, a *access, path string, q url.Values, take func(*Page) string) error {
	for {
		var page Page
		if _, err := cl.Do(h.ctx, http.MethodGet, path+"?"+q.Encode(), "", nil, &page); err != nil {
			return callFault(err, a.To)
		}
		next := take(&page)
		if next == "" {
			return nil
		}
		q.Set("cursor", next)
	}
}

type erasureIDsCmd struct{ access }

// Run prints the ids.
func (c *erasureIDsCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	if err := eachPage(h, cl, &c.access, "/v1/customers", url.Values{"limit": {strconv.Itoa(customersPage)}}, func(p *contract.CustomerList) string {
		for i := range p.Customers {
			if v := &p.Customers[i]; v.Erased {
				fmt.Fprintln(h.stdout, v.Customer)
			}
		}
		return p.NextCursor
	}); err != nil {
		return fmt.Errorf("list who is erased: %w", err)
	}
	return nil
}

type erasureAnswerCmd struct {
	access
	Site   string `arg:"" name:"site" help:"The site whose node is gone."`
	Epoch  uint64 `arg:"" name:"epoch" help:"Of that node's book, as the list has it."`
	Reason string `help:"What became of the disk, or of the folder before-epoch-*." required:"" placeholder:"WORDS"`
	By     string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run signs for the disk. Done again it changes nothing.
func (c *erasureAnswerCmd) Run(h *house) error {
	in := hq.AnswerForRequest{Site: c.Site, Epoch: c.Epoch, SignedRequest: hq.SignedRequest{By: signer(c.By), Reason: c.Reason}}
	var out hq.ErasureSite
	if err := c.call(h, http.MethodPost, pathErasures+"/answer", "", in, &out); err != nil {
		return fmt.Errorf("answer for a disk of %s: %w", c.Site, err)
	}
	return printed(h, c.JSON, out, "nobody is asked after the disk of %s's epoch %d any more: %s", out.Site, out.Epoch, out.Why)
}

type erasureRotationCmd struct {
	access
	Days   int    `arg:"" name:"days" help:"1 to 3660."`
	Reason string `help:"By which rule; head office keeps it." required:"" placeholder:"WORDS"`
	By     string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run says how long backups are kept. Done again it changes nothing.
func (c *erasureRotationCmd) Run(h *house) error {
	in := hq.RotationRequest{Days: c.Days, SignedRequest: hq.SignedRequest{By: signer(c.By), Reason: c.Reason}}
	var out hq.Rotation
	if err := c.call(h, http.MethodPut, pathErasures+"/rotation", "", in, &out); err != nil {
		return fmt.Errorf("set the rotation of backups: %w", err)
	}
	return printed(h, c.JSON, out, "no backup is kept for longer than %d days", out.Days)
}
