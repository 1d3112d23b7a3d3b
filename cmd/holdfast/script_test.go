// White box: TestMain has to call main. The scripts themselves see nothing but the binary.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(tidied{m}, map[string]func(){"holdfast": main})
}

// tidied gives the tests a folder for what they build, and removes it once they are over.
type tidied struct{ *testing.M }

func (m tidied) Run() int {
	dir, err := os.MkdirTemp("", "holdfast-tests")
	if err == nil {
		err = os.Setenv("HOLDFAST_TESTS_BUILD", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.M.Run()
	_ = os.RemoveAll(dir) // a temporary folder; what is left harms nobody
	return code
}

// TestTheCommandLineKeepsItsPromises plays testdata/script: every command's help, exit codes,
// error lines and hints, and the commands together on real processes and books.
//
// Scripts have six commands of their own:
//
//	exits CODE ARG...                  runs holdfast ARG... and holds its exit code
//	serve NAME ARG...                  starts holdfast ARG... and waits for its address: $NAME, $NAME_ADDR
//	halt NAME                          SIGTERM; it must end with exit code 0 (a command of ours called stop would never run: testscript has one that ends the script)
//	call STATUS METHOD URL [KEY [FILE]] one request as $TOKEN; its answer is stdout
//	await PATTERN URL                  GET until the answer has it
//	token DIR                          reads the owner token of DIR: $TOKEN, $HOLDFAST_TOKEN
func TestTheCommandLineKeepsItsPromises(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Deadline:            time.Now().Add(scriptsMax),
		Setup: func(e *testscript.Env) error {
			name := strings.TrimPrefix(filepath.Base(e.WorkDir), "script-")
			if (strings.HasPrefix(name, "bench") || name == "sim") && os.Getenv("HOLDFAST_BENCHES") != "1" && os.Getenv("HOLDFAST_LONG") != "1" {
				e.T().Skip("it measures, or simulates, with both processors: HOLDFAST_BENCHES=1 runs it")
			}
			e.Values[serversKey{}] = map[string]*server{}
			e.Setenv("HOLDFAST_TOKEN", "")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "serve": serve, "halt": halt, "call": call, "await": await, "token": token,
		},
	})
}

// Waits of a script. They end a test that hangs; none is slept through, and a busy machine has time.
const (
	scriptStart = 60 * time.Second
	scriptStop  = 60 * time.Second
	scriptAwait = 60 * time.Second
	scriptCall  = 30 * time.Second
	scriptsMax  = 8 * time.Minute // all of them, four at a time or so: a command that never ends is interrupted
)

type serversKey struct{}

// server is a process that a script started.
type server struct {
	cmd   *exec.Cmd
	ended chan error // holds how it ended
}

func servers(ts *testscript.TestScript) map[string]*server {
	return ts.Value(serversKey{}).(map[string]*server)
}

func need(ts *testscript.TestScript, neg, ok bool, usage string) {
	if neg || !ok {
		ts.Fatalf("usage: %s", usage)
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) > 0, "exits CODE ARG...")
	code := 0
	err := ts.Exec("holdfast", args[1:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code, err = exit.ExitCode(), nil
	}
	ts.Check(err)
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("holdfast %s exited with %d, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

func serve(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) > 1, "serve NAME ARG...")
	self, err := exec.LookPath("holdfast")
	ts.Check(err)
	s := &server{cmd: exec.Command(self, args[1:]...), ended: make(chan error, 1)}
	s.cmd.Dir = ts.MkAbs(".")
	log, err := os.Create(ts.MkAbs(args[0] + ".log"))
	ts.Check(err)
	s.cmd.Stderr = log
	out, err := s.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	ts.Defer(func() { _ = s.cmd.Process.Kill() }) // of one that was stopped there is nothing left to kill
	line := make(chan string, 1)
	go func() { // ends with the process, which the script's end kills
		r := bufio.NewReader(out)
		first, _ := r.ReadString('\n') // an empty line is reported below
		line <- first
		_, _ = io.Copy(io.Discard, r)
		s.ended <- errors.Join(s.cmd.Wait(), log.Close())
	}()
	select {
	case first := <-line:
		words := strings.Fields(first)
		if len(words) == 0 {
			raw, _ := os.ReadFile(log.Name())
			ts.Fatalf("holdfast %s ended: %s", strings.Join(args[1:], " "), raw)
		}
		url := words[len(words)-1]
		ts.Setenv(args[0], url)
		ts.Setenv(args[0]+"_ADDR", strings.TrimPrefix(strings.TrimPrefix(url, "http://"), "https://"))
		ts.Logf("%s", first)
	case <-time.After(scriptStart):
		ts.Fatalf("holdfast %s: no address within %v", strings.Join(args[1:], " "), scriptStart)
	}
	servers(ts)[args[0]] = s
}

func halt(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 1 && servers(ts)[args[0]] != nil, "halt NAME")
	s := servers(ts)[args[0]]
	ts.Check(s.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-s.ended:
		ts.Check(err)
	case <-time.After(scriptStop):
		ts.Fatalf("%s did not end within %v", args[0], scriptStop)
	}
	delete(servers(ts), args[0])
}

// token reads an owner token into $TOKEN and $HOLDFAST_TOKEN.
func token(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 1, "token DIR")
	t := strings.TrimSpace(ts.ReadFile(args[0] + "/owner.token"))
	ts.Setenv("TOKEN", t)
	ts.Setenv("HOLDFAST_TOKEN", t)
}

func call(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) >= 3 && len(args) <= 5, "call STATUS METHOD URL [KEY [FILE]]")
	body := ""
	if len(args) == 5 {
		body = ts.ReadFile(args[4])
	}
	key := ""
	if len(args) > 3 {
		key = args[3]
	}
	status, answer, err := ask(ts, args[1], args[2], key, body)
	ts.Check(err)
	_, err = fmt.Fprint(ts.Stdout(), answer)
	ts.Check(err)
	if status != args[0] {
		ts.Fatalf("got status %s, want %s: %s", status, args[0], answer)
	}
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "await PATTERN URL")
	want := regexp.MustCompile(args[0])
	last := "nothing"
	for began := time.Now(); time.Since(began) < scriptAwait; {
		status, answer, err := ask(ts, http.MethodGet, args[1], "", "")
		if last = fmt.Sprint(status, " ", answer, err); err == nil && want.MatchString(answer) {
			return
		}
		time.Sleep(20 * time.Millisecond) // a process outside knows no fake clock
	}
	ts.Fatalf("not within %v: %s; the last answer: %s", scriptAwait, want, last)
}

func ask(ts *testscript.TestScript, method, url, key, body string) (status, answer string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), scriptCall)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return "", "", err
	}
	req.Header.Set("Authorization", "Bearer "+ts.Getenv("TOKEN"))
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	// Whoever serves is a process of the script's own; whom to believe is other tests' matter.
	cl := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // #nosec G402 -- as is said
	defer cl.CloseIdleConnections()
	resp, err := cl.Do(req)
	if err != nil {
		return "", "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return fmt.Sprint(resp.StatusCode), string(raw), err
}
