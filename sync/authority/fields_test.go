package authority_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/sync/authority"
)

// What is no authority, no key and no request is refused in words: somebody has copied the wrong file, or half of one.
func TestAFileThatIsNoAuthorityIsRefusedInWords(t *testing.T) {
	s := newState(t)
	raw, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	other, err := newState(t).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	cert, rest := pem.Decode(raw)
	_, otherKey := pem.Decode(other)
	with := func(change func(b *pem.Block), key []byte) error {
		b := &pem.Block{Type: cert.Type, Headers: map[string]string{}, Bytes: cert.Bytes}
		for k, v := range cert.Headers {
			b.Headers[k] = v
		}
		change(b)
		_, err := authority.Parse(append(pem.EncodeToMemory(b), key...))
		return err
	}
	header := func(now, then string) func(*pem.Block) {
		return func(b *pem.Block) {
			for k, v := range b.Headers {
				if v == now {
					b.Headers[k] = then
				}
			}
		}
	}
	since := s.Generations[0].Since.UTC().Format(time.RFC3339)
	parse := func(raw []byte) error { _, err := authority.Parse(raw); return err }
	keyOf := func(raw []byte) error { _, err := authority.ParseKeyPEM(raw); return err }
	certs := func(raw []byte) error { _, err := authority.ParseCerts(raw); return err }
	request := func(curve elliptic.Curve, hosts int) error {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		r := &x509.CertificateRequest{Subject: pkix.Name{CommonName: "x"}}
		for i := range hosts {
			r.DNSNames = append(r.DNSNames, fmt.Sprintf("h%d.example", i))
		}
		der, err := x509.CreateCertificateRequest(rand.Reader, r, key)
		if err != nil {
			t.Fatal(err)
		}
		_, err = authority.ParseRequest(der)
		return err
	}
	exchange, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mute, err := x509.MarshalPKCS8PrivateKey(exchange)
	if err != nil {
		t.Fatal(err)
	}
	pemOf := func(kind string, b []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}) }
	_, noRequest := authority.ParseRequest([]byte("no"))
	many := s
	for len(many.Generations) <= authority.GenerationsMax {
		many.Generations = append(many.Generations, s.Generations[0])
	}
	_, joined := many.Join(s)
	for i, row := range []struct {
		is   error
		says string
	}{
		{parse(nil), "authority is empty"},
		{parse([]byte(strings.Repeat("x", authority.MarshalMax+1))), "authority is too large"},
		{parse(bytes.Replace(raw, []byte("CERTIFICATE"), []byte("CERTIFICATF"), 2)), "authority is not in the format that this program knows"},
		{with(func(*pem.Block) {}, nil), "authority lacks a key"},
		{with(header(since, "noon"), rest), "authority does not say since when it is known"},
		{with(func(b *pem.Block) { b.Bytes = []byte("no") }, rest), "authority has a certificate that cannot be read"},
		{with(func(*pem.Block) {}, otherKey), "authority has a key that is not its certificate's"},
		{with(header("c1", "C 1"), rest), "authority does not say whose it is"},
		{joined, fmt.Sprintf("authority has %d generations; it keeps %d", authority.GenerationsMax+1, authority.GenerationsMax)},
		{keyOf(nil), "key is no PEM of a PRIVATE KEY (PKCS #8)"},
		{keyOf(pemOf("PRIVATE KEY", []byte("no"))), "key is no private key in PKCS #8"},
		{keyOf(pemOf("PRIVATE KEY", mute)), "key cannot sign"},
		{certs(nil), "certificate is missing"},
		{certs(pemOf("CERTIFICATE", []byte("no"))), "certificate cannot be read"},
		{noRequest, "request is no signed request for a certificate"},
		{request(elliptic.P384(), 1), "request has a key that is not of the curve P-256"},
		{request(elliptic.P256(), authority.HostsMax+1), fmt.Sprintf("request has more than %d hosts", authority.HostsMax)},
	} {
		if got := fmt.Sprint(row.is); got != row.says {
			t.Errorf("row %d: got %q, want %q", i, got, row.says)
		}
	}
}
