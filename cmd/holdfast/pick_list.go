package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

type pickListCmd struct {
	Take    pickListTakeCmd    `cmd:"" help:"Take a pick list by bin, of one order or several, for a time."`
	List    pickListListCmd    `cmd:"" help:"List what pickers have now."`
	Show    pickListShowCmd    `cmd:"" help:"Show what is still to be picked of a list."`
	Release pickListReleaseCmd `cmd:"" help:"Give a list up: its orders are nobody's again."`
}

const pathPickLists = "/v1/pick-lists"

type pickListTakeCmd struct {
	access
	keyed
	Fulfilments []string `arg:"" optional:"" name:"fulfilment" help:"Which, as fulfilment list has them; left out, the first that nobody has."`
	Picker      string   `help:"Who goes; default the user that runs this." placeholder:"NAME"`
	Minutes     int      `help:"How long the picker has it." default:"30" placeholder:"N"`
	Orders      int      `help:"How many orders, where none is named." default:"10" placeholder:"N"`
	JSON        bool     `name:"json" help:"Print one JSON object as the last line."`
}

// Run takes a list.
func (c *pickListTakeCmd) Run(h *house) error {
	in := contract.PickListRequest{Picker: signer(c.Picker), Minutes: c.Minutes, Fulfilments: c.Fulfilments, Orders: c.Orders}
	var out contract.PickList
	if err := c.call(h, http.MethodPost, pathPickLists, c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("take a pick list: %w", err)
	}
	return tellPickList(h, &out, c.JSON)
}

type pickListListCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists what pickers have.
func (c *pickListListCmd) Run(h *house) error {
	var out contract.PickLists
	if err := c.call(h, http.MethodGet, pathPickLists, "", nil, &out); err != nil {
		return fmt.Errorf("list pick lists: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LIST\tPICKER\tUNTIL\tORDERS\tROWS LEFT")
	for _, l := range out.PickLists {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\n", l.ID, l.Picker, l.Until.Format(time.RFC3339), len(l.Fulfilments), len(l.Rows))
	}
	return w.Flush()
}

type pickListShowCmd struct {
	access
	ID   string `arg:"" help:"The list."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run shows one list.
func (c *pickListShowCmd) Run(h *house) error {
	var out contract.PickList
	if err := c.call(h, http.MethodGet, pathPickLists+"/"+url.PathEscape(c.ID), "", nil, &out); err != nil {
		return fmt.Errorf("show pick list: %w", err)
	}
	return tellPickList(h, &out, c.JSON)
}

type pickListReleaseCmd struct {
	access
	ID string `arg:"" help:"The list."`
}

// Run gives a list up.
func (c *pickListReleaseCmd) Run(h *house) error {
	if err := c.call(h, http.MethodPost, pathPickLists+"/"+url.PathEscape(c.ID)+"/release", "", nil, nil); err != nil {
		return fmt.Errorf("release pick list: %w", err)
	}
	fmt.Fprintf(h.stdout, "pick list %s is given up\n", c.ID)
	return nil
}

func tellPickList(h *house, l *contract.PickList, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(l)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "BIN\tSKU\tQTY\tFOR\tNAME")
	for _, r := range l.Rows {
		var parts []string
		for _, f := range r.For {
			parts = append(parts, fmt.Sprintf("%s %d=%d", f.Fulfilment, f.Line, f.Qty))
		}
		if r.Note != "" {
			r.Name = strings.TrimSpace(r.Name + " (" + r.Note + ")")
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", or(string(r.Bin), "-"), r.SKU, r.Qty, strings.Join(parts, "; "), r.Name)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(h.stdout, "pick list %s is %s's until %s\n", l.ID, l.Picker, l.Until.Format(time.RFC3339))
	return err
}
