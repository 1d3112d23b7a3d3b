package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/progress"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger"
)

type auditCmd struct {
	Dir           string `arg:"" name:"path" help:"Folder of a node or HQ server that is not running; or a journal that holdfast journal export wrote, a proof of journal prove, heads of journal heads." type:"path"`
	Archive       string `help:"With a node's folder: the folder of its site in head office's archive (DIR/SITE). Both are audited as one chain from entry 1." type:"existingdir" placeholder:"DIR"`
	evidenceFlags `embed:""`
	passphraseFlags
	JSON bool `name:"json" help:"Print one JSON object as the last line."`

	MemoryMax uint64 `help:"Address space the check may take, in MiB (Linux): a suspect copy can ask for all there is. 0: no limit." placeholder:"MIB"`
}

// auditLine is what an audit prints of one site's journal.
type auditLine struct {
	Site     string `json:"site"`
	Epoch    uint64 `json:"epoch"`
	Seq      uint64 `json:"seq"`
	Hash     string `json:"hash"`
	Entries  uint64 `json:"entries"`
	Accepted uint64 `json:"orders_accepted"`
	Refused  uint64 `json:"orders_refused"`
	Unknown  uint64 `json:"unknown_entries"`
	Trimmed  uint64 `json:"trimmed_seq"`  // the journal was trimmed up to here
	Archived uint64 `json:"archived_seq"` // an archive was read up to here
}

func lineOf(r ledger.AuditReport) auditLine {
	return auditLine{Site: string(r.Site), Epoch: uint64(r.Head.Epoch), Seq: uint64(r.Head.Seq), Hash: r.Head.Hash.String(),
		Entries: r.Entries, Accepted: r.Accepted, Refused: r.Refused, Unknown: r.Unknown,
		Trimmed: uint64(r.Trimmed), Archived: uint64(r.Archived)}
}

// Run checks a node's book, or every journal that an HQ server keeps.
func (c *auditCmd) Run(h *house) error {
	if c.MemoryMax > 0 {
		if err := limitMemory(c.MemoryMax); err != nil {
			return err
		}
	}
	if info, err := os.Stat(c.Dir); err != nil {
		return withHint(fmt.Errorf("%w: audit: %w", errUsage, err), "name a folder, an exported journal, a proof or signed heads")
	} else if !info.IsDir() {
		if c.Archive != "" {
			return fmt.Errorf("%w: --archive goes with a node's folder; a file is whole by itself", errUsage)
		}
		return c.evidence(h)
	}
	if c.evidenceFlags.given() {
		return fmt.Errorf("%w: --heads, --roots and --against go with a file; export the journal first: holdfast journal export", errUsage)
	}
	env, err := c.withKey(h, c.Dir)
	if err != nil {
		return fmt.Errorf("audit %s: %w", c.Dir, err)
	}
	reports, err := auditDir(env, c.Dir, c.Archive, h)
	verdict := "ok"
	if err != nil {
		verdict = err.Error()
	}
	var lines []auditLine
	for _, r := range reports {
		if r.Site == "" { // it was not opened
			continue
		}
		lines = append(lines, lineOf(r))
		if !c.JSON {
			fmt.Fprintf(h.stdout, "%s: %d entries up to %s; %d orders accepted, %d refused%s\n", r.Site, r.Entries, r.Head, r.Accepted, r.Refused, reach(r))
		}
	}
	if c.JSON {
		out := map[string]any{"audit": verdict, "journals": lines}
		if encErr := json.NewEncoder(h.stdout).Encode(out); encErr != nil {
			return encErr
		}
	} else if err == nil {
		fmt.Fprintln(h.stdout, "audit: ok")
	}
	return auditFault(err)
}

// auditFault says what can be done about what an audit met.
func auditFault(err error) error {
	_, said := errors.AsType[*hinted](err)
	switch {
	case err == nil || said || errors.Is(err, errUsage) || strings.Contains(err.Error(), "start the site's node once"):
		return err
	case inUse(err):
		return withHint(err, "an audit needs the book to itself: stop the service that has it open, audit, start it again")
	case errors.Is(err, os.ErrPermission):
		return withHint(err, "audit it as the user that owns the folder")
	}
	return withHint(err, "keep the folder as it is; a node's entries are also at head office")
}

// reach says which entries were not read, and from where others were.
func reach(r ledger.AuditReport) string {
	switch {
	case r.Archived > 0:
		return fmt.Sprintf("; trimmed up to entry %d, archive up to entry %d", r.Trimmed, r.Archived)
	case r.Trimmed > 0:
		return fmt.Sprintf("; trimmed up to entry %d, which the archive has", r.Trimmed)
	default:
		return ""
	}
}

// barFrom is the number of entries from which an audit takes long enough for a bar.
const barFrom = 20_000

// auditDir audits whichever book lies in dir.
func auditDir(env ledger.Env, dir, archive string, h *house) ([]ledger.AuditReport, error) {
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	switch {
	case has(ledger.BookFile):
		var bar *progress.Bar
		tick := func(done, all uint64) {
			if bar == nil {
				if f, ok := h.stderr.(*os.File); ok && all > barFrom {
					bar = progress.ForFile(f, "audit", int64(all), time.Now)
				} else {
					return
				}
			}
			bar.Set(int64(done))
		}
		r, err := ledger.AuditWithArchive(env, dir, archive, tick)
		if bar != nil {
			_ = bar.Finish() // a bar that cannot be drawn changes nothing
		}
		return []ledger.AuditReport{r}, err
	case has(journal.File):
		if archive != "" {
			return nil, fmt.Errorf("%w: --archive goes with a node's folder", errUsage)
		}
		return auditHQ(dir)
	case has(ledger.JournalDir):
		return nil, withHint(fmt.Errorf("audit %s: %s is gone, the journal is not", dir, ledger.BookFile),
			"put a whole copy of "+ledger.BookFile+" in its place, of any age since the journal was last trimmed: what it lacks is read from the journal")
	case has(hq.RaftFile):
		return nil, withHint(fmt.Errorf("audit %s: %s is gone", dir, journal.File),
			"start the server beside its peers: it fetches what it lacks; then audit again")
	}
	return nil, withHint(fmt.Errorf("audit %s: there is no book in it", dir), "name the folder given to holdfast node --dir or holdfast hq --dir")
}
