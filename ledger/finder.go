package ledger

import (
	"slices"
	"sort"
	"strings"
)

// A finder is texts by name that are looked through for a part of them. Names stand in their order on pages, some of them on each, with
// all their texts beside one another. A page knows, by a sieve, of which four bytes it may be that they follow one another somewhere in
// it: so of 100,000 texts most are never looked at, whatever part of a word or number is asked for. What is shorter than four bytes, and
// seldom, is looked for everywhere: some 10 MB, one after the other.
//
// A finder is never changed: readers keep theirs while with makes the next one, which has all pages in common with it but those that
// something was put on. The zero finder is empty.
type finder struct{ pages []*findPage }

// A findPage is never changed, either.
type findPage struct {
	ends  []findEnd
	names string // ascending, one behind the other
	all   string // the texts, likewise
	sieve [sieveBits / 64]uint64
}

// A findEnd is where a name ends in the names, and its text in all.
type findEnd struct{ name, text uint32 }

// A findText is a text in lower case under its name.
type findText struct{ name, text string }

const (
	findPageMost = 64      // texts; half as many after a page was divided
	sieveBits    = 1 << 15 // 4 KiB a page: of a shop's articles with 100 bytes each one bit in seven is set
	sieveGram    = 4       // bytes
)

// sieveAt is where the sieve says whether it has the bytes of s at i.
func sieveAt(s string, i int) (word int, bit uint64) {
	gram := uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16 | uint32(s[i+3])<<24
	const spread, kept = 2654435761, 32 - 15 // Knuth's multiplier; sieveBits is 2^15
	at := gram * spread >> kept
	return int(at / 64), 1 << (at % 64)
}

func newFindPage(texts []findText) *findPage {
	p := &findPage{ends: make([]findEnd, len(texts))}
	var names, all strings.Builder
	for i, t := range texts {
		names.WriteString(t.name)
		all.WriteString(t.text)
		p.ends[i] = findEnd{uint32(names.Len()), uint32(all.Len())}
		for at := 0; at+sieveGram <= len(t.text); at++ {
			word, bit := sieveAt(t.text, at)
			p.sieve[word] |= bit
		}
	}
	p.names, p.all = strings.Clone(names.String()), strings.Clone(all.String()) // without the room to grow
	return p
}

// begins is where the ith name and text begin.
func (p *findPage) begins(i int) findEnd {
	if i == 0 {
		return findEnd{}
	}
	return p.ends[i-1]
}

// name is the ith.
func (p *findPage) name(i int) string { return p.names[p.begins(i).name:p.ends[i].name] }

// texts gives what stands on the page.
func (p *findPage) texts() []findText {
	out := make([]findText, len(p.ends))
	for i := range out {
		out[i] = findText{p.name(i), p.all[p.begins(i).text:p.ends[i].text]}
	}
	return out
}

// behind is how many names are not behind one.
func (p *findPage) behind(name string) int {
	return sort.Search(len(p.ends), func(i int) bool { return p.name(i) > name })
}

// mayHold says whether a text of the page may have q in it.
func (p *findPage) mayHold(q string) bool {
	for at := 0; at+sieveGram <= len(q); at++ {
		if word, bit := sieveAt(q, at); p.sieve[word]&bit == 0 {
			return false
		}
	}
	return true
}

// with gives a finder that has fresh texts, too, ascending by name and each once, in place of those of the same names.
func (f finder) with(fresh []findText) finder {
	if len(fresh) == 0 {
		return f
	}
	out := finder{pages: make([]*findPage, 0, len(f.pages)+len(fresh)/findPageMost+1)}
	put := func(texts []findText) {
		pages := (len(texts) + findPageMost - 1) / findPageMost
		for n := range pages {
			out.pages = append(out.pages, newFindPage(texts[len(texts)*n/pages:len(texts)*(n+1)/pages]))
		}
	}
	if len(f.pages) == 0 {
		put(fresh)
		return out
	}
	for i, p := range f.pages {
		mine := len(fresh) // those below the next page's first name
		if i+1 < len(f.pages) {
			mine, _ = slices.BinarySearchFunc(fresh, f.pages[i+1].name(0), findText.compare)
		}
		if mine == 0 {
			out.pages = append(out.pages, p)
			continue
		}
		put(mergeTexts(p.texts(), fresh[:mine]))
		fresh = fresh[mine:]
	}
	return out
}

func (t findText) compare(name string) int { return strings.Compare(t.name, name) }

// mergeTexts puts fresh texts among old ones; both are ascending.
func mergeTexts(old, fresh []findText) []findText {
	out := make([]findText, 0, len(old)+len(fresh))
	for _, t := range fresh {
		at, had := slices.BinarySearchFunc(old, t.name, findText.compare)
		out = append(append(out, old[:at]...), t)
		if old = old[at:]; had {
			old = old[1:]
		}
	}
	return append(out, old...)
}

// find gives names behind after whose text holds q, which is in lower case, to each until it wants no more.
func (f finder) find(q, after string, each func(name string) bool) {
	first := sort.Search(len(f.pages), func(i int) bool { p := f.pages[i]; return p.name(len(p.ends)-1) > after })
	for _, p := range f.pages[first:] {
		if !p.mayHold(q) {
			continue
		}
		for i := p.behind(after); i < len(p.ends); i++ { // from 0 on all pages but the first
			if q != "" {
				from := int(p.begins(i).text)
				at := strings.Index(p.all[from:], q)
				if at < 0 {
					break
				}
				at += from
				i = sort.Search(len(p.ends), func(i int) bool { return int(p.ends[i].text) > at }) // the text in which at lies
				if at+len(q) > int(p.ends[i].text) {                                               // it goes on into the next one, and so does all of q that begins later
					continue
				}
			}
			if !each(p.name(i)) {
				return
			}
		}
	}
}
