package raftsim

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// pair is a line between two parties, with an echo at the end that was dialled.
func pair(t *testing.T) (*lines, net.Conn) {
	t.Helper()
	l := newLines(1)
	d, err := l.of("hq1").Listen("tcp", "hq1:80")
	if err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the door
		for {
			c, err := d.Accept()
			if err != nil {
				return
			}
			go func() { // ends with the line
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	t.Cleanup(func() { _ = d.Close() })
	return l, dial(t, l)
}

func dial(t *testing.T, l *lines) net.Conn {
	t.Helper()
	c, err := l.of("leeds").Dial(t.Context(), "tcp", "hq1:80")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// counts gives the words lost and the lines broken.
func counts(l *lines) (lost, broken int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost, l.broken
}

// says sends a word and gives what came back within a second.
func says(c net.Conn) error {
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := c.Write([]byte("word")); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 4))
	return err
}

func TestWhatIsSaidOnASilentLineIsLostAndTheLineBreaksWhenItIsWellAgain(t *testing.T) {
	for name, ways := range map[string][2]string{"there": {"leeds", "hq1"}, "back": {"hq1", "leeds"}} {
		synctest.Test(t, func(t *testing.T) {
			l, c := pair(t)
			if err := says(c); err != nil {
				t.Fatalf("before: %v", err)
			}
			l.silence(ways[:1], ways[1:])
			err := says(c)
			if lost, _ := counts(l); !errors.Is(err, os.ErrDeadlineExceeded) || lost == 0 {
				t.Errorf("%s: got %v and %d words lost, want no answer", name, err, lost)
			}
			began := time.Now()
			if _, err := l.of("leeds").Dial(t.Context(), "tcp", "hq1:80"); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != dialWait {
				t.Errorf("%s: dialled %v after %s, want no answer", name, err, time.Since(began))
			}
			l.hear("hq1", "leeds")
			if err := says(c); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: got %v on a line that has lost a word, want it broken", name, err)
			}
			if err := says(dial(t, l)); err != nil {
				t.Errorf("%s: on a new line: %v", name, err)
			}
		})
	}
}

func TestASlowLineTakesItsTimeEachWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := pair(t)
		l.delay("leeds", []string{"hq1"}, 100*time.Millisecond)
		began := time.Now()
		if err := says(c); err != nil || time.Since(began) != 200*time.Millisecond {
			t.Errorf("got %v after %s, want an answer after 200ms", err, time.Since(began))
		}
		l.delay("leeds", []string{"hq1"}, 0)
		began = time.Now()
		if err := says(c); err != nil || time.Since(began) != 0 {
			t.Errorf("got %v after %s, want an answer at once", err, time.Since(began))
		}
	})
}

func TestAnAnswerThatIsLostBreaksTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := pair(t)
		l.crack(1)
		err := says(c)
		if _, broken := counts(l); err == nil || errors.Is(err, os.ErrDeadlineExceeded) || broken != 1 {
			t.Errorf("got %v and %d broken, want the line broken", err, broken)
		}
		l.crack(0)
		if err := says(dial(t, l)); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestAPartyThatIsTornOffIsReachedByNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := pair(t)
		l.tear("hq1")
		if err := says(c); err == nil {
			t.Error("got an answer of a party that is torn off")
		}
		if _, err := l.of("leeds").Dial(t.Context(), "tcp", "hq1:80"); !errors.Is(err, errNoLine) {
			t.Errorf("dialled: got %v, want %v", err, errNoLine)
		}
		l.plug("hq1")
		if err := says(dial(t, l)); err != nil {
			t.Errorf("plugged in again: %v", err)
		}
	})
}

func TestNobodyIsReachedWhereNobodyListens(t *testing.T) {
	l, _ := pair(t)
	if _, err := l.of("leeds").Dial(context.Background(), "tcp", "hq2:80"); !errors.Is(err, errNoLine) {
		t.Errorf("got %v, want %v", err, errNoLine)
	}
	if _, err := l.of("hq1").Listen("tcp", "hq1:80"); !errors.Is(err, os.ErrExist) {
		t.Errorf("listened twice: got %v, want %v", err, os.ErrExist)
	}
	if len(l.cables) != 2 {
		t.Errorf("got %d ends of lines kept, want those of the one line", len(l.cables))
	}
}
