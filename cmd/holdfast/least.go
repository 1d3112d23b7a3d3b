package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

const pathLeast = "/v1/policy/least-days"

type leastCmd struct {
	List leastListCmd `cmd:"" help:"List how long goods have to be good for, at head office or as a node has heard it."`
	Set  leastSetCmd  `cmd:"" help:"Say for how many days goods have to be good yet when a customer gets them."`
	End  leastEndCmd  `cmd:"" help:"End a rule."`
}

type leastListCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists the rules by what they name.
func (c *leastListCmd) Run(h *house) error {
	var list contract.LeastList
	if err := c.call(h, http.MethodGet, pathLeast, "", nil, &list); err != nil {
		return fmt.Errorf("list least days: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(list)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "SKU\tCATEGORY\tGROUP\tDAYS")
	for _, r := range list.Rules {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", or(r.SKU, "-"), or(r.Category, "-"), or(r.Group, "-"), r.Days)
	}
	return w.Flush()
}

// leastFor is which goods a rule is for, and whose.
type leastFor struct {
	SKU      string `name:"sku" help:"Of one article; with neither this nor --category of every one." placeholder:"SKU"`
	Category string `help:"Of all articles of a category." placeholder:"NAME"`
	Group    string `help:"For customers of this group; default for everybody." placeholder:"NAME"`
}

// same says whether a rule is for these.
func (c *leastFor) same(r contract.LeastRule) bool {
	return r.SKU == c.SKU && r.Category == c.Category && r.Group == c.Group
}

type leastSigned struct {
	Reason string `help:"Why; it is kept in the history." placeholder:"TEXT"`
	By     string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

type leastSetCmd struct {
	access
	Days int `arg:"" help:"Days that a lot has to be good for; 0: any number, where a wider rule would ask for some."`
	leastFor
	leastSigned
}

// Help stands below the flags' usage.
func (*leastSetCmd) Help() string {
	return "holdfast least-days set 14 --category dairy --group hospital --reason 'the wards asked' --to HQ. Of several rules that fit, the one that names most goes: an article before a category, " +
		"either before a group alone. A customer's own least_days goes where it is more. Lots that are over sooner are passed over when goods are sold over the counter, listed for pickers and picked, also of orders that another site or head office has taken. " +
		"--reason and --by are for head office; a node that stands alone keeps no history."
}

// Run sets the rule. Run again it changes nothing.
func (c *leastSetCmd) Run(h *house) error {
	return changeLeast(h, &c.access, &c.leastSigned, func(rules []contract.LeastRule) ([]contract.LeastRule, error) {
		rules = slices.DeleteFunc(rules, c.same)
		return append(rules, contract.LeastRule{SKU: c.SKU, Category: c.Category, Group: c.Group, Days: c.Days}), nil
	})
}

type leastEndCmd struct {
	access
	leastFor
	leastSigned
}

// Run ends the rule.
func (c *leastEndCmd) Run(h *house) error {
	return changeLeast(h, &c.access, &c.leastSigned, func(rules []contract.LeastRule) ([]contract.LeastRule, error) {
		if !slices.ContainsFunc(rules, c.same) {
			return nil, withHint(fmt.Errorf("end least days: there is no such rule"), "holdfast least-days list has those that there are")
		}
		return slices.DeleteFunc(rules, c.same), nil
	})
}

// changeLeast reads the rules, changes them, and sends them with the version that was read: where somebody was there in between nothing is changed.
func changeLeast(h *house, a *access, signed *leastSigned, change func([]contract.LeastRule) ([]contract.LeastRule, error)) error {
	var list contract.LeastList
	if err := a.call(h, http.MethodGet, pathLeast, "", nil, &list); err != nil {
		return fmt.Errorf("set least days: %w", err)
	}
	rules, err := change(list.Rules)
	if err != nil {
		return err
	}
	in := map[string]any{"rules": rules}
	if list.Version > 0 {
		in["version"] = list.Version
	}
	if err := a.call(h, http.MethodPut, pathLeast, "", signedFor(in, signed.Reason, signed.By), &list); err != nil {
		return fmt.Errorf("set least days: %w", err)
	}
	return printed(h, signed.JSON, list, "rules that stand: %d", len(list.Rules))
}
