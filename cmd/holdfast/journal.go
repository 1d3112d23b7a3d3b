package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/transcript"
	"github.com/holdfast-stock/holdfast/sync/anchor"
)

type journalCmd struct {
	Export journalExportCmd `cmd:"" help:"Write a site's journal, as head office has it, to a file for holdfast audit."`
	Heads  journalHeadsCmd  `cmd:"" help:"Have head office sign where journals stand; keep the file where nobody of the company can change it."`
	Prove  journalProveCmd  `cmd:"" help:"Make a small file that shows that a receipt, a transfer or any other entry stands in an exported journal."`
}

// Help stands below the commands.
func (*journalCmd) Help() string {
	return "For an auditor, who trusts no database: holdfast hq ca export once, for the company's roots; journal heads now and then; journal export when a journal is to be checked; " +
		"then, on any machine and without a network, holdfast audit JOURNAL --heads HEADS --roots ROOTS."
}

type journalExportCmd struct {
	access
	Site  string        `arg:"" name:"site" help:"Whose journal."`
	File  string        `arg:"" help:"Where it is written; it must not be there yet." type:"path"`
	Stall time.Duration `help:"How long the server may send nothing before the export is given up." default:"1m"`
	JSON  bool          `name:"json" help:"Print one JSON object as the last line."`
}

// exportedJournal is what is printed of a journal that was exported.
type exportedJournal struct {
	File  string `json:"file"`
	Site  string `json:"site"`
	Head  string `json:"head"`
	Bytes int64  `json:"bytes"`
}

// Run fetches a journal, checking it as it comes.
func (c *journalExportCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	f, err := newFile(c.File)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(h.ctx)
	defer cancel(nil)
	body, err := cl.Stream(ctx, "/v1/journals/"+url.PathEscape(c.Site))
	if err != nil {
		return errors.Join(fmt.Errorf("export journal of %s: %w", c.Site, callFault(err, c.To)), f.drop())
	}
	defer body.Close()
	watch := watchStall(c.Stall, cancel)
	defer watch.stop()
	bar := bar(h.stderr, "journal bytes", 0)
	report, err := transcript.Check(io.TeeReader(&counted{from: body, watch: watch, bar: bar}, f), nil, nil)
	_ = bar.Finish() // a bar that cannot be drawn changes nothing
	if cause := context.Cause(ctx); err != nil && cause != nil && h.ctx.Err() == nil {
		err = cause
	}
	if err == nil && len(report.Faults) > 0 {
		err = withHint(fmt.Errorf("what came is not a sound journal: %s", &report.Faults[0]), "where it was cut off, run it again; where not, ask another server of head office, and keep this one as it is")
	}
	if err == nil && string(report.Header.Site) != c.Site {
		err = withHint(fmt.Errorf("what came is the journal of %s", report.Header.Site), "ask another server of head office")
	}
	if err != nil {
		return errors.Join(fmt.Errorf("export journal of %s: %w", c.Site, err), f.drop())
	}
	size, err := f.keep()
	if err != nil {
		return err
	}
	out := exportedJournal{File: c.File, Site: c.Site, Head: report.Head.String(), Bytes: size}
	return printed(h, c.JSON, out, "%s: journal of %s, %d entries up to %s, %d bytes, sound", c.File, c.Site, report.Head.Seq, out.Head, size)
}

// A wholeFile is written beside its name, and gets it only when it is whole and on the disk.
type wholeFile struct {
	*os.File
	name string
}

func newFile(name string) (*wholeFile, error) {
	if _, err := os.Lstat(name); err == nil {
		return nil, withHint(fmt.Errorf("write %s: it is there already", name), "name another file: what an auditor has is never overwritten")
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	f, err := os.OpenFile(name+".part", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, withHint(fmt.Errorf("%s.part is there already", name), "another export writes it, or one was broken off: then remove it")
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return &wholeFile{f, name}, nil
}

func (f *wholeFile) drop() error { return errors.Join(f.Close(), os.Remove(f.Name())) }

func (f *wholeFile) keep() (int64, error) {
	info, err := f.Stat()
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, errors.Join(err, os.Remove(f.Name()))
	}
	return info.Size(), errors.Join(os.Rename(f.Name(), f.name), syncFolder(filepath.Dir(f.name)))
}

// writeWhole writes a small file.
func writeWhole(name string, raw []byte) error {
	f, err := newFile(name)
	if err != nil {
		return err
	}
	if _, err := f.Write(raw); err != nil {
		return errors.Join(err, f.drop())
	}
	_, err = f.keep()
	return err
}

type journalHeadsCmd struct {
	access
	File string `arg:"" help:"Where the statement is written; it must not be there yet." type:"path"`
	Site string `help:"Only this site's journal." placeholder:"NAME"`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run has the heads signed, and reads what it was given before it is kept.
func (c *journalHeadsCmd) Run(h *house) error {
	raw, s, err := fetchHeads(h, &c.access, url.Values{"site": {c.Site}})
	if err != nil {
		return err
	}
	if err := writeWhole(c.File, raw); err != nil {
		return err
	}
	out := struct {
		File  string   `json:"file"`
		At    string   `json:"at"`
		Heads []string `json:"heads"`
	}{c.File, s.At.Format(time.RFC3339), []string{}}
	for _, v := range s.Heads {
		out.Heads = append(out.Heads, v.String())
	}
	return printed(h, c.JSON, out, "%s: heads of %d journals, signed at %s", c.File, len(s.Heads), out.At)
}

// fetchHeads asks for signed heads, which are believed under the roots that the line was believed by.
func fetchHeads(h *house, a *access, q url.Values) (raw []byte, s anchor.Statement, err error) {
	if q.Get("site") == "" {
		q.Del("site")
	}
	cl, err := a.client()
	if err != nil {
		return nil, s, err
	}
	answer, err := cl.Do(h.ctx, http.MethodGet, "/v1/heads?"+q.Encode(), "", nil, nil)
	if err != nil {
		return nil, s, fmt.Errorf("have heads signed: %w", callFault(err, a.To))
	}
	roots, err := a.roots()
	if err == nil && len(roots) == 0 {
		err = withHint(fmt.Errorf("have heads signed: %w: what is signed cannot be checked without the company's roots", errUsage), "give --ca: ca.pem in a server's or node's folder, or what holdfast hq ca export prints")
	}
	if err == nil {
		s, _, err = anchor.Open(answer.Body, roots)
	}
	return answer.Body, s, err
}

type journalProveCmd struct {
	access
	Journal string `arg:"" help:"An exported journal." type:"existingfile"`
	File    string `arg:"" help:"Where the proof is written; it must not be there yet." type:"path"`
	Ref     string `help:"What is to be proved, by its reference: the id of a receipt, transfer, order or count, or the name of a delivery. Its first entry, or with --last its last." placeholder:"ID"`
	Last    bool   `help:"With --ref: the last entry of that reference."`
	Seq     uint64 `help:"What is to be proved, by the entry's number." placeholder:"N"`
	JSON    bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run finds the entry in the file, and has head office sign it.
func (c *journalProveCmd) Run(h *house) error {
	if (c.Ref == "") == (c.Seq == 0) {
		return fmt.Errorf("%w: name --ref or --seq", errUsage)
	}
	f, err := os.Open(c.Journal)
	if err != nil {
		return err
	}
	defer f.Close() // read only: nothing can be lost
	frame, seq, err := transcript.Find(f, ledger.Seq(c.Seq), c.Ref, c.Last)
	if errors.Is(err, transcript.ErrNoEntry) {
		return withHint(fmt.Errorf("prove: %w", err), "the file may be older than the entry: export the journal again; or the entry is another site's")
	}
	if err != nil {
		return fmt.Errorf("prove: read %s: %w", c.Journal, err)
	}
	raw, _, err := fetchHeads(h, &c.access, url.Values{"site": {string(frame.Site)}, "seq": {strconv.FormatUint(uint64(seq), 10)}})
	if err != nil {
		return err
	}
	path, err := anchor.Path([]*ledger.Frame{frame}, seq, seq)
	if err != nil {
		return err
	}
	p := anchor.Proof{Path: path, Statement: raw}
	roots, err := c.roots()
	if err != nil {
		return err
	}
	shown, err := p.Verify(roots)
	if err != nil {
		return withHint(fmt.Errorf("prove entry %d of %s: %w", seq, frame.Site, err), "head office's journal has another entry there than the file: audit the file")
	}
	if err := writeWhole(c.File, p.Marshal()); err != nil {
		return err
	}
	return printed(h, c.JSON, provenOf(&shown), "%s: %s", c.File, provenText(&shown))
}

// proven is what is printed of what a proof shows.
type proven struct {
	Site     string `json:"site"`
	Seq      uint64 `json:"seq"`
	Kind     string `json:"kind"`
	At       string `json:"at"`
	Actor    string `json:"actor,omitempty"`
	Device   string `json:"device,omitempty"`
	Approver string `json:"approver,omitempty"`
	Ref      string `json:"ref,omitempty"`
	Hash     string `json:"hash"`
	SignedBy string `json:"signed_by"`
	SignedAt string `json:"signed_at"`
}

func provenOf(p *anchor.Proven) proven {
	e := p.Entry
	return proven{Site: string(p.Site), Seq: uint64(e.Seq), Kind: e.Kind.String(), At: e.At.UTC().Format(time.RFC3339Nano), Actor: e.Actor, Device: e.Device, Approver: e.Approver,
		Ref: e.Ref, Hash: p.Hash.String(), SignedBy: p.By.String(), SignedAt: p.At.UTC().Format(time.RFC3339)}
}

func provenText(p *anchor.Proven) string {
	v := provenOf(p)
	text := fmt.Sprintf("entry %d of %s, %s %q of %s by %s", v.Seq, v.Site, v.Kind, v.Ref, v.At, or(v.Actor, "nobody named"))
	if v.Device != "" {
		text += " at " + v.Device
	}
	if v.Approver != "" {
		text += ", approved by " + v.Approver
	}
	return text + fmt.Sprintf("; signed by %s at %s", v.SignedBy, v.SignedAt)
}
