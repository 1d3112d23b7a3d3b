package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/hugepages"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/messenger"
	"github.com/holdfast-stock/holdfast/hq/openid"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

type hqCmd struct {
	service
	Names       []string `help:"Names or addresses by which browsers call this server, beside that of --url and the one address that it listens on: its certificate says them. Names of the inside are let in unsaid; requests for others are turned away." placeholder:"NAME"`
	Dir         string   `help:"Folder of this server's log, journals and token; made if there is none." required:"" placeholder:"DIR"`
	Name        string   `help:"Name of this server, for example hq-1." required:"" placeholder:"NAME"`
	Listen      string   `help:"Where the API, the sites' link and the page are served." required:"" placeholder:"ADDR"`
	URL         string   `name:"url" help:"How sites and the other servers reach --listen, where that is not http://ADDR." placeholder:"URL"`
	RaftListen  string   `help:"Where the other servers reach this one; keep it in a private network." required:"" placeholder:"ADDR"`
	RaftAddress string   `help:"How the other servers reach --raft-listen, where that is another address." placeholder:"ADDR"`
	Bootstrap   bool     `help:"Begin a head office: the first server, on its first start only."`
	Join        string   `help:"Join token that hq token add printed, or, on loopback without TLS, the URL of any server of the head office to join; on the first start only." placeholder:"TOKEN"`
	TLS         bool     `name:"tls" help:"Certificates on loopback, too. With --bootstrap; on any other address there is nothing but."`
	Archive     string   `help:"Folder outside DIR, best on another machine's disk, where the leader's deputy keeps a copy of every site's journal; give all servers the same. Without one no site trims its journal." placeholder:"DIR"`
	TokenFile   string   `help:"With --join: file with that head office's owner token. Kept in DIR, so given once." placeholder:"FILE" type:"existingfile"`

	OIDCIssuer     string        `name:"oidc-issuer" help:"URL of the company's identity provider (OpenID Connect): people of head office sign in to the page by it, and by password still. Its client sends browsers back to URL/sign-in/oidc/back. Give all servers the same." placeholder:"URL"`
	OIDCClient     string        `name:"oidc-client" help:"With --oidc-issuer: the client id that it knows head office by." placeholder:"ID"`
	OIDCSecretFile string        `name:"oidc-secret-file" help:"With --oidc-issuer: file with the client's secret, where it has one." placeholder:"FILE" type:"existingfile"`
	OIDCClaim      string        `name:"oidc-claim" help:"With --oidc-issuer: which claim is the user's id here; default preferred_username. Whoever it names has to be a user (user add), and may do what that user may." placeholder:"CLAIM"`
	OIDCRecheck    time.Duration `name:"oidc-recheck" help:"With --oidc-issuer: how long a sign-in by the provider lasts before it is asked again, 5m to 12h; default 1h. Whoever is signed in there types nothing, and whoever was turned away there is out." placeholder:"DURATION"`
	OIDCAt         string        `name:"oidc-at" help:"With --oidc-issuer: how browsers reach head office, where that is not --url." placeholder:"URL"`

	SMTP             string `name:"smtp" help:"Mail server that events are mailed through, host:port; port 465 is TLS, any other STARTTLS, and in the clear to this machine alone. Give all servers the same." placeholder:"ADDR"`
	SMTPFrom         string `name:"smtp-from" help:"With --smtp: mailbox that mail comes from." placeholder:"MAILBOX"`
	SMTPUser         string `name:"smtp-user" help:"With --smtp: user, where the server asks for one." placeholder:"NAME"`
	SMTPPasswordFile string `name:"smtp-password-file" help:"With --smtp-user: file with the password." placeholder:"FILE" type:"existingfile"`
	Letters          string `help:"With --smtp: JSON file of the letters that mail says in place of this program's own; holdfast webhook letters shows both. Give all servers the same." placeholder:"FILE"`

	HugePages bool `help:"Ask Linux for huge pages for the state: less of the processor's time for each order of a large company, where memory is plentiful. Where it is scattered, whoever needs a page waits for it." env:"HOLDFAST_HUGE_PAGES"`

	Compare time.Duration `name:"compare-each" help:"How often the servers compare their states; give all the same." default:"5m" placeholder:"DURATION"`
}

// Run serves one head office server until it is told to stop.
func (c *hqCmd) Run(h *house) error {
	cfg := hq.Config{Dir: c.Dir, Name: c.Name, Listen: c.Listen, Names: c.Names, URL: c.URL, RaftListen: c.RaftListen, RaftAddr: c.RaftAddress,
		Bootstrap: c.Bootstrap, Join: c.Join, TokenFile: c.TokenFile, Archive: c.Archive, CheckpointEach: c.Compare, TLS: c.TLS}
	cfg.Limits = c.limits()
	var err error
	if identity.IsToken(c.Join) {
		if cfg.Join, err = c.enrol(h); err != nil {
			return err
		}
	}
	cfg.OpenID = openid.Config{Issuer: c.OIDCIssuer, ClientID: c.OIDCClient, Claim: c.OIDCClaim, At: c.OIDCAt, Recheck: c.OIDCRecheck}
	if cfg.OpenID.Secret, err = secretIn(c.OIDCSecretFile); err != nil {
		return fmt.Errorf("read the identity provider's secret: %w", err)
	}
	cfg.Mail = messenger.Mail{Server: c.SMTP, From: c.SMTPFrom, User: c.SMTPUser}
	if cfg.Mail.Password, err = secretIn(c.SMTPPasswordFile); err != nil {
		return fmt.Errorf("read mail password: %w", err)
	}
	if c.Letters != "" {
		if cfg.Letters, err = readLetters(c.Letters); err != nil {
			return err
		}
	}
	if c.Archive != "" { // so that the one is found in the other however they are written
		var err1, err2 error
		cfg.Dir, err1 = filepath.Abs(c.Dir)
		cfg.Archive, err2 = filepath.Abs(c.Archive)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("find the archive: %w", err)
		}
	}
	if err := cfg.Validate(); err != nil {
		return invalid(err)
	}
	log := c.logger(h.stderr)
	if c.HugePages {
		if err := hugepages.Reserve(hqMemory); err != nil {
			log.LogAttrs(h.ctx, slog.LevelInfo, "heap without huge pages", slog.Any("err", err))
		}
	}
	s, err := hq.Open(world.New(), cfg, log, registry(c.Dir))
	if err != nil {
		return startFault(err, "hq", c.Dir, c.Listen+" or "+c.RaftListen)
	}
	fmt.Fprintf(h.stdout, "%s serves at %s\n", c.Name, s.URL())
	if err := errors.Join(c.profiled(func() error { return lean(h.ctx, hqRoom(), s.Run) }), s.Close()); err != nil {
		return withHint(fmt.Errorf("run hq %s: %w", c.Name, err), "what was answered is safe; look at the disk, then start the server again")
	}
	return nil
}

// secretIn reads a secret from a file; "" where none is given.
func secretIn(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	raw, err := os.ReadFile(path)
	return strings.TrimSpace(string(raw)), err
}

// enrol readies the folder by a join token, and gives where the head office is that it names.
func (c *hqCmd) enrol(h *house) (url string, err error) {
	token, err := identity.ParseToken(c.Join)
	if err != nil {
		return "", fmt.Errorf("%w: --join: %w", errUsage, err)
	}
	if err := hq.Enrol(h.ctx, world.New(), c.Dir, token, waitsFor(c.logger(h.stderr))); err != nil {
		return "", joinFault(err)
	}
	return token.Servers[0], nil
}

// waitsFor logs that head office does not answer yet.
func waitsFor(log *slog.Logger) func(error) {
	return func(err error) {
		log.LogAttrs(context.Background(), slog.LevelWarn, "head office does not answer yet", slog.Any("err", err))
	}
}

// joinFault says what can be done about a token that was not taken.
func joinFault(err error) error {
	no, refused := errors.AsType[*enrol.RefusedError](err)
	switch {
	case refused:
		return withHint(err, or(no.Hint, "ask head office for another: holdfast hq token add NAME"))
	case errors.Is(err, identity.ErrForeign):
		return withHint(err, "whoever answers there is not the head office that gave the token: see the address, and who is in between")
	case errors.Is(err, identity.ErrEnded):
		return withHint(err, "see this machine's clock and head office's")
	}
	return err
}
