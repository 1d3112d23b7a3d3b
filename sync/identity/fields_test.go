package identity_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/identity"
)

// told is a token of these bytes, copied whole.
func told(b ...byte) string {
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return "hfj1_" + base64.RawURLEncoding.EncodeToString(b)
}

// A join token, or a name of a certificate, that is not whole is refused in words that say what to do with it, or what it lacks.
func TestAJoinTokenOrANameThatIsNotWholeIsRefusedInWords(t *testing.T) {
	token := func(text string) error { _, err := identity.ParseToken(text); return err }
	name := func(text string) error { _, err := identity.ParseName(text); return err }
	_, number := identity.ParseTokenID("7")
	// role, number, secret, root, and when it ends
	begin := func(role byte, ends uint64) []byte {
		b := append([]byte{role}, make([]byte, 8+len(identity.Token{}.Secret)+len(identity.Token{}.Root))...)
		return binary.BigEndian.AppendUint64(b, ends)
	}
	site := append(begin(byte(identity.RoleSite), 1), append([]byte{5}, "leeds"...)...)
	for i, row := range []struct {
		is   error
		says string
	}{
		{number, "token is not the number of a join token, 16 hex digits"},
		{token("abc"), "join token is none: it begins with hfj1_"},
		{token("hfj1_abc"), "join token was not copied whole: copy it again, from hfj1_ to its end"},
		{token(told(1, 2)), "join token is too short"},
		{token(told(begin(1, 1<<50)...)), "join token ends at no moment"},
		{token(told(begin(1, 1)...)), "join token is too short"},
		{token(told(site...)), "join token is too short"},
		{token(told(append(site, 1)...)), "join token is too short"},
		{token(told(append(site, 0, 9)...)), "join token is for nobody that this program knows"},
		{token(told(append(site, 0)...)), "servers has 0; a token names 1 to 5"},
		{identity.CheckServers([]string{"http://hq"}), "servers has one that is no https address"},
		{identity.CheckCompany("A B"), "company is not 1 to 32 of a to z, 0 to 9 and hyphens"},
		{identity.Name{Company: "c1", Role: identity.RoleHQ, Who: "hq-1", Epoch: 1}.Check(), "epoch is a site's, and this is a server"},
		{identity.Name{Company: "c1", Role: identity.RoleHQ}.Check(), "server is not 1 to 64 letters, digits, dots and hyphens"},
		{identity.Name{Company: "c1"}.Check(), "role is not site or hq"},
		{name("https://c1/site/leeds"), "name is no holdfast:// name"},
		{name("holdfast://c1/site"), "name names no role and holder"},
		{name("holdfast://c1/site/leeds"), "name names no epoch"},
		{name("holdfast://c1/till/T1"), "name has a role that is not known"},
		{name("holdfast://c1/site/leeds?epoch=01"), "name is not in its one spelling"},
	} {
		if got := fmt.Sprint(row.is); got != row.says {
			t.Errorf("row %d: got %q, want %q", i, got, row.says)
		}
	}
}
