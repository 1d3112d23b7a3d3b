package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// A process that is to be killed is this test binary again, told so by its environment.
const (
	killDir  = "HOLDFAST_TEST_KILL_DIR"
	killSeed = "HOLDFAST_TEST_KILL_SEED"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		if err := sellUntilKilled(dir, os.Getenv(killSeed), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		return
	}
	os.Exit(m.Run())
}

// sellUntilKilled places orders from several clients as fast as it can, and prints each id after
// its answer. It never returns nil.
func sellUntilKilled(dir, seed string, out io.Writer) error {
	n, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		return err
	}
	b, err := ledger.OpenBook(testworld.New(1000*n).Env(), ledger.BookConfig{Site: "leeds", Dir: dir, CheckpointEvery: 64})
	if err != nil {
		return err
	}
	ctx := context.Background()
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	if b.View().Epoch == 0 {
		if _, err := b.Do(ctx, &ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}}); err != nil {
			return err
		}
	}
	if _, err := b.Do(ctx, &ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 1 << 20}}}); err != nil {
		return err
	}
	for client := range 6 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprint("k", n, "c", client, "i", i)
				if got, err := b.Do(ctx, sale(name, "A", 1)); err != nil || got.Err != nil {
					fmt.Fprintln(os.Stderr, err, got.Err)
					os.Exit(3)
				}
				fmt.Fprintln(out, name) // one write of a short line: a pipe takes it whole
			}
		}()
	}
	return <-ended
}

// killedOnce runs a process on the book in dir, kills it after the given time, counted from its
// start or from its first answer, and gives the names of the orders that it had answered.
func killedOnce(t *testing.T, dir string, seed int, after time.Duration, answering bool) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killDir+"="+dir, killSeed+"="+strconv.Itoa(seed))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = cmd.Process.Kill() }
	var killer *time.Timer
	if !answering {
		killer = time.AfterFunc(after, kill)
	}
	var names []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if names = append(names, lines.Text()); killer == nil {
			killer = time.AfterFunc(after, kill)
		}
	}
	if killer != nil {
		killer.Stop()
	}
	_ = cmd.Wait() // killed, as it should be
	if code := cmd.ProcessState.ExitCode(); code == 3 {
		t.Fatalf("cycle %d: got a process that ended by itself, want it killed", seed)
	}
	return names
}

// TestANodeKilledAtAnyMomentHasEveryOrderItHadAnswered kills 100 times; 20 with -short,
// 5,000 with HOLDFAST_LONG=1. All cycles go on in one folder.
func TestANodeKilledAtAnyMomentHasEveryOrderItHadAnswered(t *testing.T) {
	cycles := 100
	switch {
	case os.Getenv("HOLDFAST_LONG") == "1":
		cycles = 5000
	case testing.Short():
		cycles = 20
	}
	dir, r := t.TempDir(), rand.New(rand.NewPCG(20260105, 1))
	var all []string
	empty := 0
	for cycle := range cycles {
		names := killedOnce(t, dir, cycle+1, time.Duration(1+r.IntN(25_000))*time.Microsecond, cycle%4 != 0)
		if all = append(all, names...); len(names) == 0 {
			empty++
		}
		check := names
		last := cycle == cycles-1
		if last {
			check = all
		}
		if _, err := os.Stat(filepath.Join(dir, ledger.BookFile)); err != nil {
			continue // killed before it had begun
		}
		everyAnswerStands(t, dir, cycle, check)
		if cycle%20 == 19 || last {
			auditKilled(t, dir, cycle, len(all))
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d kills, %d of them before the first answer; %d orders answered, none lost", cycles, empty, len(all))
}

// everyAnswerStands reopens the book and asks again under every key: the first answer comes back.
func everyAnswerStands(t *testing.T, dir string, cycle int, names []string) {
	t.Helper()
	b, err := ledger.OpenBook(testworld.New(uint64(1000*cycle+7)).Env(), ledger.BookConfig{Site: "leeds", Dir: dir})
	if err != nil {
		t.Fatalf("cycle %d: open: got %v, want a book", cycle, err)
	}
	defer b.Close()
	if why := b.View().Quarantine; why != "" {
		t.Errorf("cycle %d: got quarantine %q, want none: nothing answered was lost", cycle, why)
	}
	for _, name := range names {
		if o, err := b.Order(oid(name)); err != nil || o.Status != ledger.StatusCompleted {
			t.Errorf("cycle %d: order %s was answered: got %+v, %v; want it in the book", cycle, name, o, err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	var writer sync.WaitGroup
	writer.Go(func() { _ = b.Run(ctx) })
	for _, name := range names[:min(len(names), 20)] {
		if out, err := b.Do(ctx, sale(name, "A", 1)); err != nil || !out.Replayed || out.Err != nil {
			t.Errorf("cycle %d: order %s again: got %+v, %v; want the first answer", cycle, name, out, err)
		}
	}
	stop()
	writer.Wait()
}

func auditKilled(t *testing.T, dir string, cycle, answered int) {
	t.Helper()
	report, err := ledger.AuditBook(testworld.New(1).Env(), dir, nil)
	if err != nil {
		t.Errorf("cycle %d: audit: got %v, want no fault", cycle, err)
	}
	if report.Accepted < uint64(answered) {
		t.Errorf("cycle %d: got %d orders in the journal, want at least the %d answered", cycle, report.Accepted, answered)
	}
}
