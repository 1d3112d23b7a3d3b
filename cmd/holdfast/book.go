package main

import (
	"errors"
	"fmt"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/sync/vault"
)

// bookCmd is what is done to a node's book on the disk while no node has it open.
type bookCmd struct {
	Seal       bookSealCmd       `cmd:"" help:"Seal a book that lies in the clear: it is written anew, and takes the old one's place whole or not at all."`
	Unseal     bookUnsealCmd     `cmd:"" help:"Write a sealed book anew in the clear."`
	Passphrase bookPassphraseCmd `cmd:"" help:"Give a sealed book another passphrase. The book itself stays as it is; old backups still open with the old one."`
	Key        bookKeyGroup      `cmd:"" help:"Say whether a book is sealed and what opens it; have head office, or a passphrase, open it, too, or no more."`
}

type bookSealCmd struct {
	Dir string `arg:"" help:"Folder of the node, which is not running." type:"existingdir"`
	sealFlags
	passphraseFlags
}

// Help stands below the flags' usage.
func (*bookSealCmd) Help() string {
	return "It needs as much room again as the folder has. Books that were set aside (before-epoch-N) are sealed, too. Backups made before stay in the clear, and a drive may keep what was written before: overwrite or destroy them."
}

// Run seals.
func (c *bookSealCmd) Run(h *house) error {
	from, file, err := closedBook(c.Dir)
	if err != nil {
		return err
	}
	if file != nil {
		return withHint(fmt.Errorf("seal book of %s: it is sealed already", c.Dir), "another passphrase: holdfast book passphrase "+c.Dir)
	}
	file, key, err := vault.NewFile(from.Random("key of the book"))
	if err == nil {
		err = c.wrap(h, from, file, key, &c.sealFlags, c.Dir)
	}
	if err != nil {
		return fmt.Errorf("seal book of %s: %w", c.Dir, err)
	}
	if err := ledger.Reseal(from, sealedUnder(from, key), c.Dir, func(dir string) error { return file.Store(from, dir) }); err != nil {
		return resealFault(err)
	}
	fmt.Fprintf(h.stdout, "the book of %s is sealed\n", c.Dir)
	if c.has(byHeadOffice) {
		fmt.Fprintln(h.stdout, "its node asks head office for its key at each start; it does not start while head office is away")
	}
	if c.has(byPassphrase) {
		fmt.Fprintln(h.stdout, "its passphrase is typed at a start, or given by --passphrase-file or --passphrase-fd\nkeep it where the building's keys are kept: where nothing else opens the book, nobody does without it, and the site is made anew of head office's copy")
	}
	return nil
}

type bookUnsealCmd struct {
	Dir string `arg:"" help:"Folder of the node, which is not running." type:"existingdir"`
	passphraseFlags
}

// Run unseals.
func (c *bookUnsealCmd) Run(h *house) error {
	env, file, err := closedBook(c.Dir)
	if err != nil {
		return err
	}
	if file == nil {
		return fmt.Errorf("unseal book of %s: it lies in the clear already", c.Dir)
	}
	key, err := c.openFile(h, env, file, c.Dir)
	if err != nil {
		return fmt.Errorf("unseal book of %s: %w", c.Dir, err)
	}
	if err := ledger.Reseal(sealedUnder(env, key), env, c.Dir, nil); err != nil {
		return resealFault(err)
	}
	fmt.Fprintf(h.stdout, "the book of %s lies in the clear\n", c.Dir)
	return nil
}

type bookPassphraseCmd struct {
	Dir     string `arg:"" help:"Folder of the node; it may be running." type:"existingdir"`
	NewFile string `help:"File with the new passphrase. Without it, it is asked for at the terminal, twice." placeholder:"FILE" type:"existingfile"`
	passphraseFlags
}

// Run wraps the key anew.
func (c *bookPassphraseCmd) Run(h *house) error {
	env, file, err := closedBook(c.Dir)
	if err != nil {
		return err
	}
	if file == nil {
		return withHint(fmt.Errorf("change passphrase: the book of %s lies in the clear", c.Dir), "holdfast book seal "+c.Dir)
	}
	if !file.Has(vault.ByPassphrase) {
		return withHint(fmt.Errorf("change passphrase: the book of %s has none", c.Dir), "holdfast book key add "+c.Dir+" --by passphrase")
	}
	key, err := c.openFile(h, env, file, c.Dir)
	if err != nil {
		return fmt.Errorf("change passphrase: %w", err)
	}
	fresh, err := (&passphraseFlags{PassphraseFile: c.NewFile, PassphraseFD: -1, KeyFD: -1}).passphrase(h, true)
	if err != nil {
		return fmt.Errorf("change passphrase: the new one: %w", err)
	}
	defer clear(fresh)
	if err := file.WrapByPassphrase(key, fresh, env.Random("salt of the passphrase"), env.Clock.Wall()); err != nil {
		return fmt.Errorf("change passphrase: %w", err)
	}
	if err := file.Store(env, c.Dir); err != nil {
		return fmt.Errorf("change passphrase: %w", err)
	}
	fmt.Fprintf(h.stdout, "the book of %s has a new passphrase; who has a copy of the old %s still opens it with the old one\n", c.Dir, vault.KeyFile)
	return nil
}

// closedBook gives the world, and the file of a book's key; nil where it lies in the clear. What a killed seal or unseal has
// left is brought to its end first.
func closedBook(dir string) (ledger.Env, *vault.File, error) {
	env := world.New()
	if err := ledger.EndReseal(env, dir); err != nil {
		return env, nil, resealFault(err)
	}
	file, err := vault.In(env, dir)
	return env, file, err
}

// sealedUnder is env with a key.
func sealedUnder(env ledger.Env, key *sealed.Key) ledger.Env {
	with := *env.Sealing
	with.Key = key
	env.Sealing = &with
	return env
}

// resealFault says what can be done.
func resealFault(err error) error {
	switch {
	case inUse(err):
		return withHint(err, "stop the site's node first")
	case errors.Is(err, ledger.ErrFull):
		return withHint(err, "the book is as it was; make as much room again as the folder has, and say it again")
	}
	return withHint(err, "the book is as it was, or is moved in at the next start; say it again")
}
