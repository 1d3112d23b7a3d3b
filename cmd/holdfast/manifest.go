package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

type manifestCmd struct {
	Carriers manifestCarriersCmd `cmd:"" help:"List the site's carriers and their services."`
	Show     manifestShowCmd     `cmd:"" help:"Show what stands on a carrier's open manifest, or with --last on the one that was closed last."`
	Strike   manifestStrikeCmd   `cmd:"" help:"Strike a shipment off before the manifest is closed: the carrier has not taken it."`
	Close    manifestCloseCmd    `cmd:"" help:"Close a carrier's manifest when the driver is there. Run again it gives the same one."`
}

func manifestPath(carrier, act string) string {
	return "/v1/carriers/" + url.PathEscape(carrier) + "/manifest" + act
}

type manifestCarriersCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists the carriers.
func (c *manifestCarriersCmd) Run(h *house) error {
	var out contract.CarrierList
	if err := c.call(h, http.MethodGet, "/v1/carriers", "", nil, &out); err != nil {
		return fmt.Errorf("list carriers: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	for _, l := range out.Carriers {
		fmt.Fprintf(h.stdout, "%s: %s\n", l.Name, strings.Join(l.Services, ", "))
	}
	return nil
}

type manifestShowCmd struct {
	access
	Carrier string `arg:"" help:"As the dispatches name it."`
	Last    bool   `help:"The one that was closed last."`
	JSON    bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run shows a manifest.
func (c *manifestShowCmd) Run(h *house) error {
	act := ""
	if c.Last {
		act = "/last"
	}
	var out contract.Manifest
	if err := c.call(h, http.MethodGet, manifestPath(c.Carrier, act), "", nil, &out); err != nil {
		return fmt.Errorf("show manifest: %w", err)
	}
	return tellManifest(h, c.JSON, &out)
}

type manifestCloseCmd struct {
	access
	keyed
	Carrier string `arg:"" help:"As the dispatches name it."`
	By      string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON    bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run closes a manifest.
func (c *manifestCloseCmd) Run(h *house) error {
	var out contract.Manifest
	if err := c.call(h, http.MethodPost, manifestPath(c.Carrier, "/close"), c.key(), contract.ManifestRequest{By: signer(c.By)}, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("close manifest: %w", err)
	}
	return tellManifest(h, c.JSON, &out)
}

type manifestStrikeCmd struct {
	access
	keyed
	Carrier  string `arg:"" help:"As the dispatches name it."`
	Shipment uint64 `arg:"" help:"Its number, as the open manifest has it."`
	Reason   string `required:"" help:"Why the carrier has not taken it." placeholder:"TEXT"`
	By       string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON     bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run strikes a shipment off.
func (c *manifestStrikeCmd) Run(h *house) error {
	in := contract.StrikeRequest{Shipment: c.Shipment, Reason: c.Reason, By: signer(c.By)}
	var out contract.Strike
	if err := c.call(h, http.MethodPost, manifestPath(c.Carrier, "/strike"), c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("strike shipment: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	fmt.Fprintf(h.stdout, "shipment %d is struck off manifest %d of %s; book its goods as what came back: holdfast fulfilment come-back\n", out.Shipment, out.Number, out.Carrier)
	return nil
}

func tellManifest(h *house, asJSON bool, m *contract.Manifest) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(m)
	}
	fmt.Fprintf(h.stdout, "manifest %d of %s is %s, with %d parcels, %d g\n", m.Number, m.Carrier, m.Status, m.Count, m.WeightG)
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "SHIPMENT\tORDER\tPARCEL\tSERVICE\tTRACKING\tSSCC\tGRAMS\tTO")
	for i := range m.Parcels {
		p := &m.Parcels[i]
		to := strings.TrimSpace(p.Country + " " + p.Postcode)
		if p.Struck {
			to += " (struck off)"
		}
		fmt.Fprintf(w, "%d\t%s\t%d of %d\t%s\t%s\t%s\t%d\t%s\n", p.Shipment, p.Order, p.Parcel, p.Of, p.Service, p.Tracking, p.SSCC, p.WeightG, to)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if m.More {
		fmt.Fprintln(h.stdout, "more has left than one manifest holds: the rest stands on the next one")
	}
	return nil
}
