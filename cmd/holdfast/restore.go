package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/progress"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/backup"
	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/vault"
)

type restoreCmd struct {
	File   string   `arg:"" help:"What holdfast backup has written." type:"existingfile"`
	Dir    string   `arg:"" help:"Folder to make; it must not be there yet, or be empty." type:"path"`
	Erased []string `help:"File with the ids of customers who were erased since, one a line, as holdfast erasure ids prints it: nothing of them comes back. May be given more than once." placeholder:"FILE" type:"existingfile"`
	Nobody bool     `name:"nobody-erased" help:"No customer was erased since the backup: you say so, and a restored head office keeps it in its record."`
	JSON   bool     `name:"json" help:"Print one JSON object as the last line."`
	passphraseFlags

	Join     string `help:"Join token of the site, where only head office opens the backup's book: the restored node gets its certificate by it, here and now, and asks for the key." placeholder:"TOKEN" env:"HOLDFAST_JOIN"`
	JoinFile string `help:"File with that token; a command line can be read by every user of the machine." placeholder:"FILE" type:"existingfile"`
	Listen   string `help:"With --join: where the restored node will serve, for example 10.20.0.10:8080; its certificate says so." placeholder:"ADDR"`
}

// Help stands below the flags' usage.
func (*restoreCmd) Help() string {
	return "Nothing is ever overwritten. The folder gets its name only when all of the backup was read, checked, audited and brought to the disk: one that was broken off " +
		"leaves a folder called .DIR.restoring-*, which can be removed. Start the restored server in place of the old one, never beside it. " +
		"A head office with customers, or a shop with some that stands alone, is restored only where somebody says who of them was erased since: with --erased, or with --nobody-erased."
}

// restoreLine is what a restore prints.
type restoreLine struct {
	backupLine
	Dir   string   `json:"dir"`
	Audit string   `json:"audit"`
	State string   `json:"state"` // quarantined, open or new_life
	Next  []string `json:"next"`

	env    ledger.Env // with the key of a sealed book
	opener *restoreCmd

	since *hq.Since // who asked to be forgotten since; nil: nobody has said
}

// Run restores.
func (c *restoreCmd) Run(h *house) error {
	dir := filepath.Clean(c.Dir)
	if c.Nobody && len(c.Erased) > 0 {
		return fmt.Errorf("%w: --erased says who was erased, and --nobody-erased that nobody was", errUsage)
	}
	if err := mustBeFree(dir); err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer f.Close() // read only
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	shown := bar(h.stderr, "restore bytes", info.Size())
	r, err := backup.NewReader(&shownReader{bufio.NewReaderSize(f, 1<<20), shown})
	if err != nil {
		return backupFault(fmt.Errorf("restore %s: %w", c.File, err))
	}
	erased, err := readErased(c.Erased)
	if err != nil {
		return fmt.Errorf("restore %s: %w", c.File, err)
	}
	line := restoreLine{backupLine: backupLineOf(c.File, r.Header(), info.Size()), Dir: dir, Audit: "ok", env: world.New(), opener: c}
	if c.Nobody || len(c.Erased) > 0 {
		line.since = &hq.Since{Erased: erased}
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".restoring-")
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	err = line.fill(h, r, part)
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
	if err == nil {
		_, err = auditDir(line.env, part, "", h)
	}
	if err == nil {
		err = named(part, dir)
	}
	if err != nil {
		return backupFault(fmt.Errorf("restore %s: %w", c.File, errors.Join(err, os.RemoveAll(part))))
	}
	return line.print(h, c.JSON)
}

// mustBeFree refuses a folder with anything in it.
func mustBeFree(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("restore to %s: %w", dir, err)
	case len(entries) > 0:
		return withHint(fmt.Errorf("restore to %s: it is not empty, and a restore overwrites nothing", dir),
			"name a new folder, or move the old one away first: it is evidence, and its journal may hold what nobody else has")
	}
	return nil
}

// fill writes the folder and notes what it is and what happens next.
func (l *restoreLine) fill(h *house, r *backup.Reader, part string) error {
	var erased []ledger.CustomerID
	if l.since != nil {
		erased = l.since.Erased
	}
	switch l.Kind {
	case backup.KindNode:
		got, err := node.Restore(l.env, r, part, func(file *vault.File) (key *sealed.Key, err error) {
			key, err = l.opener.open(h, l.env, file, part)
			l.env.Sealing.Key = key
			return key, err
		}, erased...)
		if err != nil {
			return err
		}
		if got.Customers > 0 && l.since == nil {
			return untold(&hq.UntoldError{Customers: got.Customers, At: r.Header().At})
		}
		if got.Standalone {
			l.State = "open"
			l.Next = []string{
				fmt.Sprintf("start it as before: it sells at once, under epoch %d", got.Head.Epoch),
				"what was sold or came in after " + l.At + " is not in it: count the shelves, and enter what differs",
			}
		} else {
			l.State = "quarantined"
			l.Next = []string{
				"start it as before, with --hq: it promises nothing until head office has given it an epoch and what it lacks; that is automatic",
				"goods in the customer's hand can be sold meanwhile; then count what moved lately",
			}
		}
	case backup.KindHQ:
		_, err := hq.Restore(h.ctx, world.New(), r, part, slog.New(slog.DiscardHandler), l.since)
		if no, ok := errors.AsType[*hq.UntoldError](err); ok {
			return untold(no)
		}
		if err != nil {
			return err
		}
		l.State = "new_life"
		if _, err := os.Stat(filepath.Join(part, enrol.RootsFile)); err == nil { // it had an authority
			l.Next = []string{"put " + hq.AuthorityFile + ", which is in no backup, into " + l.Dir + ", mode 0600: the newest copy; one of before a rotation that the backup has heard of does not start"}
		}
		l.Next = append(l.Next, []string{
			"make sure that no other server of this head office runs: where most of them are well, keep those, and let this one join with a new folder",
			"start it without --join: it is a cluster of one and begins a new life before it answers anybody",
			"start the others with new folders and --join; never start their old ones",
			"nothing is allocated from a site until the sites have sent their journals again and attested: holdfast site list shows it, holdfast site waive ends the wait for one",
			"who was disabled, which devices were lost and which tokens ended after " + l.At + " stay turned away at sites that had heard of it, and here once such a site is heard: holdfast exception list says what was learnt (users_learnt), and from which",
			"what no site had heard is forgotten, such as a user of head office alone who was disabled: say it again before you open (holdfast user disable, device lost)",
		}...)
	}
	if os.Geteuid() == 0 {
		l.Next = append([]string{"give the folder to the user that runs it: chown -R USER " + l.Dir}, l.Next...)
	}
	l.Next = append(l.Next, "the server that this is a copy of must never run again beside it")
	return nil
}

// untold says what is to be done where nobody has said who was erased since the backup.
func untold(err *hq.UntoldError) error {
	return withHint(err, "holdfast erasure ids prints who was, of head office or of any node that is well: restore again with --erased FILE; where nobody was, with --nobody-erased")
}

// readErased reads files with the id of a customer on each line.
func readErased(files []string) (out []ledger.CustomerID, err error) {
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		lines, before := bufio.NewScanner(f), len(out)
		for n := 1; lines.Scan(); n++ {
			id := strings.TrimSpace(lines.Text())
			if id == "" {
				continue
			}
			c, err := ledger.ParseCustomer(id)
			if err != nil {
				return nil, withHint(errors.Join(fmt.Errorf("%s line %d: %w", path, n, err), f.Close()), "each line is one customer's id, as holdfast erasure ids prints them")
			}
			out = append(out, c)
		}
		if err := errors.Join(lines.Err(), f.Close()); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if len(out) == before { // as a call that was refused leaves the file that its answer was to go to
			return nil, withHint(fmt.Errorf("%s names nobody", path), "holdfast erasure ids prints who was erased, into it; where nobody was, restore with --nobody-erased")
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// named gives the finished folder its name, and brings that to the disk.
func named(part, dir string) error {
	if err := mustBeFree(dir); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) { // it is empty
		return err
	}
	return errors.Join(os.Rename(part, dir), syncFolder(filepath.Dir(dir)))
}

func (l *restoreLine) print(h *house, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(l)
	}
	state := map[string]string{"quarantined": "in quarantine", "open": "open", "new_life": "a head office that begins a new life"}[l.State]
	fmt.Fprintf(h.stdout, "restored %s\ninto %s: whole, audited, %s\n", l.what(), l.Dir, state)
	for i, step := range l.Next {
		fmt.Fprintf(h.stdout, "  %d. %s\n", i+1, step)
	}
	return nil
}

// shownReader shows how far a reader has come.
type shownReader struct {
	io.Reader
	bar *progress.Bar
}

func (s *shownReader) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.bar.Add(int64(n))
	return n, err
}
