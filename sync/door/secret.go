package door

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What one hash costs (OWASP's least for Argon2id): 19 MiB of memory, two passes, one lane. It is kept with the hash, so
// that it can grow; what is read is bounded, for a hash came from somewhere.
const (
	hashMemory  = 19 << 10 // KiB
	hashPasses  = 2
	hashLanes   = 1
	hashBytes   = 32
	saltBytes   = 16
	memoryMost  = 256 << 10 // KiB
	passesMost  = 16
	lanesMost   = 8
	hashedAtAll = 2               // hashes worked out at once: 38 MiB, two processors
	hashQueue   = 32              // and how many may wait
	hashWait    = 2 * time.Second // how long
)

// Bounds of secrets, in bytes.
const (
	PasswordMin = 10
	PasswordMax = 128
	PINMin      = 4
	PINMax      = 12

	// ApprovalPINMin is of a PIN that approves at head office: sites have its hash, and four digits are found in hours.
	ApprovalPINMin = 8
)

// ErrCrowded says that too many are signing in at once.
var ErrCrowded = errors.New("too many sign-ins at once")

// Secrets works out hashes, a few at a time: strangers must not have all of the memory. It is for many goroutines.
type Secrets struct {
	clock  ledger.Clock
	random io.Reader
	places chan struct{} // being worked out
	queue  chan struct{} // being worked out, or waiting
	nobody string        // what a guess is compared with where there is no such user
}

// NewSecrets makes one. random must be fit for many goroutines.
func NewSecrets(clock ledger.Clock, random io.Reader) *Secrets {
	s := &Secrets{clock: clock, random: random, places: make(chan struct{}, hashedAtAll), queue: make(chan struct{}, hashedAtAll+hashQueue)}
	s.nobody = phc(cost{hashMemory, hashPasses, hashLanes}, make([]byte, saltBytes), make([]byte, hashBytes))
	return s
}

// CheckPassword refuses a password that nobody should have.
func CheckPassword(s string) error {
	if len(s) < PasswordMin || len(s) > PasswordMax {
		return &ledger.FormError{Field: "password", Why: fmt.Sprintf("is not %d to %d bytes long", PasswordMin, PasswordMax)}
	}
	return nil
}

// CheckPIN refuses what is no PIN, or one that is guessed first.
func CheckPIN(s string) error {
	if len(s) < PINMin || len(s) > PINMax || strings.Trim(s, "0123456789") != "" {
		return &ledger.FormError{Field: "pin", Why: fmt.Sprintf("is not %d to %d digits", PINMin, PINMax)}
	}
	step := int(s[1]) - int(s[0])
	for i := 1; i < len(s); i++ {
		if int(s[i])-int(s[i-1]) != step {
			return nil
		}
	}
	if step >= -1 && step <= 1 {
		return &ledger.FormError{Field: "pin", Why: "is one that is guessed first, such as 1234 or 0000: take another"}
	}
	return nil
}

// Hash works out what is kept of a secret.
func (s *Secrets) Hash(ctx context.Context, secret string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(s.random, salt); err != nil {
		return "", fmt.Errorf("draw salt: %w", err)
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	c := cost{hashMemory, hashPasses, hashLanes}
	return phc(c, salt, c.hash(secret, salt, hashBytes)), nil
}

// Is says whether secret is what kept was made of. With kept "", where there is no such user or none who has a secret,
// it takes as long and says no.
func (s *Secrets) Is(ctx context.Context, kept, secret string) (bool, error) {
	real := kept != ""
	if !real {
		kept = s.nobody
	}
	c, salt, want, err := readPHC(kept)
	if err != nil {
		return false, err
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	got := c.hash(secret, salt, len(want))
	return subtle.ConstantTimeCompare(got, want) == 1 && real, nil
}

// enter waits for a place to work out a hash. Each wait has a limit, and so has the queue.
func (s *Secrets) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err // nobody waits for it
	}
	select {
	case s.queue <- struct{}{}:
	default:
		return nil, ErrCrowded
	}
	late, stop := s.clock.After(hashWait)
	defer stop()
	select {
	case s.places <- struct{}{}:
		return func() { <-s.places; <-s.queue }, nil
	case <-late:
		err = ErrCrowded
	case <-ctx.Done():
		err = ctx.Err()
	}
	<-s.queue
	return nil, err
}

type cost struct{ memory, passes, lanes uint32 }

func (c cost) hash(secret string, salt []byte, n int) []byte {
	return argon2.IDKey([]byte(secret), salt, c.passes, c.memory, uint8(c.lanes), uint32(n))
}

// phc writes a hash in the form that Argon2's own tool has.
func phc(c cost, salt, hash []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.lanes, b64(salt), b64(hash))
}

// readPHC reads what phc wrote, within bounds.
func readPHC(s string) (c cost, salt, hash []byte, err error) {
	bad := errors.New("a secret is kept in a form that this build cannot read")
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, bad
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.lanes); err != nil {
		return c, nil, nil, bad
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	hash, errHash := base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errHash != nil || len(salt) < 8 || len(salt) > 64 || len(hash) < 16 || len(hash) > 64 ||
		c.memory < 8 || c.memory > memoryMost || c.passes < 1 || c.passes > passesMost || c.lanes < 1 || c.lanes > lanesMost {
		return c, nil, nil, bad
	}
	return c, salt, hash, nil
}
