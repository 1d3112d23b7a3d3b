package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
	"github.com/holdfast-stock/holdfast/sync/vault"
)

// What may open a book, as flags have it.
const (
	byPassphrase = "passphrase"
	byHeadOffice = "head-office"
)

// sealFlags say what is to open a book that is sealed now.
type sealFlags struct {
	SealBy []string `name:"seal-by" help:"What is to open the book: passphrase (somebody types it at each start), head-office (the node asks it over TLS, with its certificate), or both." enum:"passphrase,head-office" default:"passphrase"`
}

func (f *sealFlags) has(by string) bool { return slices.Contains(f.SealBy, by) }

// wrap wraps a book's key in each way that is asked for. The file is not written yet.
func (p *passphraseFlags) wrap(h *house, env ledger.Env, file *vault.File, key *sealed.Key, by *sealFlags, dir string) error {
	if by.has(byPassphrase) {
		secret, err := p.passphrase(h, true)
		if err != nil {
			return err
		}
		defer clear(secret)
		if err := file.WrapByPassphrase(key, secret, env.Random("salt of the passphrase"), env.Clock.Wall()); err != nil {
			return err
		}
	}
	if !by.has(byHeadOffice) {
		return nil
	}
	office, err := p.office(env, dir)
	if err != nil {
		return err
	}
	answer, err := p.ask(h, office, file.Request(), func() bool { return true })
	if refused, ok := errors.AsType[*vault.RefusedError](err); ok {
		return withHint(err, or(refused.Hint, "ask head office why: holdfast site knew NAME"))
	}
	if err != nil {
		return withHint(err, "nothing was sealed and nothing changed: see that the line to head office is up, and say it again")
	}
	defer clear(answer.Wrapping)
	return file.WrapByHeadOffice(key, ledger.SiteID(office.Papers.Name.Who), answer, env.Random("salt of head office's wrapping"), env.Clock.Wall())
}

// office is head office, as the node of a folder sees it.
func (p *passphraseFlags) office(env ledger.Env, dir string) (*vault.Office, error) {
	folder := enrol.Folder{Env: env, Dir: dir}
	papers, _, err := folder.Papers()
	if err != nil {
		return nil, err
	}
	if papers == nil {
		return nil, withHint(fmt.Errorf("%s has no certificate, and head office releases a book's key to the site's own node alone", dir),
			"holdfast hq token add NAME at head office, then --join TOKEN here, once; or open the book with its passphrase, where it has one (holdfast book key "+dir+")")
	}
	servers := p.servers
	if len(servers) == 0 {
		if servers, err = folder.Servers(); err != nil {
			return nil, err
		}
	}
	return &vault.Office{Env: env, Papers: papers, Servers: servers}, nil
}

// ask asks head office, and says at the terminal what is waited for. goesOn is asked after each round that nobody answered.
func (p *passphraseFlags) ask(h *house, office *vault.Office, q vault.ReleaseRequest, goesOn func() bool) (vault.ReleaseAnswer, error) {
	return office.Ask(h.ctx, q, p.KeyWait, func(err error, pause time.Duration) bool {
		fmt.Fprintf(h.stderr, "the key of the book of %s is head office's to release, and it cannot be reached: %s; again in %v\n", office.Papers.Name.Who, oneLine(err), pause.Round(time.Second))
		return goesOn()
	})
}

// released opens a file of keys by what head office releases. Where it says no or cannot be reached, and the book has a passphrase and
// somebody sits at the terminal, that is asked for.
func (p *passphraseFlags) released(h *house, env ledger.Env, file *vault.File, dir string) (*sealed.Key, error) {
	office, err := p.office(env, dir)
	if err == nil {
		var answer vault.ReleaseAnswer
		answer, err = p.ask(h, office, file.Request(), func() bool { return !p.canType(file) })
		defer clear(answer.Wrapping)
		if err == nil {
			return file.OpenByHeadOffice(answer)
		}
	}
	if p.canType(file) && h.ctx.Err() == nil {
		fmt.Fprintf(h.stderr, "%s\nthe book has a passphrase, too\n", oneLine(err))
		return p.byPassphrase(h, file)
	}
	return nil, releaseFault(h.ctx, err, file, dir)
}

// canType says whether a passphrase of the book can be asked for.
func (p *passphraseFlags) canType(file *vault.File) bool {
	return file.Has(vault.ByPassphrase) && term.IsTerminal(int(os.Stdin.Fd()))
}

// releaseFault says what the person can do.
func releaseFault(ctx context.Context, err error, file *vault.File, dir string) error {
	slot := "the book has no passphrase beside it (holdfast book key " + dir + "): it is opened once head office answers"
	if file.Has(vault.ByPassphrase) {
		slot = "or open it with its passphrase: --passphrase-file, --passphrase-fd, or start it at a terminal and type it"
	}
	if refused, ok := errors.AsType[*vault.RefusedError](err); ok {
		hint := or(refused.Hint, "ask head office why: holdfast site knew NAME")
		if file.Has(vault.ByPassphrase) {
			hint += "; " + slot
		}
		return withHint(err, hint)
	}
	if _, away := errors.AsType[*vault.AwayError](err); away && ctx.Err() == nil {
		return withHint(err, "nothing was opened and nothing changed: see that the line to head office is up and start it again (systemd does by itself); "+slot)
	}
	if errors.Is(err, vault.ErrReleased) {
		return withHint(err, "put the "+vault.KeyFile+" of this site's last backup in its place")
	}
	return err
}

// open opens the key of a backup's book. Where head office has to release it, the restored folder is enrolled first.
func (c *restoreCmd) open(h *house, env ledger.Env, file *vault.File, part string) (*sealed.Key, error) {
	text := c.Join
	if c.JoinFile != "" {
		raw, err := os.ReadFile(c.JoinFile)
		if err != nil {
			return nil, fmt.Errorf("read join token: %w", err)
		}
		text = strings.TrimSpace(string(raw))
	}
	if text == "" || !file.Has(vault.ByHeadOffice) {
		return c.openFile(h, env, file, part)
	}
	token, err := identity.ParseToken(text)
	if err != nil {
		return nil, fmt.Errorf("%w: --join: %w", errUsage, err)
	}
	ctx, stop := context.WithTimeout(h.ctx, c.KeyWait)
	defer stop()
	err = node.Enrol(ctx, env, &node.Config{Dir: part, Listen: c.Listen}, token, func(err error) {
		fmt.Fprintf(h.stderr, "head office does not answer yet: %s\n", oneLine(err))
	})
	if err != nil {
		return nil, joinFault(err)
	}
	return c.openFile(h, env, file, part)
}
