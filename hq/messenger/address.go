package messenger

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// addressMax bounds an address, in bytes.
const addressMax = 512

// mailScheme begins the address of somebody who is told by mail.
const mailScheme = "mailto:"

// IsMail says whether an address is one of mail.
func IsMail(to string) bool { return strings.HasPrefix(to, mailScheme) || to == machine.HookCustomers }

// Mailbox is the mailbox of an address of mail.
func Mailbox(to string) string { return strings.TrimPrefix(to, mailScheme) }

// ParseAddress says whether somebody may be told at an address: an https URL, an http URL of this machine, or mailto: and one mailbox. It
// gives the address as it is kept.
func ParseAddress(text string) (string, error) {
	bad := func(why string, args ...any) error {
		return &ledger.FormError{Field: "to", Why: fmt.Sprintf(why, args...)}
	}
	text = strings.TrimSpace(text)
	if text == "" || len(text) > addressMax {
		return "", bad("is empty, or longer than %d bytes", addressMax)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", bad("has a control character in it")
	}
	if text == machine.HookCustomers {
		return text, nil
	}
	if IsMail(text) {
		box, err := mail.ParseAddress(strings.TrimPrefix(text, mailScheme))
		if err != nil || box.Name != "" || !strings.Contains(box.Address, "@") {
			return "", bad("is no mailbox. Give one such as mailto:orders@example.com")
		}
		return mailScheme + box.Address, nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return "", bad("is no address. Give an https URL, mailto: and a mailbox, or customer: for the customer of each order")
	case u.User != nil:
		return "", bad("has a user or a password in it, which would be kept in the clear: the signature says who sends")
	case u.Fragment != "":
		return "", bad("has a # in it, which is never sent")
	case u.Scheme == "https":
	case u.Scheme == "http" && isLoopback(u.Hostname()):
	case u.Scheme == "http":
		return "", bad("is http, so that everybody on the way could read and change it. Give an https URL; http is for this machine alone (127.0.0.1)")
	default:
		return "", bad("is neither https nor mailto nor customer:")
	}
	return u.String(), nil
}

// isLoopback says whether a name is this machine's own, whatever a name server says.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Host is as much of an address as may be said: the rest may be a secret of the receiver's.
func Host(to string) string {
	if to == machine.HookCustomers {
		return "mail to customers"
	}
	if IsMail(to) {
		_, host, _ := strings.Cut(to, "@")
		return "mail at " + host
	}
	u, err := url.Parse(to)
	if err != nil {
		return "an address that cannot be read"
	}
	return u.Host
}
