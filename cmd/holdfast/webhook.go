package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

type webhookCmd struct {
	Add    webhookAddCmd    `cmd:"" help:"Have somebody told of events at head office: a webhook, by signed posts, or a mailbox. Prints the secret that what is sent is signed with, this once."`
	List   webhookListCmd   `cmd:"" help:"List who is told, and how far that has come."`
	Remove webhookRemoveCmd `cmd:"" help:"Tell somebody no more. What it was not told yet is forgotten."`
	Test   webhookTestCmd   `cmd:"" help:"Send a test now, and say what the receiver answered."`
	Dead   webhookDeadCmd   `cmd:"" help:"List dead letters: events that somebody could not be told."`
	Resend webhookResendCmd `cmd:"" help:"Send dead letters again, once what was wrong is put right."`
	Drop   webhookDropCmd   `cmd:"" help:"Forget dead letters."`

	Letters webhookLettersCmd `cmd:"" help:"Show what mail says, filled in for an event that nobody had: this program's own letters, or with --file those of a file that hq --letters is to be given. Asks no server."`
}

const pathWebhooks = "/v1/webhooks"

type webhookAddCmd struct {
	access
	keyed
	Address    string   `arg:"" name:"address" help:"An https URL, an http URL of head office's own machine, mailto: and a mailbox, or customer: for the customer of each order, at the mailbox of its account."`
	Events     []string `help:"The kinds that are told, for example order.dispatched,exception.raised; default all." placeholder:"KIND"`
	SecretFile string   `name:"secret-file" help:"File with the secret, whsec_ and base64, where the receiver gives one; default a new one is made." placeholder:"FILE" type:"existingfile"`
	Note       string   `help:"For people." placeholder:"TEXT"`
	Reason     string   `help:"Why; head office keeps it." placeholder:"WORDS"`
	By         string   `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON       bool     `name:"json" help:"Print one JSON object as the last line."`
}

// Run has somebody told. Under another key the same address may be told twice, of other events.
func (c *webhookAddCmd) Run(h *house) error {
	in := contract.WebhookRequest{To: c.Address, Events: c.Events, Note: c.Note, Reason: c.Reason, By: signer(c.By)}
	if c.SecretFile != "" {
		raw, err := os.ReadFile(c.SecretFile)
		if err != nil {
			return fmt.Errorf("read secret: %w", err)
		}
		in.Secret = strings.TrimSpace(string(raw))
	}
	var out contract.Webhook
	if err := c.call(h, http.MethodPost, pathWebhooks, c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("add webhook: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out) // #nosec G117 -- the secret is what was asked for, and is shown this once
	}
	fmt.Fprintf(h.stdout, "webhook %s: %s is told of %s\n", out.ID, out.To, or(strings.Join(out.Events, ", "), "every event"))
	if out.Secret != "" {
		fmt.Fprintf(h.stdout, "secret %s\n", out.Secret)
	}
	return nil
}

type webhookListCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists who is told.
func (c *webhookListCmd) Run(h *house) error {
	var list contract.WebhookList
	if err := c.call(h, http.MethodGet, pathWebhooks, "", nil, &list); err != nil {
		return fmt.Errorf("list webhooks: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(list)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "WEBHOOK\tTO\tEVENTS\tTOLD\tOWED\tBEHIND\tDEAD\tSTATE")
	for i := range list.Webhooks {
		v := &list.Webhooks[i]
		state := "well"
		if v.Failing != "" {
			state = fmt.Sprintf("failing since %s: %s", v.Failing, v.Why)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", v.ID, v.To, or(strings.Join(v.Events, ","), "all"), v.Told, v.Owed, v.Behind, v.Dead, state)
	}
	return w.Flush()
}

// A webhookAct is an act on one of those who are told.
type webhookAct struct {
	access
	keyed
	ID     string `arg:"" name:"id" help:"The webhook's id, as holdfast webhook list has it."`
	Reason string `help:"Why; head office keeps it." placeholder:"WORDS"`
	By     string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// see sees to dead letters, or removes. Each run is an act of its own: there may be new letters.
func (a *webhookAct) see(h *house, act string, events []string, words string) error {
	var out contract.DeadLettersSeen
	in := contract.DeadLetterRequest{Events: events, Reason: a.Reason, By: signer(a.By)}
	if err := a.call(h, http.MethodPost, pathWebhooks+"/"+url.PathEscape(a.ID)+"/"+act, a.key(), in, &out); err != nil {
		a.unsure(h, err)
		return fmt.Errorf("%s webhook %s: %w", act, a.ID, err)
	}
	if a.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	if act == "remove" {
		_, err := fmt.Fprintf(h.stdout, "webhook %s is told no more\n", a.ID)
		return err
	}
	_, err := fmt.Fprintf(h.stdout, "%d dead letters of webhook %s %s\n", out.Letters, a.ID, words)
	return err
}

type webhookRemoveCmd struct{ webhookAct }

func (c *webhookRemoveCmd) Run(h *house) error { return c.see(h, "remove", nil, "") }

type webhookResendCmd struct {
	webhookAct
	Events []string `arg:"" optional:"" name:"event" help:"Only these, by their ids, as holdfast webhook dead has them; default all."`
}

func (c *webhookResendCmd) Run(h *house) error { return c.see(h, "resend", c.Events, "are sent again") }

type webhookDropCmd struct {
	webhookAct
	Events []string `arg:"" optional:"" name:"event" help:"Only these, by their ids; default all."`
}

func (c *webhookDropCmd) Run(h *house) error { return c.see(h, "drop", c.Events, "are forgotten") }

type webhookTestCmd struct {
	access
	ID   string `arg:"" name:"id" help:"The webhook's id, as holdfast webhook list has it."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run sends a test. It fails where the receiver does not take it.
func (c *webhookTestCmd) Run(h *house) error {
	var out contract.WebhookTest
	if err := c.call(h, http.MethodPost, pathWebhooks+"/"+url.PathEscape(c.ID)+"/test", "", struct{}{}, &out); err != nil {
		return fmt.Errorf("test webhook %s: %w", c.ID, err)
	}
	if c.JSON {
		if err := json.NewEncoder(h.stdout).Encode(out); err != nil {
			return err
		}
	}
	if !out.OK {
		return withHint(fmt.Errorf("test webhook %s: the receiver %s", c.ID, out.Why), "see that the address is right and that something answers there with 200")
	}
	if c.JSON {
		return nil
	}
	_, err := fmt.Fprintf(h.stdout, "webhook %s took it (%d, %d ms)\n", c.ID, out.Status, out.TookMS)
	return err
}

type webhookDeadCmd struct {
	access
	ID   string `arg:"" optional:"" name:"id" help:"Only this webhook's."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// deadPage is how many dead letters are fetched at a time.
const deadPage = 500

// Run lists dead letters, page by page.
func (c *webhookDeadCmd) Run(h *house) error {
	l := lister[contract.DeadLetterList, contract.DeadLetter]{
		path: "/v1/dead-letters", query: url.Values{"webhook": {c.ID}}, limit: deadPage,
		rows:    func(p *contract.DeadLetterList) *[]contract.DeadLetter { return &p.DeadLetters },
		next:    func(p *contract.DeadLetterList) string { return p.NextCursor },
		columns: "EVENT\tWEBHOOK\tKIND\tAT\tABOUT\tTRIES\tWHY",
		row: func(w io.Writer, l *contract.DeadLetter) {
			d := &l.Event.Data
			about := or(d.Number, or(string(d.Order), string(d.SKU)))
			if d.Exception != nil {
				about = fmt.Sprintf("%s %d", d.Exception.What, d.Exception.ID)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", l.ID, l.Webhook, l.Event.Type, l.Event.Timestamp, about, l.Tries, l.Why)
		},
	}
	return l.run(h, &c.access, "dead letters", c.JSON)
}
