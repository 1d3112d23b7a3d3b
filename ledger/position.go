package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Hash is one link of a journal's SHA-256 chain. The zero Hash stands before the first entry.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Position says how far a journal has come. A sequence number alone is not a position: a book
// restored from a backup reuses numbers, and only the hash tells (protocol.md, section 1).
type Position struct {
	Epoch Epoch
	Seq   Seq
	Hash  Hash
}

// Head is a site's position with its name: what travels in the Holdfast-Position header.
type Head struct {
	Site SiteID
	Position
}

// String gives site/epoch/seq/hash.
func (h Head) String() string {
	return fmt.Sprintf("%s/%d/%d/%s", h.Site, h.Epoch, h.Seq, h.Hash)
}

// ParseHead reads what Head.String writes.
func ParseHead(s string) (Head, error) {
	bad := &FormError{Field: "position", Why: "is not site/epoch/seq/hash, such as leeds/1/240/ and 64 hexadecimal digits"}
	parts := strings.Split(s, "/")
	if len(parts) != 4 {
		return Head{}, bad
	}
	site, err := ParseSite(parts[0])
	if err != nil {
		return Head{}, err
	}
	epoch, err1 := strconv.ParseUint(parts[1], 10, 64)
	seq, err2 := strconv.ParseUint(parts[2], 10, 64)
	raw, err3 := hex.DecodeString(parts[3])
	if err1 != nil || err2 != nil || err3 != nil || len(raw) != sha256.Size {
		return Head{}, bad
	}
	h := Head{Site: site, Position: Position{Epoch: Epoch(epoch), Seq: Seq(seq)}}
	copy(h.Hash[:], raw)
	return h, nil
}

// Chain gives the hash of the entry at (site, epoch, seq) whose stored bytes are given. The
// bytes hold no hash themselves; length prefixes keep two neighbours from trading bytes.
func Chain(before Hash, site SiteID, epoch Epoch, seq Seq, stored []byte) Hash {
	var room [512]byte // an ordinary entry needs no memory
	b := append(room[:0], before[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(len(site)))
	b = append(b, site...)
	b = binary.BigEndian.AppendUint64(b, uint64(epoch))
	b = binary.BigEndian.AppendUint64(b, uint64(seq))
	return sha256.Sum256(append(b, stored...))
}

// Digest is 128 bits of SHA-256: enough to tell keys and requests apart for ever.
type Digest [16]byte

// DigestOf hashes parts with their lengths, so that ("ab","c") and ("a","bc") differ.
func DigestOf(parts ...[]byte) Digest {
	var room [512]byte
	b := room[:0]
	for _, p := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(p)))
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	return Digest(sum[:16])
}
