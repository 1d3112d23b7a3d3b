package machine_test

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
)

// extremes gives what a field of a command is set to that nobody in their senses would say.
func extremes(v reflect.Value) (out []reflect.Value) {
	add := func(x any) { out = append(out, reflect.ValueOf(x).Convert(v.Type())) }
	switch v.Kind() {
	case reflect.String:
		add("")
		add("nonsense")
		add(strings.Repeat("X", 300))
	case reflect.Int, reflect.Int64:
		for _, n := range []int64{-1, 0, math.MaxInt64, math.MinInt64} {
			add(n)
		}
	case reflect.Int32:
		add(int32(math.MinInt32))
		add(int32(math.MaxInt32))
	case reflect.Uint8:
		add(uint8(0))
		add(uint8(255))
	case reflect.Uint, reflect.Uint64, reflect.Uint32, reflect.Uint16:
		add(uint64(0))
		add(uint64(math.MaxUint64))
	case reflect.Bool:
		add(!v.Bool())
	case reflect.Slice:
		out = append(out, reflect.Zero(v.Type()))
		if v.Len() > 0 {
			out = append(out, reflect.AppendSlice(v.Slice3(0, v.Len(), v.Len()), v)) // each twice
		}
	case reflect.Pointer, reflect.Map:
		out = append(out, reflect.Zero(v.Type()))
	}
	return out
}

// eachExtreme sets each field of a command in turn, however deep it lies, and calls f.
func eachExtreme(path string, v reflect.Value, f func(path string)) {
	if !v.CanSet() && v.Kind() != reflect.Pointer {
		return
	}
	if v.CanSet() {
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		for i, x := range extremes(v) {
			v.Set(x)
			f(fmt.Sprintf("%s, %d", path, i))
		}
		v.Set(was)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachExtreme(path, v.Elem(), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			eachExtreme(path+"."+v.Type().Field(i).Name, v.Field(i), f)
		}
	case reflect.Slice:
		for i := range min(v.Len(), 2) {
			eachExtreme(fmt.Sprintf("%s[%d]", path, i), v.Index(i), f)
		}
	}
}

// sent is a command as it stands in the log; nil for one that no server can write.
func sent(c machine.Command) (b []byte) {
	defer func() {
		if recover() != nil {
			b = nil
		}
	}()
	return machine.Marshal(c)
}

// Whatever a field of a command says, the machine stands, and stands sound: a panic in Apply stops every server, and again after each start.
func TestNoFieldOfACommandStopsTheMachine(t *testing.T) {
	all := samples()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			b, c := full(t), all[name]
			b.agrees()
			n, at := 0, ""
			defer func() {
				if p := recover(); p != nil {
					t.Fatalf("%s: %v", at, p)
				}
			}()
			eachExtreme(name, reflect.ValueOf(c), func(path string) {
				at = path
				if cmd := sent(c); cmd != nil {
					b.m.Apply(cmd)
					n++
				}
			})
			if err := b.m.Check(); err != nil {
				t.Errorf("after %d commands: %v", n, err)
			}
		})
	}
}
