package hq

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The files of a server's directory, beside journal.File and raft's snapshots.
const (
	RaftFile       = "raft.db"
	ServerIDFile   = "server.id"
	OwnerTokenFile = "owner.token"
)

const (
	tokenBytes   = 32 // 256 bits: guessing is hopeless, so attempts need not be counted
	smallFileMax = 1 << 10
)

// tokenPrefix names what a secret is to whoever finds it, and keeps a token from beginning with a
// hyphen: on a command line that would be a flag.
const tokenPrefix = "hf_"

// errNoToken says that a joining server was not given the cluster's token.
var errNoToken = errors.New("join: no owner's token; give the file of the cluster's token")

// ownerToken reads the cluster's token from dir. A first start draws it, or copies the one of
// the cluster that is to be joined.
func ownerToken(env ledger.Env, c *Config) (string, error) {
	path := filepath.Join(c.Dir, OwnerTokenFile)
	token, err := readSmall(env.Disk, path)
	if err != nil {
		return "", err
	}
	// A crash while the file was being written leaves one that is too short: nobody has used it.
	if len(token) >= len(tokenPrefix)+base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return token, nil
	}
	switch {
	case c.TokenFile != "":
		if token, err = readSmall(env.Disk, c.TokenFile); err != nil {
			return "", err
		}
		if token == "" {
			return "", fmt.Errorf("%w: %s is empty or missing", errNoToken, c.TokenFile)
		}
	case c.Join != "":
		return "", errNoToken
	default:
		if token, err = drawToken(env); err != nil {
			return "", err
		}
	}
	return token, writeSmall(env.Disk, path, token)
}

func drawToken(env ledger.Env) (string, error) {
	raw := make([]byte, tokenBytes)
	if _, err := io.ReadFull(env.Random("tokens"), raw); err != nil {
		return "", fmt.Errorf("draw token: %w", err)
	}
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(raw), nil
}

// serverID gives the raft id of this life of the directory. Raft may hold that a server with an
// id it knows still has its log and its vote; so where raft's file is gone, a new id is drawn.
func serverID(env ledger.Env, c *Config) (string, error) {
	path := filepath.Join(c.Dir, ServerIDFile)
	had, err := exists(env.Disk, filepath.Join(c.Dir, RaftFile))
	if err != nil {
		return "", err
	}
	if had {
		id, err := readSmall(env.Disk, path)
		if err == nil && id == "" {
			err = fmt.Errorf("read %s: it is gone but %s is there; start this server with a new directory", path, RaftFile)
		}
		return id, err
	}
	var raw [6]byte
	if _, err := io.ReadFull(env.Random("server id"), raw[:]); err != nil {
		return "", fmt.Errorf("draw server id: %w", err)
	}
	id := c.Name + "." + hex.EncodeToString(raw[:])
	return id, writeSmall(env.Disk, path, id)
}

func exists(disk ledger.Disk, path string) (bool, error) {
	f, err := disk.OpenFile(path, os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", path, err)
	}
	return true, f.Close()
}

func readSmall(disk ledger.Disk, path string) (text string, err error) {
	f, err := disk.OpenFile(path, os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := io.ReadAll(io.LimitReader(f, smallFileMax))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return strings.TrimSpace(string(b)), nil
}

func writeSmall(disk ledger.Disk, path, text string) (err error) {
	f, err := disk.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.WriteString(text + "\n"); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}

func syncDir(disk ledger.Disk, dir string) error {
	d, err := disk.OpenFile(dir, os.O_RDONLY, 0)
	if err != nil {
		return fmt.Errorf("sync directory %s: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}
