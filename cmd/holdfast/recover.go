package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
)

type recoverCmd struct {
	Dir    string `help:"Folder of the surviving server, which must not run." required:"" placeholder:"DIR" type:"existingdir"`
	DryRun bool   `help:"Only look: which servers are lost, what this one has. Of several survivors recover the one with the highest term, then the highest index."`
	Force  bool   `help:"Go on although another server of the cluster answers."`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Help stands below the flags' usage.
func (*recoverCmd) Help() string {
	return "For an HQ that has lost more servers than it can spare, for good. The server becomes a cluster of one that begins a new life of head office at its next start; " +
		"sites go on selling all the while, and send again what it lacks. Two of three servers that are well need none of this: they are a majority."
}

// recoverLine is what a recovery prints.
type recoverLine struct {
	hq.Stand
	Dir       string         `json:"dir"`
	Server    string         `json:"server"`
	Term      uint64         `json:"term"`
	Lost      []hq.ServerRow `json:"lost"`
	Recovered bool           `json:"recovered"`
	Next      []string       `json:"next"`
}

// probeWait is how long another server has to show that it lives.
const probeWait = 2 * time.Second

// Run recovers.
func (c *recoverCmd) Run(h *house) (err error) {
	v, err := hq.Survive(world.New(), c.Dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return recoverFault(err, c.Dir)
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	line := recoverLine{Stand: v.Stand(), Dir: c.Dir, Server: v.ID(), Term: v.Term(), Lost: v.Others()}
	if len(line.Lost) == 0 && !c.DryRun {
		return withHint(fmt.Errorf("recover %s: the server is a cluster of one already", c.Dir), "start it")
	}
	if !c.DryRun && !c.Force {
		for _, s := range line.Lost {
			if lives(h, s.URL) {
				return withHint(fmt.Errorf("recover %s: server %s at %s answers", c.Dir, s.Name, s.URL),
					"if most of the servers can run, start them and leave this be; else stop that one, and compare both with --dry-run")
			}
		}
	}
	if !c.DryRun {
		if err := v.Recover(); err != nil {
			return withHint(err, "nothing of the state is lost: see to the disk, then run it again")
		}
		line.Recovered = true
		line.Next = []string{
			"start it as before, without --join and --bootstrap: it begins a new life before it answers anybody",
			"move the folders of the lost servers away and never start them: two of them would be the old head office",
			"start the others with new folders and --join TOKEN, of holdfast hq token add hq, or on loopback without TLS --join URL and --token-file: they fetch all they need",
			"sites send again what this server lacks; orders that only the lost servers had are gone, and a client that sends its order again under its key gets it placed",
			"nothing is allocated from a site until the sites have attested: holdfast site list shows it",
		}
	}
	return line.print(h, c.JSON)
}

// lives says whether somebody answers at a server's address.
func lives(h *house, url string) bool {
	if url == "" {
		return false
	}
	r, err := http.NewRequestWithContext(h.ctx, http.MethodGet, strings.TrimRight(url, "/")+"/healthz", nil)
	if err != nil {
		return false
	}
	res, err := client.NewHTTP(probeWait).Do(r)
	if _, answers := errors.AsType[*tls.CertificateVerificationError](err); answers {
		return true // under the company's own authority: whom this program believes does not matter here
	}
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

func recoverFault(err error, dir string) error {
	switch {
	case inUse(err):
		return withHint(err, "stop the server that has it open (systemctl stop holdfast-hq)")
	case errors.Is(err, hq.ErrNoPast):
		return withHint(err, "name the folder given to holdfast hq --dir; a new server joins with --join, a lost head office comes back with holdfast restore")
	case errors.Is(err, hq.ErrNotMember):
		return withHint(err, "recover another server's folder; start this one with a new folder and --join")
	}
	return withHint(err, "keep "+dir+" as it is; another server's folder, or holdfast restore of a backup, are the other ways")
}

func (l *recoverLine) print(h *house, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(l)
	}
	fmt.Fprintf(h.stdout, "server %s has life %d of head office up to term %d, index %d: %d orders, %d items\n", l.Server, l.Life, l.Term, l.Index, l.Orders, l.Items)
	for _, s := range l.Sites {
		fmt.Fprintf(h.stdout, "  site %s: its journal up to entry %d of epoch %d\n", s.Site, s.Seq, s.Epoch)
	}
	for _, s := range l.Lost {
		fmt.Fprintf(h.stdout, "  the cluster's other server %s, %s\n", s.Name, s.URL)
	}
	if !l.Recovered {
		fmt.Fprintln(h.stdout, "nothing was changed")
		return nil
	}
	fmt.Fprintln(h.stdout, "recovered: it is a cluster of one now")
	for i, step := range l.Next {
		fmt.Fprintf(h.stdout, "  %d. %s\n", i+1, step)
	}
	return nil
}
