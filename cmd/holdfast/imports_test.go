// The law of the house, held by reading its source: who may import whom, which door each
// outside library has, where the world (clock, chance, network, disk) may be touched, what
// stands at the top, what a room may be called and how long a file and a function may be.
// Every check is a pure function of parsed source, so that each is also shown to bite.
package main_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const module = "github.com/holdfast-stock/holdfast"

// A goFile is one parsed Go file of the house.
type goFile struct {
	path  string // slash-separated, from the module's root
	test  bool   // named _test.go
	file  *ast.File
	fset  *token.FileSet
	lines int
}

func (s goFile) dir() string  { return path.Dir(s.path) }
func (s goFile) room() string { return strings.SplitN(s.path, "/", 2)[0] }

// A fault is one breach: where, what stands there, and the rule it breaks.
type fault struct{ where, wrong, rule string }

func (f fault) String() string { return f.where + ": " + f.wrong + "\n\trule: " + f.rule }

// readHouse parses every Go file under root, whatever its build constraints, so that no tag
// hides an arrow. testdata and directories that start with a dot or underscore are not Go's.
func readHouse(root string) ([]goFile, error) {
	var all []goFile
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			base := d.Name()
			if name != root && (base == "testdata" || base[0] == '.' || base[0] == '_') {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse: %w", err)
		}
		all = append(all, goFile{
			path:  filepath.ToSlash(rel),
			test:  strings.HasSuffix(name, "_test.go"),
			file:  file,
			fset:  fset,
			lines: fset.File(file.FileStart).LineCount(),
		})
		return nil
	})
	return all, err
}

// An imported package and the name it goes by in that file.
type imported struct{ path, name string }

func (s goFile) imports() []imported {
	all := make([]imported, 0, len(s.file.Imports))
	for _, spec := range s.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic(err) // the parser lets no other string through
		}
		name := path.Base(strings.TrimSuffix(p, "/v2"))
		if spec.Name != nil {
			name = spec.Name.Name
		}
		all = append(all, imported{p, name})
	}
	return all
}

// checkArrows holds the picture of the house, for tests as for the rest: cmd -> node, hq ->
// sync -> ledger, and node and hq never each other.
func checkArrows(house []goFile) []fault {
	may := map[string][]string{
		"ledger": {"ledger"},
		"sync":   {"sync", "ledger"},
		"node":   {"node", "sync", "ledger"},
		"hq":     {"hq", "sync", "ledger"},
		"cmd":    {"cmd", "node", "hq", "sync", "ledger"},
	}
	var faults []fault
	for _, s := range house {
		room := s.room()
		if may[room] == nil {
			faults = append(faults, fault{s.path, "is Go", "Go stands only under ledger, sync, node, hq and cmd"})
			continue
		}
		if s.dir() == "sync" {
			faults = append(faults, fault{s.path, "is Go", "sync is a corridor: Go stands only in the rooms off it"})
		}
		for _, i := range s.imports() {
			to, own := strings.CutPrefix(i.path+"/", module+"/")
			if !own {
				continue
			}
			to = strings.SplitN(to, "/", 2)[0]
			if !slices.Contains(may[room], to) {
				faults = append(faults, fault{s.path, "imports " + i.path,
					room + " may import " + strings.Join(may[room], ", ") + " and nothing else of the house"})
			}
		}
	}
	return faults
}

// A door is where one outside library may come in.
type door struct {
	lib  string // import path or its leading elements
	rule string
	open func(s goFile) bool
}

func inRooms(rooms ...string) func(goFile) bool {
	return func(s goFile) bool { return slices.Contains(rooms, s.room()) }
}

func doors() []door {
	web := func(s goFile) bool {
		return inRooms("node", "hq")(s) && strings.HasPrefix(path.Base(s.path), "web")
	}
	return []door{
		{"github.com/hashicorp", "raft and its company stand only in hq", inRooms("hq")},
		{"github.com/gorilla/mux", "mux stands only in the web*.go files of node and hq", web},
		{"github.com/vmihailenco/msgpack", "msgpack stands only in sync/wire and in *_codec.go files", func(s goFile) bool {
			return s.dir() == "sync/wire" || strings.HasSuffix(s.path, "_codec.go")
		}},
		{"go.etcd.io/bbolt", "bbolt stands only in ledger's book*.go and schema.go, in ledger/mapped, and in hq", func(s goFile) bool {
			base := path.Base(s.path)
			return inRooms("hq")(s) || s.dir() == "ledger/mapped" || inRooms("ledger")(s) && (strings.HasPrefix(base, "book") || base == "schema.go")
		}},
		{"github.com/klauspost/compress", "compression stands only in the rooms off sync", inRooms("sync")},
		{"github.com/google/jsonschema-go", "jsonschema stands only in sync/contract", inRooms("sync")},
		{"github.com/alecthomas/kong", "kong stands only in cmd", inRooms("cmd")},
		{"github.com/xuri/excelize", "workbooks stand only in cmd/holdfast/internal/workbook", func(s goFile) bool { return s.dir() == "cmd/holdfast/internal/workbook" }},
		{"golang.org/x/crypto", "hashes of secrets stand only in sync/door and sync/vault", func(s goFile) bool { return s.dir() == "sync/door" || s.dir() == "sync/vault" }},
		{"github.com/coreos/go-oidc", "the identity provider is spoken to only in hq/openid", func(s goFile) bool { return s.dir() == "hq/openid" }},
		{"golang.org/x/oauth2", "the identity provider is spoken to only in hq/openid", func(s goFile) bool { return s.dir() == "hq/openid" }},
		{"rsc.io/qr", "QR codes stand only in cmd", inRooms("cmd")},
		{"golang.org/x/term", "the terminal stands only in cmd", inRooms("cmd")},
		{"golang.org/x/sys", "the operating system stands only in cmd", inRooms("cmd")},
		{"github.com/prometheus", "prometheus roams", func(goFile) bool { return true }},
		{"golang.org/x/sync/errgroup", "errgroup roams", func(goFile) bool { return true }},
	}
}

// checkDoors holds one door for each outside library. A library without one is refused:
// taking it in means naming its door here. Tests may use what they like.
func checkDoors(house []goFile) []fault {
	var faults []fault
	for _, s := range house {
		if s.test {
			continue
		}
		for _, i := range s.imports() {
			p := i.path
			first, _, _ := strings.Cut(p, "/")
			if !strings.Contains(first, ".") || strings.HasPrefix(p+"/", module+"/") {
				continue // the standard library, or the house
			}
			at := slices.IndexFunc(doors(), func(d door) bool { return strings.HasPrefix(p+"/", d.lib+"/") })
			if at < 0 {
				faults = append(faults, fault{s.path, "imports " + p, "an outside library needs a door of its own in doors()"})
			} else if d := doors()[at]; !d.open(s) {
				faults = append(faults, fault{s.path, "imports " + p, d.rule})
			}
		}
	}
	return faults
}

// An owner is a file outside cmd that may use names of a package of the world.
type owner struct{ path, imports, reason string }

// owners is the whole list, and is meant to stay short: what it names is out of the
// simulator's hands. A line that nothing needs any more is a fault.
func owners() []owner {
	return []owner{
		{"ledger/mapped/release_linux.go", "syscall", "hands mapped pages back; reads and writes nothing"},
		{"ledger/tape/fdatasync_linux.go", "syscall", "os.File has no sync of a file's bytes alone, and that is what the tape is for"},
		{"ledger/testworld/testworld.go", "math/rand/v2", "seeded streams for tests and the simulator"},
		{"ledger/testworld/testworld.go", "net", "tests serve on the real loopback"},
		{"ledger/testworld/testworld.go", "os", "tests write to a real disk that fails when told to"},
		{"ledger/testworld/testworld.go", "syscall", "the locks of sealed books are the system's"},
	}
}

// seams says, for each package through which the world comes in, which of its names are the
// world. What is left (time.Second, os.FileMode, net.Conn) is words. context.WithTimeout is
// not here: testing/synctest fakes its clock.
func seams() map[string]func(name string) bool {
	every := func(string) bool { return true }
	of := func(names ...string) func(string) bool {
		return func(name string) bool { return slices.Contains(names, name) }
	}
	starts := func(heads ...string) func(string) bool {
		return func(name string) bool {
			return slices.ContainsFunc(heads, func(h string) bool { return strings.HasPrefix(name, h) })
		}
	}
	osWords := of("DirEntry", "File", "FileInfo", "FileMode", "ModeDir", "ModePerm", "ModeType", "PathError",
		"LinkError", "SyscallError", "IsExist", "IsNotExist", "IsPermission", "IsTimeout", "Signal")
	return map[string]func(string) bool{
		"time":          of("Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"),
		"math/rand":     every,
		"math/rand/v2":  every,
		"crypto/rand":   every,
		"os/exec":       every,
		"os/signal":     every,
		"os":            func(name string) bool { return !osWords(name) && !starts("Err", "O_")(name) },
		"syscall":       func(name string) bool { return !starts("E", "O_")(name) },
		"io/ioutil":     every,
		"path/filepath": of("Walk", "WalkDir", "Glob", "EvalSymlinks", "Abs"),
		"net": func(name string) bool {
			return name != "Listener" && starts("Dial", "Listen", "Lookup", "Resolve", "Interface", "DefaultResolver")(name)
		},
		"crypto/tls": starts("Dial", "Listen", "LoadX509KeyPair"),
		"net/http":   of("Get", "Head", "Post", "PostForm", "DefaultClient", "DefaultTransport", "DefaultServeMux", "Handle", "HandleFunc", "ListenAndServe", "ListenAndServeTLS"),
		"log":        starts("Print", "Fatal", "Panic", "Default", "Set", "Output", "Writer"),
		"log/slog":   of("Default", "SetDefault", "Debug", "Info", "Warn", "Error", "Log", "LogAttrs", "DebugContext", "InfoContext", "WarnContext", "ErrorContext"),

		"github.com/prometheus/client_golang/prometheus":          of("Register", "MustRegister", "Unregister", "DefaultRegisterer", "DefaultGatherer"),
		"github.com/prometheus/client_golang/prometheus/promauto": every,
		"github.com/prometheus/client_golang/prometheus/promhttp": of("Handler"),
	}
}

// checkSeams keeps the world out of every room but cmd, outside the owners: clock, chance,
// network, disk, process and global registries come in through ledger.Env or as arguments.
func checkSeams(house []goFile, owners []owner) []fault {
	const rule = "only cmd touches the world; elsewhere it comes in through Env, or the file is named in owners()"
	needed := make([]bool, len(owners))
	var faults []fault
	for _, s := range house {
		if s.test || s.room() == "cmd" {
			continue
		}
		found := worldIn(s)
		for _, p := range slices.Sorted(maps.Keys(found)) {
			at := slices.IndexFunc(owners, func(o owner) bool { return o.path == s.path && o.imports == p && o.reason != "" })
			if at >= 0 {
				needed[at] = true
				continue
			}
			faults = append(faults, fault{s.path, "uses " + strings.Join(found[p], ", "), rule})
		}
	}
	for i, o := range owners {
		if !needed[i] {
			faults = append(faults, fault{o.path, "owns " + o.imports + " without need or without a reason", "owners() names only what is so, and why"})
		}
	}
	return faults
}

// worldIn lists by package the names of the world that s uses, each with its line. A dot or
// blank import of such a package counts as using all of it.
func worldIn(s goFile) map[string][]string {
	byName := map[string]string{}
	found := map[string][]string{}
	for _, i := range s.imports() {
		switch {
		case seams()[i.path] == nil:
		case i.name == "." || i.name == "_":
			found[i.path] = []string{i.name + " " + i.path}
		default:
			byName[i.name] = i.path
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		if p := byName[x.Name]; p != "" && seams()[p](sel.Sel.Name) {
			found[p] = append(found[p], fmt.Sprintf("%s.%s (line %d)", p, sel.Sel.Name, s.fset.Position(sel.Pos()).Line))
		}
		return true
	})
	return found
}

// stdNames are the last elements of the standard library's import paths as of Go 1.26,
// kept here so that the check needs neither GOROOT nor a process.
const stdNames = `adler32 aes ascii85 asn1 ast atomic base32 base64 big binary bits bufio build buildinfo bytes bzip2
cgi cgo cipher cmp cmplx color comment constant constraint context cookiejar coverage crc32 crc64 crypto cryptotest csv
debug des doc draw driver dsa dwarf ecdh ecdsa ed25519 elf elliptic embed encoding errors exec expvar fcgi filepath
fips140 flag flate fmt fnv format fs fstest gif gob gosym gzip hash heap hex hkdf hmac hpke html http httptest httptrace
httputil image importer io iotest ioutil iter jpeg json jsonrpc list log lzw macho mail maphash maps math md5 metrics
mime mlkem mlkemtest multipart net netip os palette parse parser path pbkdf2 pe pem pkix plan9obj plugin png pprof
printer quick quotedprintable race rand rc4 reflect regexp ring rpc rsa runtime scanner sha1 sha256 sha3 sha512 signal
slices slog slogtest smtp sort sql strconv strings structs subtle suffixarray sync synctest syntax syscall syslog
tabwriter tar template testing textproto time tls token trace types tzdata unicode unique unsafe url user utf16 utf8
version weak x509 xml zip zlib`

// checkNames refuses rooms with no idea in them and rooms that shadow a standard package.
func checkNames(house []goFile) []fault {
	vague := []string{"util", "utils", "common", "helper", "helpers", "type", "types", "model", "models", "base", "misc", "shared"}
	std := strings.Fields(stdNames)
	seen := map[fault]bool{}
	var faults []fault
	for _, s := range house {
		for _, name := range []string{strings.TrimSuffix(s.file.Name.Name, "_test"), path.Base(s.dir())} {
			f := fault{where: s.dir(), wrong: "is a package called " + name}
			switch {
			case slices.Contains(vague, name):
				f.rule = "a room is named for the one noun it gives"
			case slices.Contains(std, name) && s.dir() != "sync": // the corridor's Go is checkArrows' to refuse
				f.rule = "no package is named after a standard one"
			default:
				continue
			}
			if !seen[f] {
				seen[f] = true
				faults = append(faults, f)
			}
		}
	}
	return faults
}

// checkSizes holds 500 lines a file and 70 a function, closures at the top level included.
func checkSizes(house []goFile) []fault {
	const fileMax, funcMax = 500, 70 // lines
	var faults []fault
	for _, s := range house {
		if s.test {
			continue
		}
		if s.lines > fileMax {
			faults = append(faults, fault{s.path, fmt.Sprintf("is %d lines", s.lines), "past 500 lines a file holds two ideas"})
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			name := "a function literal"
			switch f := n.(type) {
			case *ast.FuncDecl:
				name = f.Name.Name
			case *ast.FuncLit:
			default:
				return true
			}
			first, last := s.fset.Position(n.Pos()).Line, s.fset.Position(n.End()).Line
			if long := last - first + 1; long > funcMax {
				faults = append(faults, fault{fmt.Sprintf("%s:%d", s.path, first),
					fmt.Sprintf("%s is %d lines", name, long), "a function fits a screen: at most 70 lines"})
			}
			return false // what it holds is shorter than itself
		})
	}
	return faults
}

// checkTop holds the top level to exactly what the design lists, and dot files.
func checkTop(names []string) []fault {
	want := []string{"LICENSE", "README.md", "cmd", "deploy", "go.mod", "go.sum", "hq", "ledger", "node", "sync"}
	var faults []fault
	for _, name := range names {
		if !slices.Contains(want, name) && name[0] != '.' {
			faults = append(faults, fault{name, "stands at the top level", "the top level holds " + strings.Join(want, " ") + " and dot files"})
		}
	}
	for _, name := range want {
		if !slices.Contains(names, name) {
			faults = append(faults, fault{name, "is missing", "the top level holds exactly " + strings.Join(want, " ")})
		}
	}
	return faults
}

// topNames lists the top level as git has it, so that what is only lying about does not
// count; where there is no git, as the directory has it.
func topNames(ctx context.Context, root string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ls := exec.CommandContext(ctx, "git", "ls-files", "-z")
	ls.Dir = root
	var names []string
	if out, err := ls.Output(); err == nil {
		for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
			if name != "" {
				names = append(names, strings.SplitN(name, "/", 2)[0])
			}
		}
	}
	if len(names) == 0 {
		entries, err := os.ReadDir(root)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// moduleRoot is the module's root, found from the directory that the test runs in.
func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test's directory")
		}
	}
}

// house reads the real house, and fails if it did not see even this file.
func house(t *testing.T) []goFile {
	t.Helper()
	all, err := readHouse(moduleRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(all, func(s goFile) bool { return s.path == "cmd/holdfast/imports_test.go" }) {
		t.Fatalf("read %d files of the house, and not this one", len(all))
	}
	return all
}

func reportFaults(t *testing.T, faults []fault) {
	t.Helper()
	for _, f := range faults {
		t.Error(f)
	}
}

func TestImportsRunDownThePicture(t *testing.T)  { reportFaults(t, checkArrows(house(t))) }
func TestEachLibraryHasOneDoor(t *testing.T)     { reportFaults(t, checkDoors(house(t))) }
func TestOnlyCmdTouchesTheWorld(t *testing.T)    { reportFaults(t, checkSeams(house(t), owners())) }
func TestARoomIsNamedForItsNoun(t *testing.T)    { reportFaults(t, checkNames(house(t))) }
func TestFilesAndFunctionsAreShort(t *testing.T) { reportFaults(t, checkSizes(house(t))) }

func TestTheTopLevelHoldsWhatTheDesignLists(t *testing.T) {
	names, err := topNames(t.Context(), moduleRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	reportFaults(t, checkTop(names))
}
