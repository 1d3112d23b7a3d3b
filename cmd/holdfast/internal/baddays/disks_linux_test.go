package baddays_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"
)

// needDisks skips where file systems of our own cannot be mounted, or were not asked for.
func needDisks(t *testing.T, tools ...string) {
	t.Helper()
	switch {
	case testing.Short():
		t.Skip("starts processes")
	case !chaos:
		t.Skip("mounts file systems of its own: run it with HOLDFAST_CHAOS=1")
	case os.Getuid() != 0:
		t.Skip("mounting a file system needs root")
	}
	for _, name := range append(tools, "mount", "umount") {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("there is no %s here", name)
		}
	}
}

func sh(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
}

// mounted mounts what args say on a new folder, for this test. It skips where the machine does not
// allow that even root.
func mounted(t *testing.T, args ...string) string {
	t.Helper()
	at := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(at, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", append(args, at)...).CombinedOutput(); err != nil {
		t.Skipf("a file system cannot be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = syscall.Unmount(at, syscall.MNT_DETACH) }) // one that is unmounted already needs none
	return at
}

// image makes an ext4 file system in a file.
func image(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 64<<20); err != nil {
		t.Fatal(err)
	}
	sh(t, "mkfs.ext4", "-q", "-F", path)
	return path
}

// cut ends the file system at dir as a power cut does: what was not flushed is gone.
func cut(t testing.TB, dir string) {
	t.Helper()
	const request = 0x8004587d // FS_IOC_SHUTDOWN
	flags := uint32(2)         // without flushing the log
	f, err := os.Open(dir)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(&flags))); e != 0 {
		t.Errorf("cut the power of %s: %v", dir, e)
	}
}
