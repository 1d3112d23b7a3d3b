package baddays_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Waits. They end a test that hangs; nothing is slept through, and a busy machine has time.
const (
	startWait  = 60 * time.Second
	stopWait   = 60 * time.Second
	awaitWait  = 60 * time.Second
	answerWait = 60 * time.Second
)

var (
	long  = os.Getenv("HOLDFAST_LONG") == "1"
	chaos = os.Getenv("HOLDFAST_CHAOS") == "1" || long
)

// builtDir holds the binary that this run of the tests has built; TestMain removes it.
var builtDir string

var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("HOLDFAST_BINARY"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "baddays")
	if err != nil {
		return "", err
	}
	builtDir = dir
	path := filepath.Join(dir, "holdfast")
	out, err := exec.Command("go", "build", "-o", path, "github.com/holdfast-stock/holdfast/cmd/holdfast").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	if spec := os.Getenv(meddleEnv); spec != "" {
		os.Exit(meddle(spec, os.Args[1:]))
	}
	code := m.Run()
	if builtDir != "" {
		_ = os.RemoveAll(builtDir) // a temporary folder; what is left harms nobody
	}
	os.Exit(code)
}

// A site is a node's folder and, while it runs, its process.
type site struct {
	testing.TB
	dir    string
	binary string   // "": the one that is built for all
	spec   string   // how its calls to the system are meddled with; "" not at all
	within []string // a command that takes the process's own as its arguments; nil none
	logs   string   // where its log goes
	token  string
	url    string
	cmd    *exec.Cmd
	ended  chan error // holds how it ended
	http   *http.Client
}

// errEnded says that a process had ended before it served.
var errEnded = errors.New("it ended before it served")

func newSite(t testing.TB, dir string) *site {
	t.Helper()
	s := &site{TB: t, dir: dir, logs: filepath.Join(t.TempDir(), "log"), http: &http.Client{Timeout: answerWait, Transport: &http.Transport{
		DialContext: (&net.Dialer{Timeout: answerWait}).DialContext, MaxIdleConnsPerHost: 2 * tills,
	}}}
	t.Cleanup(s.kill)
	return s
}

// start starts the process and waits until it serves. One that ends first, as when it was killed,
// is errEnded. began is called as soon as there is a process.
func (s *site) start(began func()) error {
	s.Helper()
	binary, err := s.binary, error(nil)
	if binary == "" {
		binary, err = built()
	}
	if err != nil {
		s.Fatal(err)
	}
	args := []string{"node", "--dir", s.dir, "--site", "leeds", "--standalone", "--counter", "--listen", "127.0.0.1:0"}
	cmd := exec.Command(binary, args...)
	if s.spec != "" {
		cmd = exec.Command(os.Args[0], append([]string{binary}, args...)...)
		cmd.Env = append(os.Environ(), meddleEnv+"="+s.spec)
	}
	if s.within != nil {
		cmd = exec.Command(s.within[0], slices.Concat(s.within[1:], []string{binary}, args)...)
	}
	endWithParent(cmd)
	log, err := os.OpenFile(s.logs, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.Fatal(err)
	}
	defer log.Close() // the process has its own copy
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.Fatal(err)
	}
	if s.cmd, s.ended = cmd, make(chan error, 1); began != nil {
		began()
	}
	line := make(chan string, 1)
	go func(ended chan<- error) { // ends with the process
		r := bufio.NewReader(out)
		first, _ := r.ReadString('\n') // no line at all is reported below
		line <- first
		_, _ = io.Copy(io.Discard, r)
		ended <- cmd.Wait()
	}(s.ended)
	select {
	case first := <-line:
		words := strings.Fields(first)
		if len(words) == 0 {
			s.kill()
			return errEnded
		}
		s.url = words[len(words)-1]
	case <-time.After(startWait):
		s.Fatalf("got no address within %v:\n%s", startWait, s.log())
	}
	if s.token == "" {
		raw, err := os.ReadFile(filepath.Join(s.dir, "owner.token"))
		if err != nil {
			s.Fatal(err)
		}
		s.token = strings.TrimSpace(string(raw))
	}
	return nil
}

// up starts the process, which nobody kills, and waits until it is ready.
func (s *site) up() {
	s.Helper()
	if err := s.start(nil); err != nil {
		s.Fatalf("start: got %v, want it to serve:\n%s", err, s.log())
	}
	s.await("the node is ready", func() bool { a, err := s.ask("GET", "/readyz", "", nil); return err == nil && a.status == 200 })
}

// await asks again and again until what is true. A process outside knows no fake clock.
func (s *site) await(what string, is func() bool) {
	s.Helper()
	for began := time.Now(); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > awaitWait {
			s.Fatalf("not within %v: %s\n%s", awaitWait, what, s.log())
		}
	}
}

func (s *site) log() string {
	raw, err := os.ReadFile(s.logs)
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-4000):])
}

// signalKill is SIGKILL alone: it may come from another goroutine.
func (s *site) signalKill() { _ = s.cmd.Process.Kill() } // of one that has ended there is nothing left to kill

// kill is SIGKILL, and waits for the end.
func (s *site) kill() {
	if s.cmd != nil {
		s.signalKill()
		<-s.ended
		s.cmd = nil
	}
	s.http.CloseIdleConnections()
}

// stop is SIGTERM, and gives how the process ended.
func (s *site) stop() error {
	s.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.Fatal(err)
	}
	select {
	case err := <-s.ended:
		s.cmd = nil
		s.http.CloseIdleConnections()
		return err
	case <-time.After(stopWait):
		s.Fatalf("it did not end within %v:\n%s", stopWait, s.log())
		return nil
	}
}

// audit runs holdfast audit on the folder of a process that has ended.
func (s *site) audit() {
	s.Helper()
	binary, err := built()
	if err != nil {
		s.Fatal(err)
	}
	if out, err := exec.Command(binary, "audit", s.dir).CombinedOutput(); err != nil || !strings.Contains(string(out), "audit: ok") {
		s.Errorf("audit: got %v, want no fault:\n%s", err, out)
	}
}

// An answer is what the node said. What was not answered is an error instead.
type answer struct {
	status   int
	replayed bool
	code     string // of a problem
	body     []byte
}

func (s *site) ask(method, path, key string, body []byte) (answer, error) {
	req, err := http.NewRequest(method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.StatusCode, replayed: resp.Header.Get("Idempotent-Replayed") == "true", body: raw}
	if a.status >= 300 {
		var p struct {
			Code string `json:"code"`
		}
		_ = json.Unmarshal(raw, &p) // what is no problem document has no code
		a.code = p.Code
	}
	return a, nil
}

// must asks what has to be answered with status.
func (s *site) must(status int, method, path, key string, body []byte) []byte {
	s.Helper()
	a, err := s.ask(method, path, key, body)
	if err != nil || a.status != status {
		s.Fatalf("%s %s: got %d %s, %v; want %d\n%s", method, path, a.status, a.body, err, status, s.log())
	}
	return a.body
}

// skus is how many items a site sells.
const skus = 40

func sku(n int) string { return fmt.Sprintf("ART-%03d", n%skus) }

// open makes the book: items, and more of each than a test can sell.
func (s *site) open() {
	s.Helper()
	s.up()
	var lines []string
	for n := range skus {
		s.must(200, "PUT", "/v1/items/"+sku(n), "", fmt.Appendf(nil, `{"name":"Article %d"}`, n))
		lines = append(lines, fmt.Sprintf(`{"sku":%q,"qty":1000000000}`, sku(n)))
	}
	s.must(201, "POST", "/v1/receipts", "stock", []byte(`{"lines":[`+strings.Join(lines, ",")+`]}`))
}
