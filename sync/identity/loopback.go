package identity

import "net"

// Loopback says whether what listens at an address is reached from this machine alone. There is no plain text anywhere
// else. An address that is not TCP's is of a network that lies in one process, as the simulator's.
func Loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}
