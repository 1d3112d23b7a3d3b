package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/sync/vault"
)

// passphraseFlags say where the passphrase of a sealed book comes from. It is never an argument and never in the
// environment: other users of the machine, and every child, can read those.
type passphraseFlags struct {
	PassphraseFile string `help:"File with the passphrase of a sealed book. Without this and --passphrase-fd it is asked for at the terminal, unseen." placeholder:"FILE" type:"existingfile"`
	PassphraseFD   int    `name:"passphrase-fd" help:"Open file descriptor that the passphrase is read from, to its end; systemd and scripts hand it over so." placeholder:"N" default:"-1"`
	KeyFD          int    `name:"key-fd" hidden:"" default:"-1"` // a parent of ours hands the key over

	KeyWait time.Duration `name:"key-wait" help:"How long to wait for head office, where a book's key is its to release and it cannot be reached." default:"2m"`

	servers []string // base URLs of head office; none: those that the folder knows
}

// given says whether the passphrase stands somewhere, so that nobody has to be asked.
func (p *passphraseFlags) given() bool { return p.PassphraseFD >= 0 || p.PassphraseFile != "" }

// passphrase gets the passphrase. new has it typed twice, and refuses one that is too short.
func (p *passphraseFlags) passphrase(h *house, fresh bool) (secret []byte, err error) {
	switch {
	case p.PassphraseFD >= 0:
		f := os.NewFile(uintptr(p.PassphraseFD), "passphrase")
		if f == nil {
			return nil, fmt.Errorf("%w: --passphrase-fd %d is not open", errUsage, p.PassphraseFD)
		}
		defer f.Close() // read only
		secret, err = readSecret(f)
	case p.PassphraseFile != "":
		var f *os.File
		if f, err = os.Open(p.PassphraseFile); err == nil {
			defer f.Close() // read only
			secret, err = readSecret(f)
		}
	default:
		secret, err = typed(h, fresh)
	}
	if err == nil && fresh {
		err = vault.CheckPassphrase(secret)
	}
	if err != nil {
		return nil, fmt.Errorf("read passphrase: %w", err)
	}
	return secret, nil
}

func readSecret(from io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(from, vault.PassphraseMax+2))
	b = bytes.TrimRight(b, "\r\n")
	if err == nil && len(b) == 0 {
		err = errors.New("it is empty")
	}
	return b, err
}

// typed asks at the terminal, unseen.
func typed(h *house, fresh bool) ([]byte, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return nil, withHint(errors.New("the book is sealed, and there is no terminal to ask for its passphrase at"),
			"start it at a terminal and type it, or give --passphrase-file or --passphrase-fd; whoever keeps the site's passphrase in the safe has it")
	}
	first, err := h.unseen("passphrase of the book")
	if err != nil || !fresh {
		return first, err
	}
	if err := vault.CheckPassphrase(first); err != nil {
		return nil, err
	}
	second, err := h.unseen("the same again")
	if err == nil && !bytes.Equal(first, second) {
		err = errors.New("the two are not the same")
	}
	return first, err
}

// keyDir is the folder whose file has the key of the book in dir: a book that was set aside, or that is being rebuilt,
// is sealed under the key of the one it belongs to.
func keyDir(dir string) string {
	here := filepath.Clean(dir)
	if _, err := os.Stat(filepath.Join(here, vault.KeyFile)); err == nil {
		return here
	}
	if name := filepath.Base(here); strings.HasPrefix(name, "before-epoch-") || name == ledger.RebuildDir {
		return filepath.Dir(here)
	}
	return here
}

// withKey gives the world for the book in dir, with its key where it is sealed.
func (p *passphraseFlags) withKey(h *house, dir string) (ledger.Env, error) {
	env := world.New()
	if p.KeyFD >= 0 {
		f := os.NewFile(uintptr(p.KeyFD), "key")
		if f == nil {
			return env, fmt.Errorf("%w: --key-fd is not open", errUsage)
		}
		defer f.Close() // read only
		raw, err := io.ReadAll(io.LimitReader(f, sealed.KeySize+1))
		if err == nil {
			env.Sealing.Key, err = sealed.KeyOf(raw)
		}
		clear(raw)
		return env, err
	}
	if err := ledger.EndReseal(env, keyDir(dir)); err != nil {
		return env, resealFault(err)
	}
	file, err := vault.In(env, keyDir(dir))
	if err != nil || file == nil {
		return env, err
	}
	env.Sealing.Key, err = p.openFile(h, env, file, keyDir(dir))
	return env, err
}

// openFile opens a file of keys: with the passphrase where one is given or nothing else opens it, else by head office. dir has the
// certificate that head office is asked with.
func (p *passphraseFlags) openFile(h *house, env ledger.Env, file *vault.File, dir string) (*sealed.Key, error) {
	if file.Has(vault.ByHeadOffice) && !(p.given() && file.Has(vault.ByPassphrase)) {
		return p.released(h, env, file, dir)
	}
	return p.byPassphrase(h, file)
}

// byPassphrase opens a file of keys with the passphrase.
func (p *passphraseFlags) byPassphrase(h *house, file *vault.File) (*sealed.Key, error) {
	secret, err := p.passphrase(h, false)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	key, err := file.OpenByPassphrase(secret)
	if errors.Is(err, vault.ErrPassphrase) {
		err = withHint(err, "nothing was opened and nothing changed: type it again, and look at the keyboard's layout and capitals")
	}
	if errors.Is(err, vault.ErrNoWrap) {
		err = withHint(errors.New("the book has no passphrase"), "holdfast book key DIR says what opens it; a newer program may know more ways")
	}
	return key, err
}

// sealNew makes the key of a book that is not there yet, and its file, before anything else is written.
func (p *passphraseFlags) sealNew(h *house, env ledger.Env, by *sealFlags, dir string) (*sealed.Key, error) {
	if _, err := os.Stat(filepath.Join(dir, ledger.BookFile)); err == nil {
		return nil, withHint(fmt.Errorf("%w: --seal is for a new book, and %s has one that lies in the clear", errUsage, dir),
			"stop the node, then: holdfast book seal "+dir)
	}
	if inside, err := os.ReadDir(filepath.Join(dir, ledger.JournalDir)); err == nil && len(inside) > 0 {
		return nil, withHint(fmt.Errorf("%w: --seal is for a new book, and %s has a journal, without its %s", errUsage, dir, ledger.BookFile),
			"put a whole copy of "+ledger.BookFile+" in its place, of any age since the journal was last trimmed, then: holdfast book seal "+dir+"; or name another folder")
	}
	memory, err := env.Sealing.Memory("check") // before anything is written: not every system has it
	if err != nil {
		return nil, fmt.Errorf("seal book of %s: %w", dir, err)
	}
	if err := memory.Close(); err != nil {
		return nil, fmt.Errorf("seal book of %s: %w", dir, err)
	}
	file, key, err := vault.NewFile(env.Random("key of the book"))
	if err == nil {
		err = p.wrap(h, env, file, key, by, dir)
	}
	if err == nil {
		err = env.Disk.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = file.Store(env, dir)
	}
	return key, err
}
