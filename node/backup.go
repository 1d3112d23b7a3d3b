package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/backup"
	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/sync/vault"
)

// The parts of a node's backup beside the book's own. Without its tokens a restored node would let
// none of its tills in, and head office would not let it in.
const (
	partOwner = "node/owner.token"
	partJoin  = "node/join.token"
	partKey   = "node/book.key" // of a sealed book, in its wrappings; it comes before the book
)

// tokenParts says which file a part is.
func tokenParts() map[string]string {
	return map[string]string{partOwner: OwnerTokenFile, partJoin: JoinTokenFile}
}

// backUp writes a backup of the node as c has fixed it.
func (n *Node) backUp(ctx context.Context, c *ledger.BookCopy, to io.Writer) error {
	w, err := backup.NewWriter(to, n.backupHeader(c))
	if err != nil {
		return err
	}
	if err := n.backUpKey(w); err != nil {
		return err
	}
	for _, part := range []string{partOwner, partJoin} {
		token, err := readToken(n.env.Disk, filepath.Join(n.cfg.Dir, tokenParts()[part]))
		if err != nil {
			return err
		}
		if token == "" {
			continue // a site without head office has nothing to join with
		}
		if err := w.Part(part); err != nil {
			return err
		}
		if _, err := io.WriteString(w, token+"\n"); err != nil {
			return err
		}
	}
	if err := c.WriteTo(ctx, w); err != nil {
		return err
	}
	return w.Close()
}

// backUpKey writes the key of a sealed book as it lies beside it, wrapped.
func (n *Node) backUpKey(w *backup.Writer) error {
	file, err := vault.In(n.env, n.cfg.Dir)
	if err != nil || file == nil {
		return err
	}
	if err := w.Part(partKey); err != nil {
		return err
	}
	_, err = w.Write(file.Marshal())
	return err
}

func (n *Node) backupHeader(c *ledger.BookCopy) backup.Header {
	v := c.View()
	return backup.Header{Kind: backup.KindNode, Name: string(n.cfg.Site), At: n.env.Clock.Wall().UTC().Truncate(time.Millisecond),
		Head: c.Head().String(), Seq: uint64(c.Head().Seq), Alone: v.Standalone, Counter: v.Counter, Why: v.Quarantine}
}

// A Restored says what a restored folder holds.
type Restored struct {
	Site       ledger.SiteID
	Head       ledger.Position
	Standalone bool
	Customers  int    // who are not erased, and are there from the first start on; 0 where head office tells of them anew
	Quarantine string // why the book promises nothing until head office has given it an epoch; "" where it stands alone
}

// Restore writes a node's folder from a backup, whose header has been read. dir is there, empty, and
// called so that nobody starts a node in it before Restore has returned nil: only then was the backup
// whole. The book of a site with a head office is in quarantine; one that stands alone is put to its
// next epoch, for nobody else could. Of erased, persons who asked to be forgotten since, nothing is in it; one that has a head office
// is told of all customers anew. The key of a sealed book comes first; unlock opens one of its wrappings, and the restored book is sealed
// under it like the one before.
func Restore(env ledger.Env, from *backup.Reader, dir string, unlock func(*vault.File) (*sealed.Key, error), erased ...ledger.CustomerID) (Restored, error) {
	h := from.Header()
	site, err := ledger.ParseSite(h.Name)
	if err != nil {
		return Restored{}, fmt.Errorf("restore node: %w", err)
	}
	out := Restored{Site: site, Standalone: h.Alone}
	var to *ledger.Restore
	for {
		part, err := from.Next()
		if err == io.EOF {
			break
		}
		if err == nil && part == partKey && to == nil {
			if env, err = restoreKey(env, from, dir, unlock); err == nil {
				continue
			}
		}
		if err == nil && to == nil {
			to, err = ledger.NewRestore(env, site, dir)
		}
		if err == nil {
			err = restorePart(env, to, from, part, dir)
		}
		if err != nil {
			return Restored{}, fmt.Errorf("restore node %s: %w", site, err)
		}
	}
	if !h.Alone {
		out.Quarantine = fmt.Sprintf("restored from a backup of %s, entry %d: what came after it is head office's to say", h.At.Format(time.RFC3339), h.Seq)
	}
	if to == nil {
		return Restored{}, fmt.Errorf("restore node %s: %w: it has no book", site, backup.ErrDamaged)
	}
	to.Erase(erased...)
	if out.Head, err = to.Finish(out.Quarantine); err != nil {
		return Restored{}, err
	}
	out.Customers = to.Customers()
	if h.Alone && h.Why == "" {
		if out.Head, err = nextEpoch(env, site, dir); err != nil {
			return Restored{}, fmt.Errorf("restore node %s: %w", site, err)
		}
	}
	return out, nil
}

// restoreKey gives the world with the key that a backup's book is sealed under, and keeps its file beside the book.
func restoreKey(env ledger.Env, from io.Reader, dir string, unlock func(*vault.File) (*sealed.Key, error)) (ledger.Env, error) {
	raw, err := io.ReadAll(io.LimitReader(from, vault.FileMax+1))
	if err != nil {
		return env, err
	}
	file, err := vault.Parse(raw)
	if err != nil {
		return env, err
	}
	if env.Sealing == nil || unlock == nil {
		return env, sealed.ErrSealed
	}
	seal := *env.Sealing
	if seal.Key, err = unlock(file); err != nil {
		return env, err
	}
	env.Sealing = &seal
	return env, file.Store(env, dir)
}

func restorePart(env ledger.Env, to *ledger.Restore, from *backup.Reader, part, dir string) error {
	if ours, err := to.Part(part, from); ours || err != nil {
		return err
	}
	file, ok := tokenParts()[part]
	if !ok {
		return fmt.Errorf("%w: this build does not know its part %s", backup.ErrNewer, part)
	}
	token, err := io.ReadAll(io.LimitReader(from, tokenFileMax+1))
	if err != nil {
		return err
	}
	if len(token) > tokenFileMax || !whole(token) {
		return fmt.Errorf("%w: its part %s is no token", backup.ErrDamaged, part)
	}
	return writeToken(env.Disk, filepath.Join(dir, file), strings.TrimSpace(string(token)))
}

// nextEpoch puts a book that stands alone to its next epoch: positions of the old one that clients have
// seen lie in a past that this book has left.
func nextEpoch(env ledger.Env, site ledger.SiteID, dir string) (at ledger.Position, err error) {
	book, err := ledger.OpenBook(env, ledger.BookConfig{Site: site, Dir: dir})
	if err != nil {
		return at, err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- book.Run(ctx) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended, book.Close())
	}()
	v := book.View()
	out, err := book.Do(ctx, &ledger.OpenSite{Epoch: v.Epoch + 1,
		Body: ledger.OpenedBody{Counter: v.Counter, Standalone: true, Boot: book.Boot()}})
	if err = errors.Join(err, out.Err); err != nil {
		return at, fmt.Errorf("open epoch %d: %w", v.Epoch+1, err)
	}
	return book.Head().Position, nil
}
