package contract

import (
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The headers of the contract.
const (
	HeaderKey      = "Idempotency-Key"
	HeaderReplayed = "Idempotent-Replayed"
	HeaderPosition = "Holdfast-Position"

	// HeaderApproval has a second person approve one act: NAME:PIN. It is written nowhere.
	HeaderApproval = "Holdfast-Approval"
)

// keyMax bounds an idempotency key, in bytes.
const keyMax = 255

// Key gives the request's idempotency key, or "" where it has none.
func Key(h http.Header) (string, error) {
	got := h.Values(HeaderKey)
	switch len(got) {
	case 0:
		return "", nil
	case 1:
		return got[0], CheckKey(got[0])
	default:
		return "", New(CodeBadKey, HeaderKey+" is given more than once.")
	}
}

// CheckKey refuses a key that is not 1 to 255 printable ASCII characters.
func CheckKey(key string) error {
	if key == "" || len(key) > keyMax {
		return New(CodeBadKey, fmt.Sprintf("The key is %d characters long; it must be 1 to %d.", len(key), keyMax))
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return New(CodeBadKey, fmt.Sprintf("Character %d of the key is not printable ASCII.", i+1))
		}
	}
	return nil
}

// KeyDigest scopes a key to its caller and the book that remembers it: a site, or ledger.HQ.
func KeyDigest(caller string, book ledger.SiteID, key string) ledger.Digest {
	return ledger.DigestOf([]byte("client key"), []byte(caller), []byte(book), []byte(key))
}

// RequestDigest tells one request under a key from another.
func RequestDigest(method, path string, body []byte) ledger.Digest {
	return ledger.DigestOf([]byte(method), []byte(path), body)
}

// Position gives the position that the client has seen, if it shows one.
func Position(h http.Header) (head ledger.Head, shown bool, err error) {
	text := h.Get(HeaderPosition)
	if text == "" {
		return ledger.Head{}, false, nil
	}
	head, err = ledger.ParseHead(text)
	if err != nil {
		return ledger.Head{}, false, &ledger.FormError{Field: HeaderPosition, Why: "is not site/epoch/seq/hash: send the one of the latest answer that was read, or none"}
	}
	return head, true, nil
}
