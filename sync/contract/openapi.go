package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Info heads an OpenAPI document.
type Info struct {
	Title       string
	Version     string
	Description string
}

// A Param is a query parameter of a call.
type Param struct {
	Name    string
	About   string
	Integer bool
}

// An Answer is one status that a call answers with when it did what was asked. Body is a value
// of the type that is sent as JSON, nil for none; Media stands for a body that is not JSON.
type Answer struct {
	Status int
	About  string
	Body   any
	Media  string
}

// Keying says whether a call takes an idempotency key.
type Keying uint8

// A call changes nothing, takes a key or needs one.
const (
	KeyNone     Keying = 0
	KeyTaken    Keying = 1
	KeyRequired Keying = 2
)

// A Route is one call of the API.
type Route struct {
	Method  string
	Path    string // with {names}
	Summary string
	Open    bool // needs no identity
	Key     Keying
	Query   []Param
	Request any // a value of the type that is read, nil for none
	Answers []Answer
	Codes   []Code // the problems that are particular to it
}

// commonCodes may be answered by every call that needs an identity.
func commonCodes() []Code {
	return []Code{CodeNoIdentity, CodeForbidden, CodeApproverNeeded, CodeApprovalWrong, CodeGuessesMany, CodeRequestsMany, CodeBusy, CodeSiteClosing, CodeFault}
}

// doorCodes may be answered by every call: it came from another site's page, or to a name that is not the server's.
func doorCodes() []Code { return []Code{CodeCrossOrigin, CodeUnknownHost} }

type object = map[string]any

// OpenAPI makes the OpenAPI 3.1 document of routes. It panics on a type that has no schema:
// that is a fault of the caller's, found by its first test.
func OpenAPI(info Info, routes []Route) []byte {
	d := &document{schemas: object{}}
	paths := map[string]object{}
	for i := range routes {
		r := &routes[i]
		if paths[r.Path] == nil {
			paths[r.Path] = object{}
		}
		paths[r.Path][strings.ToLower(r.Method)] = d.operation(r)
	}
	d.schema(Problem{})
	doc := object{
		"openapi":  "3.1.0",
		"info":     object{"title": info.Title, "version": info.Version, "description": info.Description},
		"paths":    paths,
		"security": []object{{"token": []string{}}},
		"components": object{
			"schemas":         d.schemas,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}},
		},
	}
	b, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		panic("contract: encode OpenAPI: " + err.Error())
	}
	return append(b, '\n')
}

type document struct{ schemas object }

func (d *document) operation(r *Route) object {
	op := object{"summary": r.Summary, "operationId": operationID(r), "responses": d.responses(r)}
	if r.Open {
		op["security"] = []object{}
	}
	if params := parameters(r); len(params) > 0 {
		op["parameters"] = params
	}
	if r.Request != nil {
		op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": d.schema(r.Request)}}}
	}
	return op
}

func operationID(r *Route) string {
	words := strings.FieldsFunc(r.Path, func(c rune) bool { return strings.ContainsRune("/{}.-", c) })
	return strings.ToLower(r.Method) + "_" + strings.Join(words, "_")
}

func parameters(r *Route) []object {
	var out []object
	for part := range strings.SplitSeq(r.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name, _, _ = strings.Cut(strings.TrimSuffix(name, "}"), ":")
			out = append(out, object{"name": name, "in": "path", "required": true, "schema": object{"type": "string"}})
		}
	}
	for _, q := range r.Query {
		kind := "string"
		if q.Integer {
			kind = "integer"
		}
		out = append(out, object{"name": q.Name, "in": "query", "description": q.About, "schema": object{"type": kind}})
	}
	if r.Key != KeyNone {
		out = append(out, object{"name": HeaderKey, "in": "header", "required": r.Key == KeyRequired,
			"description": "Makes a repeat harmless: the same key with the same request gets the first answer again.",
			"schema":      object{"type": "string", "minLength": 1, "maxLength": keyMax}})
	}
	return out
}

func (d *document) responses(r *Route) object {
	out := object{}
	for _, a := range r.Answers {
		res := object{"description": a.About}
		switch {
		case a.Body != nil:
			res["content"] = object{"application/json": object{"schema": d.schema(a.Body)}}
		case a.Media != "":
			res["content"] = object{a.Media: object{"schema": object{"type": "string"}}}
		}
		out[strconv.Itoa(a.Status)] = res
	}
	codes := append(slices.Clone(r.Codes), doorCodes()...)
	if !r.Open {
		codes = append(codes, commonCodes()...)
	}
	if r.Key != KeyNone {
		codes = append(slices.Clone(codes), CodeBadKey, CodeKeyReused, CodeInProgress, CodeUnsure)
	}
	if r.Request != nil {
		codes = append(slices.Clone(codes), CodeBadJSON, CodeUnknownField, CodeWrongType, CodeBadValue, CodeBodyTooLarge)
	}
	by := map[int][]string{}
	for _, c := range codes {
		status := words[c].status
		if status == 0 {
			panic("contract: code without a row: " + string(c))
		}
		if !slices.Contains(by[status], string(c)) {
			by[status] = append(by[status], string(c))
		}
	}
	for status, names := range by {
		key := strconv.Itoa(status)
		if _, taken := out[key]; taken {
			continue // the answer says its own, as /readyz does with 503
		}
		slices.Sort(names)
		out[key] = object{"description": "Problem: " + strings.Join(names, ", "),
			"content": object{ProblemType: object{"schema": object{"$ref": "#/components/schemas/Problem"}}}}
	}
	return out
}

// schema puts the type of v under its name among the components and refers to it there.
func (d *document) schema(v any) object {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Slice {
		return object{"type": "array", "items": d.schema(reflect.Zero(t.Elem()).Interface())}
	}
	name := t.Name()
	if _, done := d.schemas[name]; !done {
		d.schemas[name] = schemaOf(t)
	}
	return object{"$ref": "#/components/schemas/" + name}
}

func schemaOf(t reflect.Type) object {
	s, err := jsonschema.ForType(t, &jsonschema.ForOptions{TypeSchemas: typeSchemas()})
	if err != nil {
		panic(fmt.Sprintf("contract: schema of %s: %v", t, err))
	}
	raw, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("contract: encode schema of %s: %v", t, err))
	}
	var out object
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(fmt.Sprintf("contract: read schema of %s: %v", t, err))
	}
	return withoutNull(out).(object)
}

// typeSchemas says of the named types what Go's types cannot.
func typeSchemas() map[reflect.Type]*jsonschema.Schema {
	enum := func(names ...string) *jsonschema.Schema {
		s := &jsonschema.Schema{Type: "string"}
		for _, n := range names {
			s.Enum = append(s.Enum, n)
		}
		return s
	}
	most, least := float64(ledger.QtyMax), -float64(ledger.QtyMax)
	var codes []string
	for _, c := range Codes() {
		codes = append(codes, string(c))
	}
	// An order or a line may get new states; clients take one that they do not know for "in
	// progress", so no enum is promised there.
	out := map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[ledger.Qty]():      {Type: "integer", Minimum: &least, Maximum: &most},
		reflect.TypeFor[ledger.Channel]():  enum(channels()...),
		reflect.TypeFor[ledger.Fulfil]():   enum(fulfils()...),
		reflect.TypeFor[ledger.Shortage](): enum(shortages()...),
		reflect.TypeFor[ledger.Tracking](): enum("none", "lot", "serial"),
		reflect.TypeFor[From]():            enum(string(FromHere), string(FromAny)),
		reflect.TypeFor[Durable]():         enum(durables()...),
		reflect.TypeFor[Code]():            enum(codes...),
	}
	order, err := jsonschema.ForType(reflect.TypeFor[OrderRequest](), &jsonschema.ForOptions{TypeSchemas: maps.Clone(out)})
	if err != nil {
		panic("contract: schema of an order: " + err.Error())
	}
	out[reflect.TypeFor[json.RawMessage]()] = order
	return out
}

// withoutNull takes the null out of every list of types: an answer never has one, and a
// request's null is the same as leaving the field out, which the lists of required fields say.
func withoutNull(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = withoutNull(v[i])
		}
	case object:
		for k, x := range v {
			v[k] = withoutNull(x)
		}
		if kinds, ok := v["type"].([]any); ok {
			kinds = slices.DeleteFunc(kinds, func(k any) bool { return k == "null" })
			if v["type"] = kinds; len(kinds) == 1 {
				v["type"] = kinds[0]
			}
		}
	}
	return v
}
