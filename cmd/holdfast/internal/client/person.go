package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A Person works with a client in the place of a token: signed in at a device of a site by PIN, or at head office by
// password, and again where that has ended, for a node that was started anew has signed all out. It is for many goroutines.
type Person struct {
	User   string
	Device string // token of the device that they sign in at
	PIN    string
	Secret string // password, at head office; PIN is empty then
	Waits  bool   // a node that was made anew does not know them yet: that they are refused is no answer, and what they do is repeated

	mu    sync.Mutex // guards token
	token string
}

// codeSignedOut is what a call is refused with whose sign-in has ended.
const codeSignedOut = string(contract.CodeNoIdentity)

// signedIn gives the token of the sign-in, which it begins at base where there is none.
func (p *Person) signedIn(ctx context.Context, base string, c *Client) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.token != "" {
		return p.token, nil
	}
	at := Client{URLs: []string{base}, Token: p.Device, HTTP: c.HTTP}
	var in contract.SignedIn
	if _, err := at.Do(ctx, http.MethodPost, "/v1/sign-in", "", contract.SignInRequest{User: p.User, PIN: p.PIN, Password: p.Secret}, &in); err != nil {
		return "", err
	}
	p.token = in.Token
	return p.token, nil
}

// ended forgets a sign-in that is over.
func (p *Person) ended(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.token == token {
		p.token = ""
	}
}

// as sends one request as whoever the client works for.
func (c *Client) as(ctx context.Context, base, method, path, key string, body []byte) (*Answer, error) {
	if c.Person == nil {
		return c.once(ctx, base, c.Token, method, path, key, body)
	}
	for again := false; ; again = true {
		token, err := c.Person.signedIn(ctx, base, c)
		if no, refused := errors.AsType[*Refusal](err); refused && c.Person.Waits {
			return nil, fmt.Errorf("%w: not signed in: %v", ErrUnsure, no)
		}
		if err != nil {
			return nil, err
		}
		a, err := c.once(ctx, base, token, method, path, key, body)
		if no, ok := errors.AsType[*Refusal](err); !ok || no.Code != codeSignedOut || again {
			return a, err
		}
		c.Person.ended(token)
	}
}
