package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"

	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// cast is who works in the company.
func cast() []contract.UserRequest {
	person := func(name, role string) contract.UserRequest {
		return contract.UserRequest{Name: &name, Roles: &[]string{role}}
	}
	return []contract.UserRequest{person("ann", "cashier"), person("sam", "supervisor"), person("pia", "picker"), person("stan", "stock_controller"), person("olga", "office")}
}

// introduce makes people and devices known, and says how they sign in: at a till or a handheld by a PIN, at head office by
// a password.
func (s *show) introduce(ctx context.Context) error {
	hq := s.company.hqClient(50)
	s.staff = &staff{people: map[string]*contract.UserRequest{}}
	for _, in := range cast() {
		name := *in.Name
		var err error
		if in.PIN, err = drawPIN(); err != nil {
			return err
		}
		if in.Password, err = door.NewSecret(rand.Reader); err != nil {
			return fmt.Errorf("draw password: %w", err)
		}
		in.Password = in.Password[:16]
		if _, err := hq.Do(ctx, http.MethodPut, "/v1/users/"+name, "", in, nil); err != nil {
			return fmt.Errorf("set user %s: %w", name, err)
		}
		s.staff.people[name] = &in
		s.say("%-12s %-16s PIN %s at tills and handhelds, password %s at head office", name, (*in.Roles)[0], in.PIN, in.Password)
	}
	if s.cfg.For > 0 || s.cfg.Orders != "" {
		return s.enrol(ctx)
	}
	for _, site := range s.company.sites {
		id, file := "till-"+site.name, filepath.Join(s.cfg.Dir, "till-"+site.name+".token")
		var device contract.User
		if _, err := hq.Do(ctx, http.MethodPut, "/v1/users/"+id, "", contract.UserRequest{Kind: "device", Sites: &[]string{site.name}}, &device); err != nil {
			return fmt.Errorf("set device %s: %w", id, err)
		}
		if err := os.WriteFile(file, []byte(device.Token+"\n"), 0o600); err != nil {
			return fmt.Errorf("write token of %s: %w", id, err)
		}
		s.say("%-12s enrol a browser at %s's page once with the token in %s; it asks for name and PIN from then on", id, site.name, file)
	}
	return nil
}

// drawPIN draws six digits that are not guessed first.
func drawPIN() (string, error) {
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return "", fmt.Errorf("draw PIN: %w", err)
		}
		if pin := fmt.Sprintf("%06d", n); door.CheckPIN(pin) == nil {
			return pin, nil
		}
	}
}
