package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// A build takes default.pgo without being told. One that cannot be read stops every build, one of another program would
// help none, and one with the paths of whoever measured it tells what is nobody's business.
func TestTheProfileOfTheBuildIsOurs(t *testing.T) {
	t.Parallel()
	edges := filepath.Join(t.TempDir(), "edges")
	if out, err := exec.CommandContext(t.Context(), "go", "tool", "preprofile", "-i", "default.pgo", "-o", edges).CombinedOutput(); err != nil {
		t.Fatalf("the compiler cannot read the profile: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(edges)
	if err != nil {
		t.Fatal(err)
	}
	for _, hot := range []string{"/hq.(*fsm).ApplyBatch", "/hq/machine.(*Machine).Apply", "/node.", "/ledger."} {
		if !bytes.Contains(raw, []byte("holdfast"+hot)) {
			t.Errorf("the profile knows nothing of %s", hot)
		}
	}

	f, err := os.Open("default.pgo")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	table, err := io.ReadAll(io.LimitReader(z, 64<<20))
	if err != nil {
		t.Fatal(err)
	}
	if name := regexp.MustCompile(`[\w/]+\.go[^A-Za-z.]`).Find(table); name != nil {
		t.Errorf("the profile names the file %q; leave them out, the compiler reads functions and lines", name)
	}
}
