package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/pprof"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// service is what node and hq have in common on the command line.
type service struct {
	Config   configFile `help:"JSON file with any of these settings, by their names with _ for -. What the command line says goes first." placeholder:"FILE"`
	LogLevel string     `help:"Least that is logged, as JSON lines on stderr: ${enum}." enum:"debug,info,warn,error" default:"info"`

	CPUProfile string `name:"cpu-profile" help:"Write where this process spends its processor time to FILE until it stops, for go tool pprof." placeholder:"FILE"`

	CallerRate      int `help:"Requests a second of one device, program or person, over a few seconds; more are told to come again. The owner's token has no such limit. Default 500." placeholder:"N"`
	CallerRequests  int `help:"Requests of one of them that are served at once. Default 64." placeholder:"N"`
	AddressRate     int `help:"Requests a second from one address that show nobody who is known: sign-ins, guesses. Default 50." placeholder:"N"`
	AddressRequests int `help:"Such requests that are served at once. Default 16." placeholder:"N"`
	Connections     int `help:"Connections kept at once; a quarter of them are for those who have not shown who they are, of whom the oldest gives way. Default 4096 of a node, 16384 of head office, and never more than this process may open." placeholder:"N"`
}

// limits are the door's, as they were set. Connections are what files leave room for: the book, its line and the archive
// have a quarter.
func (s *service) limits() door.Bounds {
	return door.Bounds{CallerRate: s.CallerRate, CallerAtOnce: s.CallerRequests, AddressRate: s.AddressRate, AddressAtOnce: s.AddressRequests,
		Connections: s.Connections, Files: filesMax() * 3 / 4}
}

// Help stands below the flags' usage of both commands.
func (*service) Help() string {
	return "Memory: what may lie about between two collections is three times what is live up to 48 MiB, at a node as much as is live up to 128 MiB, at a head office server up to 160 MiB, " +
		"and three tenths of what is live where that is more; 10 seconds after a burst what it left is given back. GOGC in the environment goes before the first, GOMEMLIMIT is kept to."
}

// A configFile gives settings that the command line does not.
type configFile string

// configMax bounds a configuration file, in bytes.
const configMax = 1 << 20

// BeforeResolve is called by the parser once the command line is read. It refuses a setting that
// nobody reads: misspelt, it would be a default in disguise.
func (configFile) BeforeResolve(ctx *kong.Context, trace *kong.Path) error {
	path := string(ctx.FlagValue(trace.Flag).(configFile))
	f, err := os.Open(kong.ExpandPath(path))
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	defer f.Close() // read only: nothing can be lost
	raw, err := io.ReadAll(io.LimitReader(f, configMax))
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	var settings map[string]json.RawMessage
	if err := json.Unmarshal(raw, &settings); err != nil {
		return fmt.Errorf("read settings %s: %w", path, err)
	}
	for name := range settings {
		known := false
		for _, flag := range ctx.Selected().Flags {
			known = known || flag != trace.Flag && strings.ReplaceAll(flag.Name, "-", "_") == name
		}
		if !known {
			return fmt.Errorf("read settings %s: there is no setting %q for %s", path, name, ctx.Selected().Name)
		}
	}
	resolver, err := kong.JSON(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("read settings %s: %w", path, err)
	}
	ctx.AddResolver(resolver)
	return nil
}

func (s *service) logger(out io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		panic("cmd: log level that the parser let through: " + s.LogLevel)
	}
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level}))
}

// registry holds this process's own figures and those of the disk that dir lies on; the room adds the rest.
func registry(dir string) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	for name, help := range map[string]string{"holdfast_disk_free_bytes": "Room on the disk of the server's folder.", "holdfast_disk_size_bytes": "Size of that disk."} {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			free, size := diskRoom(dir)
			if name == "holdfast_disk_free_bytes" {
				return free
			}
			return size
		}))
	}
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return reg
}

// profiled runs serve, and writes meanwhile where its processor time goes, where that is asked for.
func (s *service) profiled(serve func() error) (err error) {
	if s.CPUProfile == "" {
		return serve()
	}
	f, err := os.Create(s.CPUProfile)
	if err != nil {
		return withHint(fmt.Errorf("write profile: %w", err), "name a file in a folder that is there with --cpu-profile, or leave it out")
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	return serve()
}

// invalid makes one line of all that Validate says, as a wrong call.
func invalid(err error) error {
	return fmt.Errorf("%w: %s", errUsage, oneLine(err))
}

// startFault says what can be done about a server that does not start. what is node or hq.
func startFault(err error, what, dir, listen string) error {
	form, isForm := errors.AsType[*ledger.FormError](err)
	_, isDamage := errors.AsType[*ledger.DamageError](err)
	_, isOld := errors.AsType[*hq.OldAuthorityError](err)
	switch {
	case inUse(err):
		return withHint(err, fmt.Sprintf("stop the service that has it open (systemctl stop holdfast-%s), or name another --dir", what))
	case errors.Is(err, node.ErrJoined):
		return withHint(err, "give --hq in place of --standalone; it sells through an outage all the same")
	case errors.Is(err, hq.ErrPlain), errors.Is(err, node.ErrPlain):
		return withHint(err, plainWayOut(what, dir))
	case isOld:
		return withHint(err, oldWayOut(dir))
	case errors.Is(err, hq.ErrNewLifeJoins):
		return withHint(err, "start it without --join; the other servers join this one, with new folders")
	case isForm && form.Field == "site":
		return withHint(err, "give --site as the book has it, or another --dir: a book belongs to one site for ever")
	case isDamage:
		return withHint(err, "keep the folder as it is; holdfast audit "+dir+" says more, and what was shared is also at head office")
	case errors.Is(err, syscall.EADDRINUSE):
		return withHint(err, "something else listens on "+listen+": stop it, or give another address")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return withHint(err, "this machine does not have the address "+listen+": give one of its own, or 0.0.0.0")
	case errors.Is(err, os.ErrPermission):
		return withHint(err, "start it as the user that owns "+dir+"; a port below 1024 needs rights of its own")
	case errors.Is(err, syscall.ENOSPC):
		return withHint(err, "make room on the disk of "+dir+"; what was answered is safe")
	}
	return err
}

// inUse says whether another process has the files open.
func inUse(err error) bool { return errors.Is(err, ledger.ErrClosed) }

// plainWayOut says how a server that may not speak in the clear gets its certificates. what is node or hq.
func plainWayOut(what, dir string) string {
	if what == "node" {
		return "holdfast hq token add NAME at head office prints a join token: start the node once with --join TOKEN, or listen on 127.0.0.1"
	}
	return "another server of a head office joins by a token (holdfast hq token add hq there, --join TOKEN here); one that has a past begins an authority: holdfast hq ca init --dir " + dir + "; or listen on 127.0.0.1"
}

// oldWayOut says what is done where a server's authority is an old copy.
func oldWayOut(dir string) string {
	return "where another server is well: holdfast hq token add hq there, and start this one once with --join TOKEN. Else put the newest copy of " + hq.AuthorityFile + " into " + dir +
		", mode 0600 (holdfast hq ca check FILE says of a copy whether it is). Where there is no newer one: remove " + dir + "/ca.pem and start again; nodes that know only the newer root then each need holdfast hq token add NAME"
}
