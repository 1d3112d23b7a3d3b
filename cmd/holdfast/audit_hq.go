package main

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger"
)

// auditHQ audits every site's journal that an HQ server keeps in dir, from its first entry, and
// names the first fault. Entries that a server lacks in the middle are one too: it would fetch
// them from its peers, but until then it cannot answer for what follows.
func auditHQ(dir string) ([]ledger.AuditReport, error) {
	found, err := journal.Audit(world.New(), dir, nil)
	reports := make([]ledger.AuditReport, len(found))
	for i, r := range found {
		reports[i] = r.AuditReport
		if err == nil && r.Missing != 0 {
			err = withHint(fmt.Errorf("audit %s: %s: entry %d is missing here, and later ones are not", dir, r.Site, r.Missing),
				"start the server beside its peers: it fetches what it lacks; then audit again")
		}
	}
	return reports, err
}
