package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

type userCmd struct {
	List        userListCmd     `cmd:"" help:"List users: people, programs and devices."`
	Add         userAddCmd      `cmd:"" help:"Add a user, or change one: what is left out stays as it is. The token of a program or a device is shown once."`
	Disable     userDisableCmd  `cmd:"" help:"Turn a user away, such as a person who left or a till that was lost: at head office at once, at sites with their next contact."`
	Enable      userEnableCmd   `cmd:"" help:"Let a user in again."`
	SetPIN      userPINCmd      `cmd:"" name:"set-pin" help:"Set the PIN that signs a person in at sites. It is asked for, or read from standard input: 4 to 12 digits."`
	SetPassword userPasswordCmd `cmd:"" name:"set-password" help:"Set the password that signs a person in at head office. It is asked for, or read from standard input: 10 to 128 bytes."`
	NewToken    userTokenCmd    `cmd:"" name:"new-token" help:"Draw another token for a program or a device; the old one ends."`
}

func pathUser(id string) string { return "/v1/users/" + url.PathEscape(id) }

type userListCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists users, page by page.
func (c *userListCmd) Run(h *house) error {
	l := lister[contract.UserList, contract.User]{
		path: "/v1/users", query: url.Values{}, limit: 500,
		rows: func(p *contract.UserList) *[]contract.User { return &p.Users }, next: func(p *contract.UserList) string { return p.NextCursor },
		columns: "USER\tKIND\tNAME\tROLES\tSITES\tSIGNS IN BY\tLEARNT FROM\tWHY NOT",
		row: func(w io.Writer, u *contract.User) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", u.User, u.Kind, u.Name, strings.Join(append(u.Roles, u.Scope...), " "), whereKnown(u), signsInBy(u), u.LearntFrom, u.Disabled)
		},
	}
	return l.run(h, &c.access, "users", c.JSON)
}

func whereKnown(u *contract.User) string {
	if len(u.Sites) == 0 {
		return "all"
	}
	return strings.Join(u.Sites, " ")
}

func signsInBy(u *contract.User) string {
	switch {
	case u.NoToken:
		return "no token any more"
	case u.Kind != "person":
		return "token"
	case u.PIN && u.Password:
		return "PIN, password"
	case u.PIN:
		return "PIN"
	case u.Password:
		return "password"
	default:
		return "nothing yet"
	}
}

// A userAct is an act on one user with a name to it.
type userAct struct {
	access
	User   string `arg:"" name:"user" help:"The user's id: 1 to 32 of a-z, 0-9, _ and -."`
	Reason string `help:"Why; head office keeps it." placeholder:"WORDS"`
	By     string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
	qr     bool   // a token that was drawn is drawn as a QR code, too
}

// there gives the user, who has to be one: a name that is typed wrong makes nobody.
func (a *userAct) there(h *house) (u contract.User, err error) {
	if err := a.call(h, http.MethodGet, pathUser(a.User), "", nil, &u); err != nil {
		return u, withHint(fmt.Errorf("look up user %s: %w", a.User, err), "holdfast user list says who there is")
	}
	return u, nil
}

// change has a user set who is there.
func (a *userAct) change(h *house, in contract.UserRequest, words string) error {
	if _, err := a.there(h); err != nil {
		return err
	}
	return a.put(h, in, words)
}

// put has the user set as in says, and prints what came of it.
func (a *userAct) put(h *house, in contract.UserRequest, words string) error {
	in.By, in.Reason = signer(a.By), a.Reason
	var out contract.User
	if err := a.call(h, http.MethodPut, pathUser(a.User), "", in, &out); err != nil {
		return fmt.Errorf("set user %s: %w", a.User, err)
	}
	if out.NoToken {
		words += "; it has no token that lets anybody in: holdfast user new-token USER draws one"
	}
	if err := printed(h, a.JSON, out, "%s", strings.ReplaceAll(words, "USER", string(out.User))); err != nil || out.Token == "" || a.JSON {
		return err
	}
	if a.qr {
		if err := drawQR(h.stdout, out.Token); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(h.stdout, "%s\nthis token is shown once; whoever has it is %s\n", out.Token, out.User)
	return err
}

type userAddCmd struct {
	userAct
	Kind    string   `help:"person, program (for an integration: shows a token) or device (a till or handheld that people sign in at)." enum:",person,program,device" default:""`
	Name    *string  `help:"For people to read." placeholder:"TEXT"`
	Roles   []string `help:"cashier, supervisor, picker, stock_controller, office, auditor, administrator." placeholder:"ROLE"`
	Scope   []string `help:"Of a program: the only permissions that it has of its roles'." placeholder:"PERMISSION"`
	At      []string `help:"The sites where it is known, hq for head office; left out: everywhere." placeholder:"SITE"`
	QR      bool     `name:"qr" help:"Draw the token as a QR code, too: a till or handheld is enrolled by scanning it into the token's field of its site's page."`
	Expires *string  `help:"When the token ends, such as 2027-01-31T18:00:00Z." placeholder:"MOMENT"`
}

// Run sets the user. Done again it changes nothing.
func (c *userAddCmd) Run(h *house) error {
	in := contract.UserRequest{Kind: c.Kind, Name: c.Name, ExpiresAt: c.Expires}
	for _, l := range []struct {
		given []string
		to    **[]string
	}{{c.Roles, &in.Roles}, {c.Scope, &in.Scope}, {c.At, &in.Sites}} {
		if len(l.given) > 0 {
			*l.to = &l.given
		}
	}
	c.qr = c.QR
	words := "USER is set; sites have it with their next contact"
	if c.Kind == "" || c.Kind == "person" {
		words += "; give them a PIN for tills (user set-pin USER) or a password for head office (user set-password USER)"
	}
	return c.put(h, in, words)
}

type userDisableCmd struct{ userAct }

// Run turns the user away.
func (c *userDisableCmd) Run(h *house) error {
	if c.Reason == "" {
		return fmt.Errorf("%w: user disable needs --reason: whoever is turned away asks why", errUsage)
	}
	return c.change(h, contract.UserRequest{Disabled: &c.Reason}, "USER is turned away, and signed out; a site that is cut off lets them in until its next contact")
}

type userEnableCmd struct{ userAct }

// Run lets the user in again.
func (c *userEnableCmd) Run(h *house) error {
	none := ""
	u, err := c.there(h)
	if err != nil {
		return err
	}
	words := "USER is let in again"
	if u.Kind == "device" {
		words = "USER is turned away no more, and is let in by its token; one that was given up as lost has none that is good: holdfast user new-token USER, and enrol it anew"
	}
	return c.put(h, contract.UserRequest{Disabled: &none}, words)
}

type userTokenCmd struct {
	userAct
	QR bool `name:"qr" help:"Draw the token as a QR code, too."`
}

// Run draws another token.
func (c *userTokenCmd) Run(h *house) error {
	c.qr = c.QR
	return c.change(h, contract.UserRequest{NewToken: true}, "USER has another token; the one before does no longer work")
}

type userPINCmd struct{ userAct }

// Run sets the PIN.
func (c *userPINCmd) Run(h *house) error {
	return c.secret(h, "PIN", func(secret string) contract.UserRequest { return contract.UserRequest{PIN: secret} })
}

type userPasswordCmd struct{ userAct }

// Run sets the password.
func (c *userPasswordCmd) Run(h *house) error {
	return c.secret(h, "password", func(secret string) contract.UserRequest { return contract.UserRequest{Password: secret} })
}

func (a *userAct) secret(h *house, what string, request func(string) contract.UserRequest) error {
	if _, err := a.there(h); err != nil {
		return err
	}
	secret, err := askSecret(h, what)
	if err != nil {
		return fmt.Errorf("set %s of %s: %w", what, a.User, err)
	}
	return a.put(h, request(secret), "USER has a new "+what+"; whoever was signed in as USER is signed out")
}

// askSecret reads a secret from the terminal, unseen, or from standard input. It is never an argument: those stand in
// the list of processes.
func askSecret(h *house, what string) (string, error) {
	if term.IsTerminal(int(os.Stdin.Fd())) {
		b, err := h.unseen(what)
		return strings.TrimSpace(string(b)), err
	}
	b, err := io.ReadAll(io.LimitReader(os.Stdin, 4<<10))
	if secret := strings.TrimSpace(string(b)); secret != "" || err != nil {
		return secret, err
	}
	return "", errors.New("nothing came on standard input")
}

// unseen asks at the terminal and shows nothing of the answer. Whoever interrupts it ends the command, and finds the terminal as it was.
func (h *house) unseen(what string) ([]byte, error) {
	fd := int(os.Stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("ask for the %s: %w", what, err)
	}
	fmt.Fprintf(h.stderr, "%s: ", what)
	defer fmt.Fprintln(h.stderr)
	type answer struct {
		secret []byte
		err    error
	}
	typed := make(chan answer, 1)
	go func() { // where nobody types any more it ends with the process
		secret, err := term.ReadPassword(fd)
		typed <- answer{secret, err}
	}()
	select {
	case a := <-typed:
		return a.secret, a.err
	case <-h.ctx.Done():
		return nil, errors.Join(errors.New("interrupted, and nothing was done"), term.Restore(fd, before))
	}
}
