package main

import (
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
)

// keyed is a command that changes something and may have to be repeated.
type keyed struct {
	Key string `help:"The idempotency key: give the one that was printed to repeat a call of which nobody knows what became." placeholder:"KEY"`
}

// key gives the key, one of its own where none was said.
func (k *keyed) key() string {
	if k.Key == "" {
		k.Key = "call-" + rand.Text()
	}
	return k.Key
}

// unsure names the key where nobody can say what became of a call.
func (k *keyed) unsure(h *house, err error) {
	if errors.Is(err, client.ErrUnsure) {
		fmt.Fprintf(h.stderr, "repeat it with --key %s: it will not be done twice\n", k.Key)
	}
}
