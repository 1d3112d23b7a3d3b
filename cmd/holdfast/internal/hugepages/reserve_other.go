//go:build !linux || race

package hugepages

import "errors"

// Reserve returns an error: nothing but Linux is asked, and no build that watches for races, which keeps several bytes for
// each address.
func Reserve(int) error {
	return errors.New("huge pages are asked for on Linux only, and in no build that watches for races")
}
