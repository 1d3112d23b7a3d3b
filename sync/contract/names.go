package contract

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// foreignName gives a name in body that t does not have to the letter, or "". encoding/json takes
// SKU for sku, and both in one object; but a name of the contract is one name. body has been read
// into a t, so its form is right.
func foreignName(body []byte, t reflect.Type) string {
	return foreignIn(json.NewDecoder(bytes.NewReader(body)), t)
}

func foreignIn(dec *json.Decoder, t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	isStruct := t.Kind() == reflect.Struct
	if !isStruct && t.Kind() != reflect.Slice || t == reflect.TypeFor[json.RawMessage]() {
		var passed json.RawMessage
		_ = dec.Decode(&passed) // has no names, or some that are looked at where it is read
		return ""
	}
	token, _ := dec.Token()
	if _, opens := token.(json.Delim); !opens {
		return "" // null
	}
	for dec.More() {
		of, known := t, true
		if isStruct {
			token, _ := dec.Token()
			name, _ := token.(string)
			if of, known = fieldNamed(t, name); !known {
				return name
			}
		} else {
			of = t.Elem()
		}
		if name := foreignIn(dec, of); name != "" {
			return name
		}
	}
	_, _ = dec.Token() // what closes it
	return ""
}

// fieldNamed gives the type of the field that JSON calls name.
func fieldNamed(t reflect.Type, name string) (reflect.Type, bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == name && f.IsExported() {
			return f.Type, true
		}
	}
	return nil, false
}
