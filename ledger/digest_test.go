package ledger_test

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Keys of years ago must be found again, so the digest is pinned to what it was at first: parts
// with their lengths, one after the other, whatever their size.
func TestADigestIsOfThePartsWithTheirLengths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 700), 0, 5).Draw(t, "parts")
		sum := sha256.New()
		for _, p := range parts {
			var n [8]byte
			binary.BigEndian.PutUint64(n[:], uint64(len(p)))
			sum.Write(n[:])
			sum.Write(p)
		}
		if got, want := ledger.DigestOf(parts...), ledger.Digest(sum.Sum(nil)[:16]); got != want {
			t.Errorf("got %x, want %x", got, want)
		}
	})
}
