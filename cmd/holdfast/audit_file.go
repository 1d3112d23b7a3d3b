package main

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/progress"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/transcript"
	"github.com/holdfast-stock/holdfast/sync/anchor"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// evidenceFlags are what files are held against.
type evidenceFlags struct {
	Heads   []string `help:"With an exported journal: files of journal heads. The journal has to pass through each head of its site's. May be given again." placeholder:"FILE" type:"existingfile"`
	Roots   string   `help:"The company's roots, PEM, as holdfast hq ca export printed them to you: whom signatures are believed by." placeholder:"FILE" type:"existingfile"`
	Against string   `help:"With an exported journal: another copy of it. The first entry that is not the same is named, and what differs." placeholder:"FILE" type:"existingfile"`
}

func (f *evidenceFlags) given() bool { return len(f.Heads) > 0 || f.Roots != "" || f.Against != "" }

// fileAudit is what is printed of a file that was audited.
type fileAudit struct {
	Audit    string             `json:"audit"` // ok, or what is wrong in one line
	Journal  *auditLine         `json:"journal,omitempty"`
	First    uint64             `json:"first_seq,omitempty"`
	Folded   bool               `json:"folded"`              // every balance and claim was worked out anew
	Signed   int                `json:"signed_heads"`        // that the journal passes through
	SignedTo uint64             `json:"signed_to,omitempty"` // the last entry that one of them is of
	Company  string             `json:"company,omitempty"`   // whose servers have signed them
	SignedBy []string           `json:"signed_by,omitempty"` // who has signed, and when
	Faults   []transcript.Fault `json:"faults,omitempty"`
	FaultsIn int                `json:"faults_all,omitempty"` // those that are not listed, too
	Proof    *proven            `json:"proof,omitempty"`
	Heads    []string           `json:"heads,omitempty"`
}

// evidence audits a file, by nothing but what it holds and the files that are named with it.
func (c *auditCmd) evidence(h *house) error {
	f, err := os.Open(c.Dir)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	defer f.Close() // read only: nothing can be lost
	head := make([]byte, len(transcript.Magic))
	n, _ := io.ReadFull(f, head) // a shorter file is no journal
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	out := fileAudit{Audit: "ok"}
	var roots []*x509.Certificate
	if roots, err = c.roots(); err == nil {
		if string(head[:n]) == transcript.Magic {
			err = c.journal(h, f, roots, &out)
		} else {
			err = c.signedFile(f, roots, &out)
		}
	}
	if err != nil {
		out.Audit = err.Error()
	}
	if c.JSON {
		if encErr := json.NewEncoder(h.stdout).Encode(out); encErr != nil {
			return encErr
		}
	} else {
		c.say(h, &out, err == nil)
	}
	return err
}

func (c *auditCmd) roots() ([]*x509.Certificate, error) {
	if c.Roots == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(c.Roots)
	if err != nil {
		return nil, fmt.Errorf("read roots: %w", err)
	}
	return authority.ParseCerts(raw)
}

// needRoots is said where a signature has to be believed and nobody says by whom.
func needRoots(roots []*x509.Certificate) error {
	if len(roots) > 0 {
		return nil
	}
	return withHint(fmt.Errorf("%w: --roots is missing: whose signature is to be believed?", errUsage), "holdfast hq ca export --to HQ > roots.pem, once, over a line that you trust")
}

func (c *auditCmd) journal(h *house, f *os.File, roots []*x509.Certificate, out *fileAudit) error {
	var pins []ledger.Head
	for _, name := range c.Heads {
		if err := needRoots(roots); err != nil {
			return err
		}
		raw, err := readSmall(name)
		var s anchor.Statement
		if err == nil {
			var by identity.Name
			s, by, err = anchor.Open(raw, roots)
			out.SignedBy = append(out.SignedBy, fmt.Sprintf("%s at %s", by, s.At.UTC().Format(time.RFC3339)))
			pins = append(pins, s.Heads...)
		}
		if err == nil && out.Company != "" && out.Company != s.Company {
			err = fmt.Errorf("it is of company %s, the one before of %s", s.Company, out.Company)
		}
		if err != nil {
			return withHint(fmt.Errorf("heads %s: %w", name, err), "a statement that is not believed proves nothing: is it of this company, and are the roots?")
		}
		out.Company = s.Company
	}
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	var tick func(int64)
	if e, ok := h.stderr.(*os.File); ok && info.Size() > barBytes {
		bar := progress.ForFile(e, "audit bytes", info.Size(), time.Now)
		tick = bar.Set
		defer bar.Finish()
	}
	r, err := transcript.Check(f, pins, tick)
	if err != nil {
		return withHint(fmt.Errorf("audit %s: %w", c.Dir, err), "a journal is what holdfast journal export writes")
	}
	line := lineOf(r.Law)
	line.Site, line.Epoch, line.Seq, line.Hash = string(r.Head.Site), uint64(r.Head.Epoch), uint64(r.Head.Seq), r.Head.Hash.String()
	out.Journal, out.First, out.Folded, out.Signed, out.SignedTo, out.Faults, out.FaultsIn = &line, uint64(r.Header.First), r.Folded, r.Pinned, uint64(r.Signed), r.Faults, r.Found
	if c.Against != "" {
		if err := c.against(f, out); err != nil {
			return err
		}
	}
	if len(out.Faults) > 0 {
		return withHint(fmt.Errorf("audit %s: %s", c.Dir, &out.Faults[0]), "keep the file as it is; export the journal again, from another server of head office, and hold one against the other with --against")
	}
	if len(c.Heads) > 0 && r.Pinned == 0 {
		return withHint(fmt.Errorf("audit %s: no head of %s was signed in what --heads names", c.Dir, r.Head.Site), "name heads that head office has signed of this site")
	}
	if r.Header.First > 1 && r.Pinned == 0 {
		return withHint(fmt.Errorf("audit %s: it is a PART of a journal: it begins at entry %d, and nothing that was signed joins it to what stands before", c.Dir, r.Header.First),
			"its chain holds from there on, which whoever writes a whole part anew can have, too: name heads that were signed of entries in it with --heads and --roots, or export the journal from entry 1 on")
	}
	return nil
}

// barBytes is the size of a file from which an audit takes long enough for a bar.
const barBytes = 8 << 20

func (c *auditCmd) against(f *os.File, out *fileAudit) error {
	other, err := os.Open(c.Against)
	if err != nil {
		return fmt.Errorf("audit against: %w", err)
	}
	defer other.Close() // read only: nothing can be lost
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	fault, err := transcript.Compare(f, other)
	if err != nil {
		return withHint(fmt.Errorf("audit %s against %s: %w", c.Dir, c.Against, err), "audit each by itself first")
	}
	if fault != nil {
		out.Faults = append(out.Faults, *fault)
		out.FaultsIn++
	}
	return nil
}

// signedFile audits a proof, or signed heads.
func (c *auditCmd) signedFile(f *os.File, roots []*x509.Certificate, out *fileAudit) error {
	if len(c.Heads) > 0 || c.Against != "" {
		return fmt.Errorf("%w: --heads and --against go with an exported journal", errUsage)
	}
	raw, err := readSmall(f.Name())
	if err != nil {
		return err
	}
	switch {
	case !anchor.IsProof(raw) && !anchor.Is(raw):
		return withHint(fmt.Errorf("audit %s: it is no exported journal, no proof and no signed heads", c.Dir), "holdfast journal --help says how they are made")
	case needRoots(roots) != nil:
		return needRoots(roots)
	case anchor.IsProof(raw):
		p, err := anchor.ParseProof(raw)
		if err == nil {
			var shown anchor.Proven
			if shown, err = p.Verify(roots); err == nil {
				v := provenOf(&shown)
				out.Proof = &v
				return nil
			}
		}
		return withHint(fmt.Errorf("audit %s: the proof does not hold: %w", c.Dir, err), "what it says is not shown by it; have it made again: holdfast journal prove")
	}
	s, by, err := anchor.Open(raw, roots)
	if err != nil {
		return withHint(fmt.Errorf("audit %s: the statement is not believed: %w", c.Dir, err), "is it of this company, and are the roots?")
	}
	out.Heads = []string{fmt.Sprintf("signed by %s at %s", by, s.At.Format(time.RFC3339))}
	for _, head := range s.Heads {
		out.Heads = append(out.Heads, head.String())
	}
	return nil
}

// readSmall reads a file that is bounded.
func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only: nothing can be lost
	raw, err := io.ReadAll(io.LimitReader(f, anchor.FileMax+1))
	if err == nil && len(raw) > anchor.FileMax {
		err = errors.New("read " + name + ": it is too large for what it should be")
	}
	return raw, err
}

// say prints what was found, for people.
func (c *auditCmd) say(h *house, out *fileAudit, ok bool) {
	for i := range out.Faults {
		fmt.Fprintln(h.stdout, "FAULT "+out.Faults[i].String())
	}
	if more := out.FaultsIn - len(out.Faults); more > 0 {
		fmt.Fprintf(h.stdout, "and %d more\n", more)
	}
	if j := out.Journal; j != nil {
		how := "every balance and claim worked out anew"
		if !out.Folded {
			how = "the chain alone"
		}
		fmt.Fprintf(h.stdout, "%s: entries %d to %d; %s; it passes through %d signed heads\n", j.Site, out.First, j.Seq, how, out.Signed)
		if out.First > 1 {
			fmt.Fprintf(h.stdout, "a PART of a journal: entries 1 to %d are not in it, and nobody has looked at them or at what was there then\n", out.First-1)
		}
		if out.SignedTo > 0 {
			fmt.Fprintf(h.stdout, "entries %d to %d of %s are what company %s has signed (%s)\n", out.First, out.SignedTo, j.Site, out.Company, strings.Join(out.SignedBy, "; "))
		}
		if out.SignedTo > 0 && out.SignedTo < j.Seq {
			fmt.Fprintf(h.stdout, "entries %d to %d were not signed when the heads were taken: take later heads to have them, too\n", out.SignedTo+1, j.Seq)
		}
		if ok && out.Signed == 0 {
			fmt.Fprintln(h.stdout, "nothing that was signed was given: whoever can write a whole journal anew is not found out without --heads or --against")
		}
	}
	if p := out.Proof; p != nil {
		fmt.Fprintf(h.stdout, "entry %d of %s stands in its journal: %s %s at %s by %s%s%s; signed by %s at %s\n", p.Seq, p.Site, p.Kind, p.Ref, p.At,
			or(p.Actor, "nobody named"), said(" at ", p.Device), said(", approved by ", p.Approver), p.SignedBy, p.SignedAt)
	}
	if len(out.Heads) > 0 {
		fmt.Fprintln(h.stdout, strings.Join(out.Heads, "\n"))
	}
	if ok {
		fmt.Fprintln(h.stdout, "audit: ok")
	}
}

func said(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}
