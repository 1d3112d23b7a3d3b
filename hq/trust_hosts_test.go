package hq_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/authority"
)

// A node gets no name of head office's into its certificate: not of the server that signs, not of another, however it is written; and none
// with a star, which would be good for theirs. What is left is its own.
func TestNoNodeIsCertifiedForAHostOfHeadOffices(t *testing.T) {
	t.Parallel()
	c := startTrusting(t)
	leeds, err := c.enrol(c.addSite("leeds"))
	if err != nil {
		t.Fatal(err)
	}
	for i, names := range [][]string{{"hq.example.com"}, {"stock.example.com", "2001:db8::7"}} { // the second starts last: the first asks it
		c.servers[i].end()
		c.servers[i].cfg.Names = names
		c.servers[i].start()
	}
	c.servers[0].end()
	c.servers[0].start()
	asked := []string{"HQ.example.com.", "Stock.Example.com.", "2001:0db8:0::0007", "*.example.com", "leeds.example.com", "10.0.0.21"}
	want := []string{"leeds.example.com", "10.0.0.21"}
	for i := range c.servers {
		c.eventually(fmt.Sprintf("server %d signs what is the node's own", i), func() error {
			got, err := c.renewFor(i, leeds, asked...)
			if err != nil {
				return err
			}
			if says := authority.Says(got.Chain.Leaf); !slices.Equal(says, want) {
				return fmt.Errorf("good for %q, want %q", says, want)
			}
			return nil
		})
	}
	for _, s := range c.servers {
		s.end()
		auditJournals(t, s.cfg.Dir)
	}
}
