package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/hq"
)

type policyRulesCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists all rules that stand.
func (c *policyRulesCmd) Run(h *house) error {
	all, err := everyRule(h, &c.access)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(all)
	}
	if len(all.Rules) == 0 {
		_, err := fmt.Fprintln(h.stdout, "There are no rules.")
		return err
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tSITE\tOF\tQTY\tBY\tREASON")
	for _, r := range all.Rules {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", r.Kind, or(r.Site, "every site"), ruleOf(&r.PolicyRule), r.Qty, r.By, r.Reason)
	}
	return w.Flush()
}

// ruleOf says what a rule speaks of.
func ruleOf(r *hq.PolicyRule) string {
	if r.Category != "" {
		return "category " + r.Category
	}
	return or(r.SKU, "every article")
}
