package identity

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A TokenID finds a token at head office. It is no secret.
type TokenID [8]byte

// String is the id in hex.
func (id TokenID) String() string { return hex.EncodeToString(id[:]) }

// ParseTokenID reads what String writes.
func ParseTokenID(s string) (id TokenID, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(id) || hex.EncodeToString(b) != s {
		return id, &ledger.FormError{Field: "token", Why: "is not the number of a join token, 16 hex digits"}
	}
	return TokenID(b), nil
}

// A Fingerprint is the SHA-256 of a certificate as it is sent.
type Fingerprint [sha256.Size]byte

// FingerprintOf is that of a certificate's bytes.
func FingerprintOf(der []byte) Fingerprint { return sha256.Sum256(der) }

// String is the fingerprint in hex.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// A Token gets one process its first certificate, once. It says where head office is and by which root it is known, so
// that nobody in between can be taken for it. The zero Token is none.
type Token struct {
	ID      TokenID
	Secret  [16]byte // 128 bits, drawn; head office keeps only Hash
	Root    Fingerprint
	Role    Role
	Site    ledger.SiteID // "" for a server of head office
	Ends    time.Time     // whole seconds
	Servers []string      // base URLs of head office, 1 to 5
}

// TokenLife is how long a token can be used.
const TokenLife = 24 * time.Hour

const (
	tokenPrefix   = "hfj1_" // the format's version with it
	tokenServers  = 5
	tokenURLMax   = 200
	tokenBytesMax = 2048 // decoded
)

// DrawToken gives a token its number and its secret.
func DrawToken(t Token, random io.Reader) (Token, error) {
	for _, p := range [][]byte{t.ID[:], t.Secret[:]} {
		if _, err := io.ReadFull(random, p); err != nil {
			return Token{}, fmt.Errorf("draw join token: %w", err)
		}
	}
	return t, nil
}

// String names the token without its secret, for logs and lists.
func (t Token) String() string { return "join token " + t.ID.String() }

// GoString is as String: %#v shows no secret either.
func (t Token) GoString() string { return t.String() }

// Hash is what head office keeps of the secret.
func (t Token) Hash() [sha256.Size]byte {
	return sha256.Sum256(slices.Concat([]byte("holdfast join token"), t.ID[:], t.Secret[:]))
}

// IsToken says whether text looks like a token: it begins as one.
func IsToken(text string) bool { return strings.HasPrefix(text, tokenPrefix) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Text is the token as it is handed on. It holds the secret.
func (t Token) Text() string {
	b := slices.Concat([]byte{byte(t.Role)}, t.ID[:], t.Secret[:], t.Root[:])
	b = binary.BigEndian.AppendUint64(b, uint64(t.Ends.Unix()))
	b = append(append(b, byte(len(t.Site))), t.Site...)
	b = append(b, byte(len(t.Servers)))
	for _, s := range t.Servers {
		b = append(append(b, byte(len(s))), s...)
	}
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)) // so that one that was copied wrong is told from one that is refused
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b)
}

// CheckServers says what is wrong with where head office is said to be, or nil.
func CheckServers(urls []string) error {
	if len(urls) == 0 || len(urls) > tokenServers {
		return &ledger.FormError{Field: "servers", Why: fmt.Sprintf("has %d; a token names 1 to %d", len(urls), tokenServers)}
	}
	for _, s := range urls {
		if u, err := url.Parse(s); err != nil || len(s) > tokenURLMax || u.Scheme != "https" || u.Host == "" || u.User != nil {
			return &ledger.FormError{Field: "servers", Why: "has one that is no https address"}
		}
	}
	return nil
}

// ParseToken reads a token in its one spelling. Whether it is still good only head office knows.
func ParseToken(text string) (Token, error) {
	bad := func(why string) (Token, error) { return Token{}, &ledger.FormError{Field: "join token", Why: why} }
	body, ok := strings.CutPrefix(text, tokenPrefix)
	if !ok || len(body) > base64.RawURLEncoding.EncodedLen(tokenBytesMax) {
		return bad("is none: it begins with " + tokenPrefix)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || len(raw) < crc32.Size || crc32.Checksum(raw[:len(raw)-crc32.Size], castagnoli) != binary.BigEndian.Uint32(raw[len(raw)-crc32.Size:]) {
		return bad("was not copied whole: copy it again, from " + tokenPrefix + " to its end")
	}
	r := bytes.NewReader(raw[:len(raw)-crc32.Size])
	var t Token
	role, _ := r.ReadByte()
	t.Role = Role(role)
	var ends uint64
	for _, p := range []any{t.ID[:], t.Secret[:], t.Root[:], &ends} {
		if err := binary.Read(r, binary.BigEndian, p); err != nil {
			return bad("is too short")
		}
	}
	if ends > 1<<40 {
		return bad("ends at no moment")
	}
	t.Ends = time.Unix(int64(ends), 0).UTC()
	site, ok := shortText(r)
	if t.Site = ledger.SiteID(site); !ok {
		return bad("is too short")
	}
	n, err := r.ReadByte()
	if err != nil || n > tokenServers {
		return bad("is too short")
	}
	for range n {
		s, ok := shortText(r)
		if !ok {
			return bad("is too short")
		}
		t.Servers = append(t.Servers, s)
	}
	if r.Len() != 0 || (t.Role == RoleSite) != (t.Site != "") || t.Role != RoleSite && t.Role != RoleHQ {
		return bad("is for nobody that this program knows")
	}
	if t.Site != "" {
		if _, err := ledger.ParseSite(string(t.Site)); err != nil {
			return Token{}, err
		}
	}
	return t, CheckServers(t.Servers)
}

// shortText reads a text behind its length.
func shortText(r *bytes.Reader) (string, bool) {
	n, err := r.ReadByte()
	if err != nil || int(n) > r.Len() {
		return "", false
	}
	b := make([]byte, n)
	_, err = io.ReadFull(r, b)
	return string(b), err == nil
}
