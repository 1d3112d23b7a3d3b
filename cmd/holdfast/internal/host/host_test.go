package host_test

import (
	"net"
	"os"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
)

func TestAFreeAddressCanBeListenedOn(t *testing.T) {
	addr, err := host.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("%s: got %v, want nobody there", addr, err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestThisProcessHasMemoryAndUsesProcessorTime(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("the system does not tell")
	}
	m := host.MemoryOf(os.Getpid())
	if m.RSS <= 0 || m.Anon <= 0 || m.Peak < m.RSS || m.Anon > m.RSS || m.File > m.RSS {
		t.Errorf("got %+v", m)
	}
	w := host.WatchMemory(os.Getpid())
	for began := host.CPUOf(os.Getpid()); host.CPUOf(os.Getpid()) == began; {
	} // ends: looking takes processor time
	if most := w.Stop(); most.RSS <= 0 {
		t.Errorf("at its highest %+v", most)
	}
}
