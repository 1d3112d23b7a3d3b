package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

type deviceCmd struct {
	Add   deviceAddCmd   `cmd:"" help:"Enrol a till or handheld: its token is shown once, as a QR code, too."`
	List  deviceListCmd  `cmd:"" help:"List tills and handhelds, when each was seen last, and by whom it was used."`
	Lost  deviceLostCmd  `cmd:"" help:"Say that one is lost: its token ends for good, and whoever is signed in at it is out; at head office at once, at sites with their next contact."`
	Found deviceFoundCmd `cmd:"" help:"Let one that was lost in again, under another token: it has to be enrolled anew."`
}

type deviceAddCmd struct {
	userAct
	Name *string  `help:"For people to read." placeholder:"TEXT"`
	At   []string `help:"The sites where it is known, hq for head office; left out: everywhere." placeholder:"SITE"`
}

// Run enrols the device. Done again it changes nothing.
func (c *deviceAddCmd) Run(h *house) error {
	in := contract.UserRequest{Kind: "device", Name: c.Name}
	if len(c.At) > 0 {
		in.Sites = &c.At
	}
	c.qr = true
	return c.put(h, in, "USER is known; sites have it with their next contact; scan its token into the field of its site's page, once")
}

type deviceListCmd struct {
	access
	Lost bool `help:"Only those that are turned away."`
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Help stands below the flags' usage.
func (*deviceListCmd) Help() string {
	return "When a device was seen last is what the node or the server that answers has seen of it: ask a site's node for its tills. A device that is turned away is seen no more."
}

// Run lists devices, page by page.
func (c *deviceListCmd) Run(h *house) error {
	l := lister[contract.DeviceList, contract.Device]{
		path: "/v1/devices", query: url.Values{}, limit: 500,
		rows: func(p *contract.DeviceList) *[]contract.Device { return &p.Devices }, next: func(p *contract.DeviceList) string { return p.NextCursor },
		columns: "DEVICE\tNAME\tSITES\tLAST SEEN\tBY\tWHY NOT",
		row: func(w io.Writer, d *contract.Device) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", d.Device, d.Name, or(strings.Join(d.Sites, " "), "all"), or(d.LastSeenAt, "-"), or(string(d.LastUser), "-"), d.Disabled)
		},
	}
	if c.Lost {
		l.keep = func(d *contract.Device) bool { return d.Disabled != "" }
	}
	return l.run(h, &c.access, "devices", c.JSON)
}

// known gives the device that the act is about, or says that it is none.
func (a *userAct) known(h *house) (contract.User, error) {
	var u contract.User
	if err := a.call(h, http.MethodGet, pathUser(a.User), "", nil, &u); err != nil {
		return u, fmt.Errorf("find device %s: %w", a.User, err)
	}
	if u.Kind != "device" {
		return u, withHint(fmt.Errorf("%s is a %s, and no device", u.User, u.Kind), "turn it away with holdfast user disable "+string(u.User))
	}
	return u, nil
}

type deviceLostCmd struct{ userAct }

// Run turns the device away and ends its token: whoever finds it has nothing, even once it is let in again.
func (c *deviceLostCmd) Run(h *house) error {
	if c.Reason == "" {
		return fmt.Errorf("%w: device lost needs --reason: whoever finds it asks what became of it", errUsage)
	}
	u, err := c.known(h)
	if err != nil {
		return err
	}
	in := contract.UserRequest{Disabled: &c.Reason, NewToken: u.Disabled == "", By: signer(c.By), Reason: c.Reason}
	var out contract.User
	if err := c.call(h, http.MethodPut, pathUser(c.User), "", in, &out); err != nil {
		return fmt.Errorf("give device %s up: %w", c.User, err)
	}
	out.Token = "" // nobody is to have it
	return printed(h, c.JSON, out, "%s is lost: its token has ended, and whoever was signed in at it is out; a site that is cut off lets it in until its next contact", out.User)
}

type deviceFoundCmd struct{ userAct }

// Run lets the device in again, under another token.
func (c *deviceFoundCmd) Run(h *house) error {
	u, err := c.known(h)
	if err != nil {
		return err
	}
	if u.Disabled == "" { // its token is good, and people may be signed in at it
		return withHint(fmt.Errorf("device %s is not turned away, so there is nothing to find", u.User), "where it is to have another token all the same: holdfast user new-token "+string(u.User))
	}
	none := ""
	c.qr = true
	return c.put(h, contract.UserRequest{Disabled: &none, NewToken: true}, "USER is let in again; enrol it anew with this token")
}
