package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"golang.org/x/term"
	"rsc.io/qr"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/authority"
)

// hqGroup is head office on the command line: its servers, and what an operator does with who may speak for whom.
type hqGroup struct {
	Serve hqCmd      `cmd:"" default:"withargs" help:"Run one head office server; the word may be left out."`
	Site  siteCmd    `cmd:"" help:"What an operator does to sites, as holdfast site."`
	Token tokenCmd   `cmd:"" help:"Join tokens: they get a node or a server its first certificate."`
	CA    authorised `cmd:"" name:"ca" help:"The company's certificate authority."`
}

// Help stands below the commands.
func (*hqGroup) Help() string {
	return "A server: holdfast hq --dir DIR --name hq-1 --listen ADDR --raft-listen ADDR --bootstrap, with --archive DIR for a copy of every site's journal; holdfast hq serve --help has the rest. " +
		"Where it listens on another address than loopback, servers and sites speak TLS 1.3 and prove themselves by certificates of its own authority. " +
		"Another one joins by a token: holdfast hq token add hq on this one, holdfast hq --join TOKEN with its own --dir, --name, --listen and --raft-listen there."
}

type tokenCmd struct {
	Add    tokenAddCmd    `cmd:"" help:"Print a join token for a site that has one no more, or hq for another server: one use, 24 hours. The site's open one before it ends."`
	List   tokenListCmd   `cmd:"" help:"List join tokens, without their secrets."`
	Revoke tokenRevokeCmd `cmd:"" help:"Revoke a join token that was not used yet."`
}

const pathTokens = "/v1/join-tokens" // #nosec G101 -- a path

type tokenAddCmd struct {
	access
	For    string `arg:"" name:"name" help:"The site, or hq for a server of head office."`
	QR     bool   `name:"qr" help:"Print it as a QR code, too; a terminal gets one unasked."`
	Reason string `help:"Why; head office keeps it." placeholder:"WORDS"`
	By     string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run prints a token. Run again it prints another.
func (c *tokenAddCmd) Run(h *house) error {
	var out hq.JoinTokenGiven
	if err := c.call(h, http.MethodPost, pathTokens, "", hq.JoinTokenRequest{For: c.For, Reason: c.Reason, By: signer(c.By)}, &out); err != nil {
		return fmt.Errorf("give a join token for %s: %w", c.For, err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	fmt.Fprintf(h.stderr, "join token %s for %s, good once, until %s; it is shown this once:\n", out.ID, out.For, out.Ends)
	return printToken(h, out.Token, c.QR)
}

// printToken prints a token on a line of its own, and as a QR code where somebody looks at a terminal.
func printToken(h *house, token string, always bool) error {
	if f, ok := h.stdout.(*os.File); always || ok && term.IsTerminal(int(f.Fd())) {
		if err := drawQR(h.stderr, token); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(h.stdout, token)
	return err
}

// drawQR draws text as a QR code of half blocks, dark on light whatever the terminal's colours are.
func drawQR(w io.Writer, text string) error {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return fmt.Errorf("draw QR code: %w", err)
	}
	const quiet = 2 // modules around it
	var out strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		out.WriteString("\x1b[30;107m")
		for x := -quiet; x < code.Size+quiet; x++ {
			switch upper, lower := code.Black(x, y), code.Black(x, y+1); {
			case upper && lower:
				out.WriteString("█")
			case upper:
				out.WriteString("▀")
			case lower:
				out.WriteString("▄")
			default:
				out.WriteString(" ")
			}
		}
		out.WriteString("\x1b[0m\n")
	}
	_, err = io.WriteString(w, out.String())
	return err
}

type tokenListCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists the tokens, the latest of each site first.
func (c *tokenListCmd) Run(h *house) error {
	l := lister[hq.JoinTokenList, hq.JoinTokenRow]{
		path: pathTokens, rows: func(p *hq.JoinTokenList) *[]hq.JoinTokenRow { return &p.Tokens }, next: func(*hq.JoinTokenList) string { return "" },
		columns: "ID\tFOR\tSTATE\tENDS\tGIVEN BY\tWHY",
		row: func(w io.Writer, r *hq.JoinTokenRow) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.For, r.State, r.Ends, r.Given.By, or(r.Given.Reason, "-"))
		},
	}
	return l.run(h, &c.access, "join tokens", c.JSON)
}

type tokenRevokeCmd struct {
	access
	ID     string `arg:"" name:"id" help:"The token's number, as hq token list has it."`
	Reason string `help:"Why; head office keeps it." placeholder:"WORDS"`
	By     string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run revokes the token.
func (c *tokenRevokeCmd) Run(h *house) error {
	var out hq.JoinTokenRow
	if err := c.call(h, http.MethodPost, pathTokens+"/"+c.ID+"/revoke", "", hq.SignedRequest{By: signer(c.By), Reason: or(c.Reason, "revoked")}, &out); err != nil {
		return fmt.Errorf("revoke join token %s: %w", c.ID, err)
	}
	return printed(h, c.JSON, out, "join token %s for %s: %s", out.ID, out.For, out.State)
}

type authorised struct {
	Show   caShowCmd   `cmd:"" help:"Show the authority's roots, and what each is for now."`
	Export caExportCmd `cmd:"" help:"Write whom to believe, as PEM: for tills, browsers and other programs."`
	Rotate caRotateCmd `cmd:"" help:"Begin the authority's next generation, of a new key or of one's own certificate."`
	Check  caCheckCmd  `cmd:"" help:"Say whether a kept copy of authority.pem is of today, or of before a rotation."`
	Init   caInitCmd   `cmd:"" help:"Begin an authority in the folder of a stopped server, for a company that had none."`
}

const pathAuthorityShown = "/v1/authority"

type caShowCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run shows the authority.
func (c *caShowCmd) Run(h *house) error {
	var out hq.AuthorityShown
	if err := c.call(h, http.MethodGet, pathAuthorityShown, "", nil, &out); err != nil {
		return fmt.Errorf("show authority: %w", err)
	}
	return printed(h, c.JSON, out, "%s", authorityText(&out))
}

func authorityText(a *hq.AuthorityShown) string {
	lines := []string{fmt.Sprintf("company %s; certificates live %d days", a.Company, a.Days)}
	for _, g := range a.Generations {
		lines = append(lines, fmt.Sprintf("%s  %s since %s, until %s", g.Fingerprint, g.Stage, g.Since, g.Ends))
	}
	return strings.Join(lines, "\n")
}

type caExportCmd struct{ access }

// Run writes the roots.
func (c *caExportCmd) Run(h *house) error {
	var out hq.AuthorityShown
	if err := c.call(h, http.MethodGet, pathAuthorityShown, "", nil, &out); err != nil {
		return fmt.Errorf("export roots: %w", err)
	}
	_, err := io.WriteString(h.stdout, out.Roots)
	return err
}

type caRotateCmd struct {
	access
	Certificate string `help:"Your own authority, PEM: a root, or one that a root of yours has signed." placeholder:"FILE" type:"existingfile"`
	Key         string `help:"Its key, PEM (PKCS #8). It is sent to head office over TLS and kept on its servers." placeholder:"FILE" type:"existingfile"`
	Reason      string `help:"Why; head office's log keeps it." required:"" placeholder:"WORDS"`
	By          string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	Force       bool   `help:"Go on although the newest generation signs nothing yet: its key is in wrong hands."`
	JSON        bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Help stands below the flags' usage.
func (*caRotateCmd) Help() string {
	return "The new generation is believed from now on. It signs once every certificate of today has ended, and the old one is believed until all that it signed has ended, so nobody is locked out who is in touch once in ten days. Until it signs, another is refused without --force. Copies of authority.pem that were made before are old from now on."
}

// Run begins the generation. Run again it is refused, for as long as that one signs nothing.
func (c *caRotateCmd) Run(h *house) error {
	if (c.Certificate == "") != (c.Key == "") {
		return fmt.Errorf("%w: --certificate and --key go together", errUsage)
	}
	in := hq.RotateRequest{By: signer(c.By), Reason: c.Reason, Again: c.Force}
	for path, at := range map[string]*string{c.Certificate: &in.Certificate, c.Key: &in.Key} {
		if path == "" {
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read authority: %w", err)
		}
		*at = string(raw)
	}
	var out hq.AuthorityShown
	if err := c.call(h, http.MethodPost, pathAuthorityShown+"/rotate", "", in, &out); err != nil {
		return fmt.Errorf("rotate authority: %w", err)
	}
	if err := printed(h, c.JSON, out, "%s", authorityText(&out)); err != nil || c.JSON {
		return err
	}
	newest := out.Generations[len(out.Generations)-1]
	return steps(h, []string{
		"take another copy of " + hq.AuthorityFile + " now, from any server's folder: those that were made before lack this generation, which signs from " + newest.Signs + " on; a month later nobody believes a head office that has nothing but the older ones",
		"holdfast hq ca check FILE says of a copy whether it is of today; hq_authority_newest_timestamp_seconds tells a monitor since when older ones are old",
	})
}

type caCheckCmd struct {
	access
	File string `arg:"" help:"The copy. It is read here, and nothing of it is sent." type:"existingfile"`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// checkedCopy is what is printed of a copy of the authority.
type checkedCopy struct {
	File   string   `json:"file"`
	Newest string   `json:"newest"` // fingerprint of its newest generation
	Lacks  []string `json:"lacks"`  // fingerprints that head office believes and the copy has no key of
	Good   bool     `json:"good"`
}

// Run compares the copy with head office's.
func (c *caCheckCmd) Run(h *house) error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("check authority: %w", err)
	}
	state, err := authority.Parse(raw)
	if err != nil {
		return withHint(fmt.Errorf("check %s: %w", c.File, err), "it is no whole copy of a server's "+hq.AuthorityFile+": take another")
	}
	var now hq.AuthorityShown
	if err := c.call(h, http.MethodGet, pathAuthorityShown, "", nil, &now); err != nil {
		return fmt.Errorf("check authority: %w", err)
	}
	if state.Company != now.Company {
		return withHint(fmt.Errorf("check %s: it is of the company %s, head office is %s", c.File, state.Company, now.Company), "it helps nobody here: look for the right one, or take a copy now")
	}
	out := checkedCopy{File: c.File, Newest: state.Generations[len(state.Generations)-1].Fingerprint().String(), Lacks: []string{}}
	since, has := "", map[string]bool{}
	for i := range state.Generations {
		has[state.Generations[i].Fingerprint().String()] = true
	}
	for _, g := range now.Generations {
		if g.Stage != string(authority.StageOver) && !has[g.Fingerprint] {
			out.Lacks, since = append(out.Lacks, g.Fingerprint), g.Since
		}
	}
	if out.Good = len(out.Lacks) == 0; out.Good {
		return printed(h, c.JSON, out, "%s is of today: its newest generation is %s", c.File, out.Newest)
	}
	if c.JSON {
		if err := json.NewEncoder(h.stdout).Encode(out); err != nil {
			return err
		}
	}
	return withHint(fmt.Errorf("check %s: it is old: it lacks %d of head office's %d generations, the last of %s", c.File, len(out.Lacks), len(now.Generations), since),
		"copy "+hq.AuthorityFile+" from a server's folder again, to where no backup goes, and destroy this one")
}

type caInitCmd struct {
	Dir string `help:"Folder of the server." required:"" placeholder:"DIR" type:"existingdir"`
}

// Run begins the authority.
func (c *caInitCmd) Run(h *house) error {
	root, err := hq.InitAuthority(world.New(), c.Dir)
	if err != nil {
		return withHint(err, "the one that is there goes on: start the server")
	}
	fmt.Fprintf(h.stdout, "authority %s begins in %s\n", root, c.Dir)
	return steps(h, []string{
		fmt.Sprintf("copy %s/%s into the folder of each other server, with mode 0600, then start all of them with https in --url and --join", c.Dir, hq.AuthorityFile),
		"keep a copy of it where no backup of a server goes: who has it can speak for any site",
		"each site's node needs a certificate: holdfast hq token add NAME, and start its node once with --join TOKEN and https in --hq",
	})
}
