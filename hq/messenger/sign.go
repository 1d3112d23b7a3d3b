package messenger

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The headers of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, spec 1.0.0).
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// secretPrefix begins a secret as people copy it.
const secretPrefix = "whsec_"

// Bounds of a secret, in bytes: those of the specification.
const (
	SecretMin  = 24
	SecretMax  = 64
	secretMade = 32
)

// NewSecret draws a secret.
func NewSecret(random io.Reader) ([]byte, error) {
	b := make([]byte, secretMade)
	if _, err := io.ReadFull(random, b); err != nil {
		return nil, fmt.Errorf("draw webhook secret: %w", err)
	}
	return b, nil
}

// SecretText is a secret as it is given to its receiver.
func SecretText(secret []byte) string {
	return secretPrefix + base64.StdEncoding.EncodeToString(secret)
}

// ParseSecret reads what SecretText wrote. An error never repeats the secret.
func ParseSecret(text string) ([]byte, error) {
	name, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return nil, &ledger.FormError{Field: "secret", Why: "does not begin with whsec_. Leave it out, and one is made"}
	}
	b, err := base64.StdEncoding.DecodeString(name)
	if err != nil || len(b) < SecretMin || len(b) > SecretMax {
		return nil, &ledger.FormError{Field: "secret", Why: fmt.Sprintf("is not whsec_ and %d to %d bytes in base64. Leave it out, and one is made", SecretMin, SecretMax)}
	}
	return b, nil
}

// Sign gives the value of webhook-signature for a body that is sent under an id at a moment.
func Sign(secret []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + stamp(at) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// stamp is a moment as webhook-timestamp has it: seconds since 1970.
func stamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
