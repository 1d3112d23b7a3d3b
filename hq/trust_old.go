package hq

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// An OldAuthorityError says that the folder's authority lacks a root that the folder has known: it is a copy of before a rotation, or of
// another company. Started so, nodes that have heard of the rotation would believe this server no longer than the old root lasts, and be
// told to believe nothing else.
type OldAuthorityError struct {
	Dir    string
	Root   identity.Fingerprint // that is lacking
	Newest identity.Fingerprint // that is there
}

func (e *OldAuthorityError) Error() string {
	return fmt.Sprintf("%s/%s is an old copy, or another company's: its newest root is %.12s, and %s beside it knows a later one, %.12s",
		e.Dir, AuthorityFile, e.Newest, enrol.RootsFile, e.Root)
}

// notOlder says whether an authority has the latest root that the folder's file of roots names. That file is written behind the authority
// and oldest first, and the latest generation is never dropped, so a server that nobody has tampered with always has it. A backup brings
// that file along, for the authority is in none; where it is so old that the authority has dropped all that it names, it says nothing of it.
// Nor does it of a company's own root that was made before the one that it follows.
func notOlder(folder enrol.Folder, state authority.State) error {
	raw, err := folder.Read(enrol.RootsFile)
	if err != nil || raw == nil {
		return err
	}
	roots, err := authority.ParseCerts(raw)
	if err != nil || len(roots) == 0 {
		return nil // it is written anew at each start; what cannot be read says nothing of the authority
	}
	last, newest := roots[len(roots)-1], &state.Generations[len(state.Generations)-1]
	if print := identity.FingerprintOf(last.Raw); !state.Has(print) && !last.NotBefore.Before(newest.Cert.NotBefore) {
		return &OldAuthorityError{Dir: folder.Dir, Root: print, Newest: newest.Fingerprint()}
	}
	return nil
}

// oldClocks is how far the clocks of two servers may stand apart, of which one gives a token and the other signs.
const oldClocks = time.Hour

// givenUnderAnother says of what root a join token was given that this server's authority lacks, although its newest root signed by then:
// another generation has begun since this copy of the authority was made. It says so also where the folder's file of roots, which a
// rotation leaves behind (notOlder), is gone.
func (s *Server) givenUnderAnother() (print identity.Fingerprint, old bool) {
	state := s.trust.now()
	signs := state.SignsAt(len(state.Generations) - 1).Add(oldClocks)
	s.View(func(m *machine.Machine) {
		for _, t := range m.EveryTrusted() {
			for i := range t.Tokens {
				if k := &t.Tokens[i]; k.Given.At.After(signs) && !state.Has(k.Root) {
					print, old = k.Root, true
				}
			}
		}
	})
	return print, old
}

// signs refuses to sign by an authority that is an old copy: nodes that came by it would be told to believe nobody else.
func (s *Server) signs() error {
	print, old := s.givenUnderAnother()
	if !old {
		return nil
	}
	p := contract.New(contract.CodeNotReady, fmt.Sprintf("This server's %s is an old copy: join tokens were given under a later root, %.12s, which it does not know. It signs nothing.", AuthorityFile, print))
	p.Hint = "Put the latest copy in its place and start it again; where another server has it, holdfast hq token add hq there gives a token to start this one with once."
	return p
}
