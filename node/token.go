package node

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The files beside the book.
const (
	OwnerTokenFile = "owner.token"
	JoinTokenFile  = "join.token"
)

// tokenBytes is 256 bits: guessing is hopeless, so attempts need not be counted.
const tokenBytes = 32

// tokenPrefix names what a secret is to whoever finds it, and keeps a token from beginning with a
// hyphen: on a command line that would be a flag. tokenLen is the length of a whole one.
const (
	tokenPrefix = "hf_"
	tokenLen    = len(tokenPrefix) + (tokenBytes*8+5)/6
)

// tokenFileMax bounds what is read of a token's file.
const tokenFileMax = 1 << 10

// ownerToken reads the token of this node's owner; a first start draws it. A crash while the
// file was being written leaves a torn one; nobody can have used it, so it is drawn again.
func ownerToken(env ledger.Env, dir string) (string, error) {
	path := filepath.Join(dir, OwnerTokenFile)
	token, err := readToken(env.Disk, path)
	if err != nil {
		return "", err
	}
	if len(token) >= tokenLen {
		return token, nil
	}
	raw := make([]byte, tokenBytes)
	if _, err := io.ReadFull(env.Random("owner token"), raw); err != nil {
		return "", fmt.Errorf("draw owner token: %w", err)
	}
	token = tokenPrefix + base64.RawURLEncoding.EncodeToString(raw)
	return token, writeToken(env.Disk, path, token)
}

// joinToken keeps the token that was given, or reads the one that is kept. A torn one is none:
// head office would turn it away for ever, and the operator would look for the fault there.
func joinToken(disk ledger.Disk, dir, given string) (string, error) {
	path := filepath.Join(dir, JoinTokenFile)
	kept, err := readToken(disk, path)
	if err != nil {
		return "", err
	}
	switch given = strings.TrimSpace(given); {
	case given == "" && kept == "":
		return "", errors.New("join head office: no join token; give the one that site add printed")
	case given == "" || given == kept:
		return kept, nil
	default:
		return given, writeToken(disk, path, given)
	}
}

// readToken gives the token of a file; "" where there is none, or one that a crash has torn.
func readToken(disk ledger.Disk, path string) (token string, err error) {
	f, err := disk.OpenFile(path, os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := io.ReadAll(io.LimitReader(f, tokenFileMax))
	if err != nil {
		return "", fmt.Errorf("read token %s: %w", path, err)
	}
	if !whole(b) {
		return "", nil
	}
	return strings.TrimSpace(string(b)), nil
}

// whole says whether a token's file was written to its end: there is the newline, or at least
// as much as a token that we draw has. A power cut can also leave the length without the bytes.
func whole(b []byte) bool {
	return bytes.IndexByte(b, 0) < 0 && (bytes.HasSuffix(b, []byte("\n")) || len(b) >= tokenLen)
}

func writeToken(disk ledger.Disk, path, token string) (err error) {
	f, err := disk.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write token: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.WriteString(token + "\n"); err != nil {
		return fmt.Errorf("write token %s: %w", path, err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync token %s: %w", path, err)
	}
	return nil
}

// A secret is a token that is asked for again and again: kept as its digest, which is made once.
type secret [sha256.Size]byte

func secretOf(token string) secret { return sha256.Sum256([]byte(token)) }

// is compares in a time that tells nothing of where they differ, nor of the length.
func (s *secret) is(token string) bool {
	var small [64]byte // a token of ours fits: it is hashed without an allocation
	got := sha256.Sum256(append(small[:0], token...))
	return subtle.ConstantTimeCompare(got[:], s[:]) == 1
}
