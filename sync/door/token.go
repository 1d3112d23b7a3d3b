package door

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// tokenBytes is 256 bits: guessing is hopeless, so attempts need not be counted.
const tokenBytes = 32

// tokenPrefix names what a secret is to whoever finds it. A user's token has the user's id behind it, and a dot, which
// the owner's token does not have: so it is looked up by name, and compared once.
const tokenPrefix = "hf_"

// NewToken draws a token for a user, and what is kept of it.
func NewToken(random io.Reader, id ledger.UserID) (token string, kept [32]byte, err error) {
	secret, err := NewSecret(random)
	if err != nil {
		return "", kept, fmt.Errorf("draw token: %w", err)
	}
	token = tokenPrefix + string(id) + "." + secret
	return token, sha256.Sum256([]byte(token)), nil
}

// NewSecret draws text that nobody can guess.
func NewSecret(random io.Reader) (string, error) {
	raw := make([]byte, tokenBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// TokenOf is whose token it says that it is; "" where it is no user's.
func TokenOf(token string) ledger.UserID {
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	id, _, dot := strings.Cut(rest, ".")
	if !ok || !dot || len(token) > 256 {
		return ""
	}
	return ledger.UserID(id)
}

// Shows says whether token is the user's, compared in a time that says nothing of it.
func Shows(u *ledger.User, token string) bool {
	got := sha256.Sum256([]byte(token))
	return u.Token != [32]byte{} && subtle.ConstantTimeCompare(got[:], u.Token[:]) == 1
}
