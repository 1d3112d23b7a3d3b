package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAProfileIsWrittenUntilTheServerStops(t *testing.T) {
	want := errors.New("the disk is full")
	s := &service{CPUProfile: filepath.Join(t.TempDir(), "cpu.prof")}
	if err := s.profiled(func() error { return want }); !errors.Is(err, want) {
		t.Errorf("got %v, want what the server ended with", err)
	}
	if raw, err := os.ReadFile(s.CPUProfile); err != nil || len(raw) == 0 {
		t.Errorf("got %d bytes of a profile, %v", len(raw), err)
	}
	s.CPUProfile = filepath.Join(t.TempDir(), "nowhere", "cpu.prof")
	err := s.profiled(func() error {
		t.Error("a server ran whose profile cannot be written")
		return nil
	})
	var way *hinted
	if !errors.As(err, &way) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want what is not there and a way out", err)
	}
}
