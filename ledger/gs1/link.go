package gs1

import (
	"slices"
	"strings"
)

// LinkStem is where a Digital Link URI leads that is made without a stem: GS1's own resolver.
const LinkStem = "https://id.gs1.org"

// words are the names that older Digital Link URIs have for some AIs. GS1 has given them up.
var words = map[string]AI{
	"sscc": "00", "gtin": "01", "lot": "10", "ser": "21", "cpv": "22", "gdti": "253", "gcn": "255",
	"ginc": "401", "gsin": "402", "shipTo": "410", "billTo": "411", "purchasedFrom": "412", "shipFor": "413",
	"gln": "414", "glnx": "254", "payTo": "415", "glnProd": "416", "party": "417", "grai": "8003", "giai": "8004",
	"itip": "8006", "cpid": "8010", "cpsn": "8011", "gmn": "8013", "gsrnp": "8017", "gsrn": "8018", "srin": "8019",
	"refno": "8020",
}

// uriBytes are the bytes that may stand in a URI.
const uriBytes = digits + upper + lower + "-._~:/?#[]@!$&'()*+,;=%"

// ParseLink reads a Digital Link URI: any stem, a key, what qualifies it, and further elements in
// the query. It dials nobody. What the elements of a query other than AIs say is left out. The
// error is an *Error.
func ParseLink(uri string, o Options) (Elements, error) {
	rest, web := cutScheme(uri)
	switch {
	case len(uri) > TextMax:
		return nil, errTooLong
	case !web:
		return nil, errNoLink(uri, "does not begin with http:// or https://")
	case firstNot(uriBytes, uri) >= 0:
		return nil, errNoLink(uri, "holds a character that no URI has")
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	host, path, pathed := strings.Cut(rest, "/")
	if !pathed || host == "" || firstNot(digits+upper+lower+"-.:[]_", host) >= 0 {
		return nil, errNoLink(uri, "has no host, or no path")
	}
	es, err := readPath(uri, path, o)
	if err != nil {
		return nil, err
	}
	return readQuery(es, query, o)
}

func errNoLink(uri, why string) error { return &Error{Value: clip(uri), Why: why} }

func cutScheme(uri string) (rest string, ok bool) {
	for _, scheme := range []string{"https://", "http://", "HTTPS://", "HTTP://"} {
		if rest, ok := strings.CutPrefix(uri, scheme); ok {
			return rest, true
		}
	}
	return "", false
}

// readPath reads pairs of AI and value from the end of a path up to a key; what stands before is the stem.
func readPath(uri, path string, o Options) (Elements, error) {
	steps := strings.Split(path, "/")
	var es Elements
	for i := len(steps) - 2; i >= 0 && len(es) < ElementsMax; i -= 2 {
		ai := AI(steps[i])
		if word, ok := words[steps[i]]; ok && o.Words {
			ai = word
		}
		k := table[ai]
		if k == nil {
			break
		}
		value, ok := percents(steps[i+1], false)
		if !ok {
			return nil, errNoLink(uri, "has a % without two hexadecimal digits")
		}
		e := Element{ai, o.filled(ai, value)}
		if err := e.check(false); err != nil {
			return nil, err
		}
		es = append(es, e)
		if !k.primary {
			continue
		}
		slices.Reverse(es)
		if !follows(k, es[1:]) {
			return nil, errNoLink(uri, "does not have a key and what qualifies it in the order that GS1 lays down")
		}
		return es, nil
	}
	return nil, errNoLink(uri, "has no path that ends with a GS1 key, such as /01/05012345678900")
}

// filled puts the zeros in front of a GTIN that was written without them.
func (o Options) filled(ai AI, value string) string {
	if o.ShortGTINs && ai == "01" && gtinLength(value) {
		return "00000000000000"[len(value):] + value
	}
	return value
}

// follows says whether es may follow the key k: in the rank of one of the ways, some left out.
func follows(k *known, es Elements) bool {
	if len(es) == 0 {
		return true
	}
	for _, way := range k.follow {
		at := 0
		for _, ai := range way {
			if at < len(es) && es[at].AI == ai {
				at++
			}
		}
		if at == len(es) {
			return true
		}
	}
	return false
}

func readQuery(es Elements, query string, o Options) (Elements, error) {
	path := slices.Clone(es)
	for _, pair := range strings.Split(query, "&") {
		name, raw, given := strings.Cut(pair, "=")
		if !given || name == "" || !allDigits(name) {
			continue // no AI: it belongs to whoever answers the URI
		}
		ai, k := AI(name), table[AI(name)]
		value, ok := percents(raw, true)
		switch {
		case !ok:
			return nil, &Error{AI: ai, Value: clip(raw), Why: "has a % without two hexadecimal digits"}
		case k == nil && (!o.UnknownAIs || len(ai) < 2 || len(ai) > 4):
			return nil, errNoAI(ai)
		case k != nil && !k.query:
			return nil, &Error{AI: ai, Why: "does not belong in the query of a URI"}
		case es.index(ai) >= 0:
			return nil, &Error{AI: ai, Why: "comes twice"}
		case k != nil && path.takes(ai):
			return nil, &Error{AI: ai, Why: "belongs in the path of a URI, not in its query"}
		case len(es) == ElementsMax:
			return nil, errTooMany
		}
		e := Element{ai, o.filled(ai, value)}
		if err := e.check(o.UnknownAIs); err != nil {
			return nil, err
		}
		es = append(es, e)
	}
	return es, nil
}

// takes says whether an AI could stand in the path too, somewhere behind the key.
func (es Elements) takes(ai AI) bool {
	for at := 1; at <= len(es); at++ {
		if follows(table[es[0].AI], slices.Insert(slices.Clone(es[1:]), at-1, Element{AI: ai})) {
			return true
		}
	}
	return false
}

// Link writes the elements as a Digital Link URI under a stem, "" for LinkStem: the first key that
// there is leads, what qualifies it follows in the path, the rest stands in the query, first what
// is of fixed length. The error is an *Error where there is no key, or where something has no place.
func (es Elements) Link(stem string) (string, error) {
	if stem == "" {
		stem = LinkStem
	}
	stem = strings.TrimSuffix(stem, "/")
	if _, web := cutScheme(stem); !web || firstNot(uriBytes, stem) >= 0 || strings.ContainsAny(stem, "?#") {
		return "", errNoLink(stem, "is no stem of a URI, such as "+LinkStem)
	}
	key := slices.IndexFunc(es, func(e Element) bool { return table[e.AI] != nil && table[e.AI].primary })
	if key < 0 || len(es) > ElementsMax {
		return "", &Error{Value: clip(es.String()), Why: "holds no key that a URI could lead with, such as (01)"}
	}
	path := Elements{es[key]}
	for _, ai := range es.wayOf(table[es[key].AI]) {
		path = append(path, Element{ai, es.Get(ai)})
	}
	var b strings.Builder
	b.WriteString(stem)
	for _, e := range path {
		b.WriteString("/" + string(e.AI) + "/" + escape(e.Value))
	}
	query, err := es.besides(path)
	if err != nil {
		return "", err
	}
	for i, e := range query {
		b.WriteString([]string{"?", "&"}[min(i, 1)] + string(e.AI) + "=" + escape(e.Value))
	}
	if b.Len() > TextMax {
		return "", errTooLong
	}
	return b.String(), nil
}

// wayOf gives what is there of the way behind a key of which most is there, the first of equals.
func (es Elements) wayOf(k *known) []AI {
	var best []AI
	for _, way := range k.follow {
		var have []AI
		for _, ai := range way {
			if es.index(ai) >= 0 {
				have = append(have, ai)
			}
		}
		if len(have) > len(best) {
			best = have
		}
	}
	return best
}

// besides gives what the path leaves for the query, each once.
func (es Elements) besides(path Elements) (Elements, error) {
	var fixed, open Elements
	seen := slices.Clone(path)
	for i, e := range es {
		k := table[e.AI]
		switch {
		case es.Get(e.AI) != e.Value:
			return nil, &Error{AI: e.AI, Value: clip(e.Value), Why: "comes twice, first as " + clip(es.Get(e.AI))}
		case seen.index(e.AI) >= 0 || es.index(e.AI) < i:
			continue
		case k == nil || !k.query:
			return nil, &Error{AI: e.AI, Why: "has no place in a Digital Link URI beside (" + string(path[0].AI) + ")"}
		case k.fixed:
			fixed = append(fixed, e)
		default:
			open = append(open, e)
		}
	}
	return append(fixed, open...), nil
}

// percents undoes %41; + is a blank in a query and itself elsewhere.
func percents(s string, plus bool) (string, bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+' && plus:
			b = append(b, ' ')
		case s[i] != '%':
			b = append(b, s[i])
		case i+2 >= len(s) || hex(s[i+1]) < 0 || hex(s[i+2]) < 0:
			return "", false
		default:
			b = append(b, byte(hex(s[i+1])<<4|hex(s[i+2])))
			i += 2
		}
	}
	return string(b), true
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}

// escape keeps what RFC 3986 calls unreserved and writes the rest as %41.
func escape(s string) string {
	const hexes = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(digits+upper+lower+"-._~", s[i]) >= 0 {
			b.WriteByte(s[i])
			continue
		}
		b.Write([]byte{'%', hexes[s[i]>>4], hexes[s[i]&15]})
	}
	return b.String()
}
