package world_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
)

func TestARestEndsInTimeOrWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := world.Rest(t.Context(), time.Minute); err != nil || time.Since(began) != time.Minute {
			t.Errorf("got %v after %s, want nil after a minute", err, time.Since(began))
		}
		if err := world.Rest(t.Context(), -time.Second); err != nil {
			t.Errorf("of less than nothing: got %v, want nil", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		if err := world.Rest(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("got %v after %s, want %v after a second", err, time.Since(began), context.DeadlineExceeded)
		}
	})
}
