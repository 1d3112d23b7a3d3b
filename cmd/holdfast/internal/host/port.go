package host

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// A server keeps its port over a restart, so it must not come from the range that the system
// hands out to outgoing connections (from 32768 on Linux): one of those could hold it by then.
const (
	portFirst = 20_000
	portLast  = 32_000
	portTries = 200
)

// FreeAddr finds an address on loopback that nobody listens on.
func FreeAddr() (string, error) {
	var last error
	for range portTries {
		addr := fmt.Sprintf("127.0.0.1:%d", portFirst+rand.IntN(portLast-portFirst))
		l, err := net.Listen("tcp", addr)
		if err == nil {
			return addr, l.Close()
		}
		last = err
	}
	return "", fmt.Errorf("find a port: %w", last)
}
