package main

import (
	"testing"

	"github.com/alecthomas/kong"
)

func TestACommandIsReadByItsOwnGrammar(t *testing.T) {
	model := func(args ...string) *kong.Application {
		k, err := kong.New(grammar(args), kong.Vars{"version": "v"})
		if err != nil {
			t.Fatal(err)
		}
		return k.Model
	}
	all := model()
	if len(all.Children) < 40 || len(model("no such").Children) != len(all.Children) {
		t.Fatalf("got %d commands, and %d where args begin with none", len(all.Children), len(model("no such").Children))
	}
	var tree func(n *kong.Node) string
	tree = func(n *kong.Node) string {
		out := n.Summary() + n.Help
		for _, c := range n.Children {
			out += tree(c)
		}
		return out
	}
	for _, want := range all.Children {
		got := model(want.Name, "--help").Children
		if len(got) != 1 || tree(got[0]) != tree(want) {
			t.Errorf("%s: got %d commands, want it as it is among all", want.Name, len(got))
		}
	}
}
