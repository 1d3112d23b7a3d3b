package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// BodyMax bounds a request's body, in bytes.
const BodyMax = 1 << 20

// aheadMax is how many bytes are set aside for a body before any came: what is announced need not come.
const aheadMax = 64 << 10

// drainMax bounds what is still read of a body that is refused for its size, in bytes.
const drainMax = 8 << 20

// TooLarge refuses r for its size. It first takes in what the client is still sending, up to
// drainMax: one that writes all of its body before it reads would otherwise find its connection
// reset and never see the answer. A client that asked before sending has sent nothing.
func TooLarge(r *http.Request) *Problem {
	if r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, r.Body, drainMax) // whatever comes of it, the answer is the same
	}
	return New(CodeBodyTooLarge, "")
}

// ReadBody reads the whole body of a request, at most BodyMax bytes. The bytes are needed as
// they came: their digest tells a repeat from a reused key.
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > BodyMax {
		return nil, TooLarge(r)
	}
	if r.ContentLength >= 0 && r.ContentLength <= aheadMax { // net/http reads no more than was announced
		body := make([]byte, r.ContentLength)
		if _, err := io.ReadFull(r.Body, body); err != nil {
			return nil, New(CodeBadJSON, "The body broke off before its end.")
		}
		return body, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, BodyMax))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, TooLarge(r)
	}
	if err != nil {
		return nil, New(CodeBadJSON, "The body broke off before its end.")
	}
	return body, nil
}

// Decode reads one JSON value strictly into the empty struct that v points to: unknown fields,
// wrong types, numbers that do not fit and anything after the value are refused with a *Problem.
// Names are known to the letter. What v holds may share body.
//
// Orders are read by hand as long as they are written in the usual way, for the reflection of
// encoding/json cost more than the decision about them (quick). Everything else, and whatever is
// to be refused, is encoding/json's.
func Decode(body []byte, v any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return New(CodeBadJSON, "The body is empty; it must be a JSON object.")
	}
	if !utf8.Valid(body) {
		return New(CodeBadJSON, "The body is not UTF-8.")
	}
	if quickly(body, v) {
		return nil
	}
	return slowly(body, v)
}

func slowly(body []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return decodeProblem(body, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return New(CodeBadJSON, fmt.Sprintf("There is more after the JSON object, at byte %d.", dec.InputOffset()))
	}
	if first := bytes.TrimSpace(body)[0]; first != '{' {
		return New(CodeWrongType, "The body must be a JSON object.")
	}
	if name := foreignName(body, reflect.TypeOf(v)); name != "" {
		return unknownField(name)
	}
	return nil
}

func unknownField(name string) error {
	p := New(CodeUnknownField, fmt.Sprintf("There is no field %q here.", name))
	p.Field = name
	return p
}

func decodeProblem(body []byte, err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return typeProblem(body, wrong)
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return New(CodeBadJSON, fmt.Sprintf("The body is not JSON: something is wrong at byte %d.", syntax.Offset))
	}
	// encoding/json has no type for this error; its text is covered by Go's compatibility tests
	// and by ours.
	if quoted, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name, unquoteErr := strconv.Unquote(quoted)
		if unquoteErr != nil {
			name = quoted
		}
		return unknownField(name)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return New(CodeBadJSON, "The body is not JSON: it ends too early.")
	}
	return New(CodeBadJSON, "The body is not JSON that can be read.")
}

func typeProblem(body []byte, wrong *json.UnmarshalTypeError) error {
	field := pathAt(body, wrong.Offset)
	if field == "" {
		return New(CodeWrongType, "The body must be a JSON object.")
	}
	p := New(CodeWrongType, fmt.Sprintf("%s %s.", field, wrongWords(wrong)))
	p.Field = field
	return p
}

func wrongWords(wrong *json.UnmarshalTypeError) string {
	number, isNumber := strings.CutPrefix(wrong.Value, "number ")
	switch kind := wrong.Type.Kind(); {
	case wholeKind(kind) && isNumber && strings.ContainsAny(number, ".eE"):
		return "is " + shorten(number) + "; it must be a whole number, written without a point or exponent"
	case wholeKind(kind) && isNumber && strings.HasPrefix(number, "-") && kind >= reflect.Uint:
		return "is " + shorten(number) + "; it must not be below 0"
	case wholeKind(kind) && isNumber:
		return "is " + shorten(number) + "; that number does not fit"
	case wholeKind(kind):
		return "is of type " + typeWord(wrong.Value) + "; it must be a whole number"
	default:
		return "is of type " + typeWord(wrong.Value) + "; it must be " + kindWord(kind)
	}
}

func wholeKind(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Uint64 }

func typeWord(value string) string {
	word, _, _ := strings.Cut(value, " ")
	if word == "bool" {
		return "boolean"
	}
	return word
}

func kindWord(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return "an object"
	default:
		return "something else"
	}
}

func shorten(number string) string {
	if len(number) > 24 {
		return number[:24] + "..."
	}
	return number
}

// pathAt names the value that ends at or holds the byte at offset, for example lines[2].qty.
// It runs on refusals only: encoding/json tells the field but not which line it stands in.
func pathAt(body []byte, offset int64) string {
	type level struct {
		array bool
		key   string
		index int // from 0
		value bool
	}
	var open []level
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	path := func() string {
		var b strings.Builder
		for _, l := range open {
			if l.array {
				fmt.Fprintf(&b, "[%d]", l.index)
				continue
			}
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(l.key)
		}
		return b.String()
	}
	for {
		tok, err := dec.Token()
		if err != nil {
			return ""
		}
		if d, ok := tok.(json.Delim); ok && (d == '}' || d == ']') {
			open = open[:len(open)-1]
			if len(open) > 0 && open[len(open)-1].array {
				open[len(open)-1].index++
			}
			continue
		}
		if n := len(open); n > 0 && !open[n-1].array && !open[n-1].value {
			open[n-1].key, open[n-1].value = tok.(string), true
			continue
		}
		if dec.InputOffset() >= offset {
			return path()
		}
		n := len(open)
		if n > 0 {
			open[n-1].value = false
		}
		if d, ok := tok.(json.Delim); ok {
			open = append(open, level{array: d == '['})
		} else if n > 0 && open[n-1].array {
			open[n-1].index++
		}
	}
}
