package hq

import (
	"errors"
	"fmt"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Two clerks: whoever says which version he has seen is told where another has changed the same thing since.

// Seen says which version whoever changes something has seen.
type Seen struct {
	Version uint64 `json:"version,omitempty" jsonschema:"of the settings, as the list that was looked at names it: where what is put was changed since, nothing is changed and the answer is changed_since; left out, it takes the place of whatever is there"`
}

// sees says whether a change may say what its clerk has seen: a server of an older build would not look at it.
func (s *Server) sees(version uint64) error {
	if version != 0 && !s.knows(machine.AgreeCommands) {
		return errMixed
	}
	return nil
}

// A sinceError is a refusal of a change of what somebody else has changed, with what is there now.
type sinceError struct {
	error
	now any
}

func (e *sinceError) Unwrap() error { return e.error }

// since puts to a refusal for what was changed since what is there now. Any other error is passed on.
func since[T any](s *Server, err error, now func(*machine.Machine) T) error {
	setting, delivery := (*machine.SettingChangedError)(nil), (*machine.DeliveryChangedError)(nil)
	if !errors.As(err, &setting) && !errors.As(err, &delivery) {
		return err
	}
	return &sinceError{err, looked(s, now)}
}

// changedRefused is what a change is refused with where somebody else was first; nil of any other error.
func changedRefused(err error) *contract.Problem {
	var p *contract.Problem
	if e, ok := errors.AsType[*machine.SettingChangedError](err); ok {
		p = contract.New(contract.CodeChangedSince, settingChanged(e))
		p.Version = e.Version
	}
	if e, ok := errors.AsType[*machine.DeliveryChangedError](err); ok {
		p = contract.New(contract.CodeChangedSince, deliveryChanged(e))
		p.Version = e.Version
	}
	if e, ok := errors.AsType[*sinceError](err); ok && p != nil {
		p.Now = e.now
	}
	return p
}

func settingChanged(e *machine.SettingChangedError) string {
	if e.Last == nil {
		return fmt.Sprintf("The settings are at version %d, and it is not known any more what was changed since the version that was named.", e.Version)
	}
	c, of := e.Last, ""
	if c.Site != "" {
		of = " of " + string(c.Site)
	}
	if c.SKU != "" {
		of += " for " + string(c.SKU)
	}
	return fmt.Sprintf("%s%s was changed by %s at %s, from %q to %q. The settings are at version %d by now.", c.What, of, c.Set.By, contract.Moment(c.Set.At), c.From, c.To, e.Version)
}

func deliveryChanged(e *machine.DeliveryChangedError) string {
	if e.Version == 0 {
		return fmt.Sprintf("No delivery is known under %s any more. Send it without a version to expect it anew.", e.Reference)
	}
	return fmt.Sprintf("Delivery %s was changed by %s at %s. It is at version %d by now.", e.Reference, e.Set.By, contract.Moment(e.Set.At), e.Version)
}
