package main

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/sync/vault"
)

// bookKeyGroup is what opens a sealed book. The book itself stays as it is whatever is done here.
type bookKeyGroup struct {
	Show bookKeyCmd     `cmd:"" default:"withargs" help:"Say whether a book is sealed, and what opens it; the word may be left out."`
	Add  bookKeyAddCmd  `cmd:"" help:"Have a passphrase, or head office, open a sealed book, too. One of its kind before it opens the book no more."`
	Drop bookKeyDropCmd `cmd:"" help:"Have a passphrase, or head office, open a sealed book no more. What is left has to open it first."`
}

type bookKeyCmd struct {
	Dir string `arg:"" help:"Folder of a node." type:"existingdir"`
}

// Run says what opens a book.
func (c *bookKeyCmd) Run(h *house) error {
	file, err := vault.In(world.New(), keyDir(c.Dir))
	if err != nil {
		return err
	}
	if file == nil {
		fmt.Fprintf(h.stdout, "the book of %s lies in the clear\n", c.Dir)
		return nil
	}
	fmt.Fprintf(h.stdout, "the book of %s is sealed, and has number %s; what opens it:\n", c.Dir, file.Book)
	for _, w := range file.Wraps {
		fmt.Fprintf(h.stdout, "  %s, since %s\n", wayOf(w.By), w.Made.Format(time.RFC3339))
	}
	return nil
}

// wayOf is how flags and people call a way.
func wayOf(by string) string {
	if by == vault.ByHeadOffice {
		return byHeadOffice
	}
	return by
}

type bookKeyAddCmd struct {
	Dir     string `arg:"" help:"Folder of the node; it may be running." type:"existingdir"`
	By      string `help:"passphrase or head-office." enum:"passphrase,head-office" required:""`
	NewFile string `help:"File with the passphrase that is added. Without it, it is asked for at the terminal, twice." placeholder:"FILE" type:"existingfile"`
	passphraseFlags
}

// Run wraps the key once more.
func (c *bookKeyAddCmd) Run(h *house) error {
	env, file, err := closedBook(c.Dir)
	if err != nil {
		return err
	}
	if file == nil {
		return withHint(fmt.Errorf("add what opens the book: the book of %s lies in the clear", c.Dir), "holdfast book seal "+c.Dir+" --seal-by "+c.By)
	}
	key, err := c.openFile(h, env, file, c.Dir)
	if err != nil {
		return fmt.Errorf("add what opens the book: %w", err)
	}
	if c.By == byHeadOffice && file.Has(vault.ByHeadOffice) { // head office is asked for what it has now
		if err := file.Drop(vault.ByHeadOffice); err != nil {
			return withHint(fmt.Errorf("add what opens the book: head office opens it already: %w", err), "holdfast book key "+c.Dir)
		}
	}
	adding := passphraseFlags{PassphraseFile: c.NewFile, PassphraseFD: -1, KeyFD: -1, KeyWait: c.KeyWait}
	if err := adding.wrap(h, env, file, key, &sealFlags{SealBy: []string{c.By}}, c.Dir); err != nil {
		return fmt.Errorf("add what opens the book: %w", err)
	}
	if err := file.Store(env, c.Dir); err != nil {
		return fmt.Errorf("add what opens the book: %w", err)
	}
	return (&bookKeyCmd{Dir: c.Dir}).Run(h)
}

type bookKeyDropCmd struct {
	Dir string `arg:"" help:"Folder of the node; it may be running." type:"existingdir"`
	By  string `help:"passphrase or head-office." enum:"passphrase,head-office" required:""`
	passphraseFlags
}

// Run takes a wrapping off, once what is left has shown that it opens the book.
func (c *bookKeyDropCmd) Run(h *house) error {
	env, file, err := closedBook(c.Dir)
	if err != nil {
		return err
	}
	if file == nil {
		return withHint(fmt.Errorf("drop what opens the book: the book of %s lies in the clear", c.Dir), "holdfast book seal "+c.Dir)
	}
	by := map[string]string{byPassphrase: vault.ByPassphrase, byHeadOffice: vault.ByHeadOffice}[c.By]
	if err := file.Drop(by); err != nil {
		return withHint(fmt.Errorf("drop what opens the book: %w", err), "holdfast book key "+c.Dir+" says what opens it; book key add adds another way first")
	}
	if _, err := c.openFile(h, env, file, c.Dir); err != nil {
		return fmt.Errorf("drop what opens the book: what is left does not open it, and so nothing was dropped: %w", err)
	}
	if err := file.Store(env, c.Dir); err != nil {
		return fmt.Errorf("drop what opens the book: %w", err)
	}
	return (&bookKeyCmd{Dir: c.Dir}).Run(h)
}
