package door

import (
	"errors"
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Problem is what a client is told of an error of the door's; false where it is none.
func Problem(err error) (*contract.Problem, bool) {
	if wait, ok := errors.AsType[*WaitError](err); ok {
		p := contract.New(contract.CodeGuessesMany, fmt.Sprintf("There were too many wrong sign-ins: none is looked at for %d s.", int(wait.For.Seconds())))
		p.RetryAfter = wait.For
		return p, true
	}
	if many, ok := errors.AsType[*TooManyError](err); ok {
		return many.problem(), true
	}
	if no, ok := errors.AsType[*ForbiddenError](err); ok {
		return no.problem(), true
	}
	if none, ok := errors.AsType[*NoApprovalError](err); ok {
		return none.problem(), true
	}
	if over, ok := errors.AsType[*EndedError](err); ok {
		return over.problem(), true
	}
	if errors.Is(err, ErrYourOwn) && !errors.Is(err, ErrApproval) {
		p := contract.New(contract.CodeApprovalWrong, "Nobody approves what they do themselves: it takes a second person.")
		p.Hint = "Have somebody else who may let it be type their name and their PIN or password."
		return p, true
	}
	for _, row := range []struct {
		err    error
		code   contract.Code
		detail string
	}{
		{ErrApproval, contract.CodeApprovalWrong, ""}, // before what it joins
		{ErrWrong, contract.CodeSignInWrong, ""},
		{ErrNoIdentity, contract.CodeNoIdentity, ""},
		{ErrNoDevice, contract.CodeDeviceNeeded, ""},
		{ErrCrossOrigin, contract.CodeCrossOrigin, ""},
		{ErrCrowded, contract.CodeBusy, "Too many are signing in at once."},
	} {
		if errors.Is(err, row.err) {
			return contract.New(row.code, row.detail), true
		}
	}
	if host, ok := errors.AsType[*HostError](err); ok {
		return contract.New(contract.CodeUnknownHost, fmt.Sprintf("This server does not go by the name %q.", host.Host)), true
	}
	return nil, false
}

// problem says to whoever shows a token that was good why it is not, and who can do something about it.
func (e *EndedError) problem() *contract.Problem {
	if e.At.IsZero() {
		p := contract.New(contract.CodeNoIdentity, fmt.Sprintf("%s is turned away, so its token lets nobody in.", e.User))
		p.Hint = fmt.Sprintf("Ask an administrator, who can let it in again: holdfast user enable %s.", e.User)
		return p
	}
	p := contract.New(contract.CodeNoIdentity, fmt.Sprintf("The token of %s ended at %s.", e.User, contract.Moment(e.At)))
	p.Hint = fmt.Sprintf("Have an administrator draw another (holdfast user new-token %s), with a later end, if any (holdfast user add %s --expires MOMENT).", e.User, e.User)
	if e.Kind == ledger.UserDevice {
		p.Hint += " Then enrol the device with it."
	}
	return p
}

// problem says what somebody needs who is to approve.
func (e *NoApprovalError) problem() *contract.Problem {
	p := contract.New(contract.CodeApprovalWrong, fmt.Sprintf("%s has no password of head office's own, and so approves nothing here yet.", e.User))
	p.Hint = fmt.Sprintf("An administrator gives them one (holdfast user set-password %s).", e.User)
	if e.ByPIN {
		p.Detail = fmt.Sprintf("%s signs in by the company's identity provider and has set no PIN to approve by.", e.User)
		p.Hint = fmt.Sprintf("They sign in at head office's page and, within 5 minutes, set a PIN there (Token for calls), of %d digits or more.", ApprovalPINMin)
	}
	return p
}

func (e *TooManyError) problem() *contract.Problem {
	detail := fmt.Sprintf("%s sends more than %d requests a second.", e.Who, e.Most)
	if e.AtOnce {
		detail = fmt.Sprintf("%s has %d requests under way, which is as many as it may.", e.Who, e.Most)
	}
	p := contract.New(contract.CodeRequestsMany, detail)
	p.RetryAfter = e.For
	return p
}

// problem says who can do it: their roles, and whether it is enough that one of them approves.
func (e *ForbiddenError) problem() *contract.Problem {
	who := e.Needs.Who()
	if c := e.Caller; c != nil && c.roles == 0 && c.Device == c.User && c.User != "" {
		return contract.New(contract.CodeForbidden, fmt.Sprintf("Nobody is signed in at %s. This takes %s.", c.Device, who))
	}
	if e.Needs.Lends() && e.Caller.Approvable() {
		return contract.New(contract.CodeApproverNeeded, fmt.Sprintf("%s may not do this alone: it takes %s.", e.Caller.Name(), who))
	}
	p := contract.New(contract.CodeForbidden, fmt.Sprintf("%s may not do this: it takes %s.", e.Caller.Name(), who))
	p.Hint = "Have " + strings.TrimSuffix(who, ".") + " do it, or ask an administrator for the role."
	return p
}
