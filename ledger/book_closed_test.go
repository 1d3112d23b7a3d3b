package ledger_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

func TestACutOffBookIsDamageAndNotAPanic(t *testing.T) {
	d := newDesk(t)
	for range 300 {
		d.receive("TAP-22", 1)
	}
	d.close()
	path := filepath.Join(d.cfg.Dir, ledger.BookFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 4096, 3 * 4096, 8 * 4096} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ledger.BookFile), whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.AuditBook(testworld.New(1).Env(), dir, nil); err == nil {
			t.Errorf("cut to %d of %d bytes: got no fault, want one", size, len(whole))
		}
	}
	d.open()
}
