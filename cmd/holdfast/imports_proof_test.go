package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A law that cannot be broken holds nothing: each check is shown small houses that break
// it, and near misses that do not.
func TestEachLawOfTheHouseBites(t *testing.T) {
	const own = `"` + module + `/`
	imports := func(name, paths string) string { return "package " + name + "\n\nimport (\n" + paths + "\n)\n" }
	seams := func(house []goFile) []fault { return checkSeams(house, nil) }
	owned := func(o owner) func([]goFile) []fault {
		return func(house []goFile) []fault { return checkSeams(house, []owner{o}) }
	}
	body := func(lines int) string { return "() {\n" + strings.Repeat("\tprintln()\n", lines-2) + "}\n" }

	for name, c := range map[string]struct {
		check func([]goFile) []fault
		file  string // the one file of a small house
		text  string
		want  []string // "where: wrong" of each fault; none where the law allows it
	}{
		"the ledger imports nothing above":    {checkArrows, "ledger/book.go", imports("ledger", own+`hq/fsm"`), []string{"ledger/book.go: imports " + module + "/hq/fsm"}},
		"node and hq do not meet":             {checkArrows, "node/node.go", imports("node", own+`hq"`), []string{"node/node.go: imports " + module + "/hq"}},
		"hq and node do not meet":             {checkArrows, "hq/hq.go", imports("hq", own+`node"`), []string{"hq/hq.go: imports " + module + "/node"}},
		"sync does not look up":               {checkArrows, "sync/link/link.go", imports("link", own+`node"`), []string{"sync/link/link.go: imports " + module + "/node"}},
		"nobody imports cmd":                  {checkArrows, "node/node.go", imports("node", own+`cmd/holdfast"`), []string{"node/node.go: imports " + module + "/cmd/holdfast"}},
		"nobody imports the top":              {checkArrows, "node/node.go", imports("node", `"`+module+`"`), []string{"node/node.go: imports " + module}},
		"an alias hides no arrow":             {checkArrows, "ledger/a.go", imports("ledger", `x `+own+`node"`), []string{"ledger/a.go: imports " + module + "/node"}},
		"tests keep to the arrows":            {checkArrows, "ledger/book_test.go", imports("ledger_test", own+`node"`), []string{"ledger/book_test.go: imports " + module + "/node"}},
		"a build tag hides no arrow":          {checkArrows, "ledger/a.go", "//go:build never\n\n" + imports("ledger", own+`node"`), []string{"ledger/a.go: imports " + module + "/node"}},
		"sync itself holds no Go":             {checkArrows, "sync/sync.go", imports("sync", ""), []string{"sync/sync.go: is Go"}},
		"deploy holds no Go":                  {checkArrows, "deploy/gen.go", imports("main", ""), []string{"deploy/gen.go: is Go"}},
		"the top holds no Go":                 {checkArrows, "main.go", imports("main", ""), []string{"main.go: is Go"}},
		"cmd may meet all":                    {checkArrows, "cmd/holdfast/main.go", imports("main", own+"node\"\n"+own+"hq\"\n"+own+"sync/wire\"\n"+own+`ledger"`), nil},
		"sync may use ledger and its rooms":   {checkArrows, "sync/link/link.go", imports("link", own+"ledger\"\n"+own+`sync/wire"`), nil},
		"raft stays out of node":              {checkDoors, "node/node.go", imports("node", `"github.com/hashicorp/raft"`), []string{"node/node.go: imports github.com/hashicorp/raft"}},
		"raft lives in hq":                    {checkDoors, "hq/raft.go", imports("hq", `"github.com/hashicorp/raft"`), nil},
		"mux stays in web files":              {checkDoors, "node/orders.go", imports("node", `"github.com/gorilla/mux"`), []string{"node/orders.go: imports github.com/gorilla/mux"}},
		"mux stays out of the ledger":         {checkDoors, "ledger/web.go", imports("ledger", `"github.com/gorilla/mux"`), []string{"ledger/web.go: imports github.com/gorilla/mux"}},
		"mux lives in web files":              {checkDoors, "hq/web_orders.go", imports("hq", `"github.com/gorilla/mux"`), nil},
		"msgpack stays in codec files":        {checkDoors, "ledger/entry.go", imports("ledger", `"github.com/vmihailenco/msgpack/v5"`), []string{"ledger/entry.go: imports github.com/vmihailenco/msgpack/v5"}},
		"msgpack stays out of link":           {checkDoors, "sync/link/push.go", imports("link", `"github.com/vmihailenco/msgpack/v5"`), []string{"sync/link/push.go: imports github.com/vmihailenco/msgpack/v5"}},
		"msgpack lives in codec files":        {checkDoors, "ledger/entry_codec.go", imports("ledger", `"github.com/vmihailenco/msgpack/v5"`), nil},
		"msgpack lives in wire":               {checkDoors, "sync/wire/hello.go", imports("wire", `"github.com/vmihailenco/msgpack/v5"`), nil},
		"bbolt stays in the book":             {checkDoors, "ledger/entry.go", imports("ledger", `"go.etcd.io/bbolt"`), []string{"ledger/entry.go: imports go.etcd.io/bbolt"}},
		"bbolt stays out of node":             {checkDoors, "node/book.go", imports("node", `"go.etcd.io/bbolt"`), []string{"node/book.go: imports go.etcd.io/bbolt"}},
		"bbolt lives in the book":             {checkDoors, "ledger/book_open.go", imports("ledger", `"go.etcd.io/bbolt"`), nil},
		"bbolt lives in hq":                   {checkDoors, "hq/journals/file.go", imports("journals", `"go.etcd.io/bbolt"`), nil},
		"a library without a door":            {checkDoors, "cmd/holdfast/a.go", imports("main", `"example.org/spanner"`), []string{"cmd/holdfast/a.go: imports example.org/spanner"}},
		"a like-named library has no door":    {checkDoors, "hq/a.go", imports("hq", `"github.com/gorilla/muxer"`), []string{"hq/a.go: imports github.com/gorilla/muxer"}},
		"tests use what they like":            {checkDoors, "ledger/a_test.go", imports("ledger", `"pgregory.net/rapid"`), nil},
		"prometheus and errgroup roam":        {checkDoors, "node/a.go", imports("node", "\"github.com/prometheus/client_golang/prometheus\"\n\"golang.org/x/sync/errgroup\""), nil},
		"the ledger reads no clock":           {seams, "ledger/a.go", "package ledger\nimport \"time\"\nvar t = time.Now()", []string{"ledger/a.go: uses time.Now (line 3)"}},
		"an alias hides no clock":             {seams, "hq/a.go", "package hq\nimport clock \"time\"\nvar t = clock.NewTicker(1)", []string{"hq/a.go: uses time.NewTicker (line 3)"}},
		"two names for one package hide none": {seams, "hq/a.go", "package hq\nimport \"time\"\nimport t2 \"time\"\nvar a, b = time.Second, t2.After(1)", []string{"hq/a.go: uses time.After (line 4)"}},
		"a dot import hides no clock":         {seams, "hq/a.go", "package hq\nimport . \"time\"\nvar t = Now()", []string{"hq/a.go: uses . time"}},
		"a value is a use too":                {seams, "node/a.go", "package node\nimport \"time\"\nvar now = time.Now", []string{"node/a.go: uses time.Now (line 3)"}},
		"chance comes through Env":            {seams, "sync/link/a.go", "package link\nimport \"math/rand/v2\"\nvar n = rand.IntN(6)", []string{"sync/link/a.go: uses math/rand/v2.IntN (line 3)"}},
		"so do keys":                          {seams, "node/a.go", "package node\nimport \"crypto/rand\"\nvar s = rand.Text()", []string{"node/a.go: uses crypto/rand.Text (line 3)"}},
		"so does the network":                 {seams, "sync/link/a.go", "package link\nimport \"net\"\nvar d net.Dialer", []string{"sync/link/a.go: uses net.Dialer (line 3)"}},
		"and the default client":              {seams, "sync/link/a.go", "package link\nimport \"net/http\"\nvar c = http.DefaultClient", []string{"sync/link/a.go: uses net/http.DefaultClient (line 3)"}},
		"and the disk":                        {seams, "ledger/a.go", "package ledger\nimport \"os\"\nvar f, _ = os.Open(\"a\")", []string{"ledger/a.go: uses os.Open (line 3)"}},
		"and no registry is global":           {seams, "node/a.go", "package node\nimport \"log/slog\"\nvar l = slog.Default()", []string{"node/a.go: uses log/slog.Default (line 3)"}},
		"words of those packages are free":    {seams, "node/web.go", "package node\nimport (\"net\"; \"os\"; \"syscall\"; \"time\")\nconst wait = 5 * time.Second\nvar l net.Listener\nvar e = os.ErrNotExist\nvar n = syscall.ENOSPC", nil},
		"cmd is free":                         {seams, "cmd/holdfast/a.go", "package main\nimport \"time\"\nvar t = time.Now()", nil},
		"tests are free":                      {seams, "ledger/a_test.go", "package ledger\nimport \"os\"\nvar f, _ = os.Open(\"a\")", nil},
		"an owner is free":                    {owned(owner{"ledger/a.go", "os", "bbolt opens its own file"}), "ledger/a.go", "package ledger\nimport \"os\"\nvar f, _ = os.Open(\"a\")", nil},
		"an owner is free of one package":     {owned(owner{"ledger/a.go", "os", "bbolt opens its own file"}), "ledger/a.go", "package ledger\nimport (\"os\"; \"time\")\nvar f, _ = os.Open(\"a\")\nvar t = time.Now()", []string{"ledger/a.go: uses time.Now (line 4)"}},
		"an owner in need of nothing":         {owned(owner{"ledger/a.go", "os", "bbolt opens its own file"}), "ledger/a.go", "package ledger", []string{"ledger/a.go: owns os without need or without a reason"}},
		"a vague room":                        {checkNames, "hq/internal/util/a.go", "package util", []string{"hq/internal/util: is a package called util"}},
		"a room named after a standard one":   {checkNames, "hq/errors/a.go", "package errors", []string{"hq/errors: is a package called errors"}},
		"a room behind another folder's name": {checkNames, "hq/faults/a.go", "package errors", []string{"hq/faults: is a package called errors"}},
		"a test's package counts once":        {checkNames, "ledger/a_test.go", "package ledger_test", nil},
		"a file of 501 lines":                 {checkSizes, "hq/a.go", "package hq\n" + strings.Repeat("\n", 500), []string{"hq/a.go: is 501 lines"}},
		"a file of 500 lines":                 {checkSizes, "hq/a.go", "package hq\n" + strings.Repeat("\n", 499), nil},
		"a function of 71 lines":              {checkSizes, "hq/a.go", "package hq\nfunc f" + body(71), []string{"hq/a.go:2: f is 71 lines"}},
		"a function of 70 lines":              {checkSizes, "hq/a.go", "package hq\nfunc f" + body(70), nil},
		"a closure of 71 lines":               {checkSizes, "hq/a.go", "package hq\nvar f = func" + body(71), []string{"hq/a.go:2: a function literal is 71 lines"}},
		"a long test":                         {checkSizes, "hq/a_test.go", "package hq\nfunc f" + body(90) + strings.Repeat("\n", 500), nil},
	} {
		t.Run(name, func(t *testing.T) {
			faults := c.check(smallHouse(t, c.file, c.text))
			var got []string
			for _, f := range faults {
				if f.rule == "" {
					t.Errorf("%s: %s: names no rule", f.where, f.wrong)
				}
				got = append(got, f.where+": "+f.wrong)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// smallHouse writes one file where it says, beside files that Go does not read, and reads
// the house so made.
func smallHouse(t *testing.T, name, text string) []goFile {
	t.Helper()
	dir := t.TempDir()
	for at, what := range map[string]string{name: text, "hq/testdata/bad.go": "not Go", ".git/bad.go": "not Go", "_old/bad.go": "not Go"} {
		at = filepath.Join(dir, filepath.FromSlash(at))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(what), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	house, err := readHouse(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(house) != 1 || house[0].path != name {
		t.Fatalf("got %v, want the one file %s", house, name)
	}
	return house
}

func TestAFileThatDoesNotParseIsAFault(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("package"), 0o600); err != nil {
		t.Fatal(err)
	}
	if house, err := readHouse(dir); err == nil {
		t.Fatalf("got %v, want an error", house)
	}
}

func TestTheTopLevelIsExact(t *testing.T) {
	dir := t.TempDir() // no git here: the directory itself is read
	for _, name := range []string{"cmd", "deploy", "hq", "ledger", "node", "sync", "docs", ".ci"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum", "README.md"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names, err := topNames(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(checkTop(names))
	for _, want := range []string{"docs: stands at the top level", "LICENSE: is missing"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %q in it", got, want)
		}
	}
	if n := len(checkTop(names)); n != 2 {
		t.Errorf("got %d faults, want 2: %s", n, got)
	}
}
