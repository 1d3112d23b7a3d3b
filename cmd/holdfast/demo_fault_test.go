package main

import (
	"context"
	"errors"
	"testing"
)

func TestAnInterruptedDemoSaysSoInOneLine(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	torn := errors.Join(context.Canceled, errors.New("leeds was killed"))
	if got := oneLine(demoFault(ctx, torn)); got != "demo: context canceled; leeds was killed" {
		t.Errorf("got %q, want all of a fault that nobody asked for, in one line", got)
	}
	cancel()
	if got := oneLine(demoFault(ctx, torn)); got != "demo: interrupted before anything was counted" {
		t.Errorf("got %q, want that it was interrupted", got)
	}
	if got := oneLine(demoFault(ctx, errors.New("no port is free"))); got != "demo: no port is free" {
		t.Errorf("got %q, want the fault: it was there before the interruption", got)
	}
}
