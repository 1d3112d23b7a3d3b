package contract

import (
	"encoding/json"
	"reflect"
	"strings"
)

// foreignName gives a name in body that t does not have to the letter, or "". encoding/json takes
// SKU for sku, and both in one object; but a name of the contract is one name. body has been read
// into a t, so its form is right.
func foreignName(body []byte, t reflect.Type) string {
	n := names{quick: quick{text: body}, fields: map[reflect.Type][]jsonField{}}
	return n.foreign(t)
}

// names walks over a body whose form is right.
type names struct {
	quick
	fields map[reflect.Type][]jsonField // of the structs that were met
}

type jsonField struct {
	name string
	of   reflect.Type
}

// foreign passes over a value of type t and gives the first name in it that is not t's.
func (n *names) foreign(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch begins := n.blanks(); {
	case begins == '{' && t.Kind() == reflect.Struct:
		n.at++
		for !n.is('}') && n.at < len(n.text) {
			name := n.name()
			of := n.field(t, name)
			if of == nil {
				return name
			}
			n.is(':')
			if name := n.foreign(of); name != "" {
				return name
			}
			n.is(',')
		}
	case begins == '[' && t.Kind() == reflect.Slice && t != reflect.TypeFor[json.RawMessage]():
		n.at++
		for !n.is(']') && n.at < len(n.text) {
			if name := n.foreign(t.Elem()); name != "" {
				return name
			}
			n.is(',')
		}
	default:
		n.pass() // has no names, or some that are looked at where it is read
	}
	return ""
}

func (n *names) name() (name string) {
	quickText(&n.quick, &name)
	return name
}

// field gives the type of the field that JSON calls name, or nil.
func (n *names) field(t reflect.Type, name string) reflect.Type {
	all, met := n.fields[t]
	if !met {
		for _, f := range reflect.VisibleFields(t) {
			if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag != "" {
				all = append(all, jsonField{tag, f.Type})
			}
		}
		n.fields[t] = all
	}
	for i := range all {
		if all[i].name == name {
			return all[i].of
		}
	}
	return nil
}

// pass passes over one value.
func (n *names) pass() {
	for depth := 0; ; {
		switch n.blanks() {
		case '"':
			n.quoted()
		case '{', '[':
			depth++
			n.at++
		case '}', ']':
			depth--
			n.at++
		case ',', ':':
			n.at++
		default:
			n.scalar()
		}
		if depth == 0 || n.at >= len(n.text) {
			return
		}
	}
}

// scalar passes over a number, true, false or null.
func (n *names) scalar() {
	for ; n.at < len(n.text) && !strings.ContainsRune(",:]} \t\r\n", rune(n.text[n.at])); n.at++ {
	}
}
