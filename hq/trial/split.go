package trial

// Split gives head office the warehouses' stock and half of every counter's receipt for good, and
// nobody asks anybody: what a split by forecast comes to when the forecast is half and half.
func Split() Way { return Way{"static split", func(j *judge) way { return newHalves(j) }} }

type halves struct {
	*judge
	head, own []int32
}

func newHalves(j *judge) *halves {
	h := &halves{judge: j, head: make([]int32, len(j.book)), own: make([]int32, len(j.book))}
	for i, q := range j.book {
		h.receive(i/j.w.SKUs, int32(i%j.w.SKUs), q)
	}
	return h
}

func (h *halves) receive(site int, sku, qty int32) {
	i := h.at(site, sku)
	n := (qty + 1) / 2
	if h.head[i] > h.own[i] {
		n = qty / 2 // the odd unit goes to whoever has less
	}
	if site < h.w.Warehouses {
		n = qty
	}
	h.head[i] += n
	h.own[i] += qty - n
}

func (h *halves) cut(int)   {}
func (h *halves) heal(int)  {}
func (h *halves) night(int) {}
func (h *halves) stocked()  {}

func (h *halves) answer(r *Request) {
	served := map[int]bool{}
	for _, l := range r.Lines {
		i := h.at(int(r.Site), l.SKU)
		switch {
		case r.Kind == WalkIn:
			had, sold := h.book[i] >= l.Qty, h.own[i] >= l.Qty
			if sold {
				h.own[i] -= l.Qty
				h.promise(int(r.Site), l.SKU, l.Qty)
			}
			h.walkIn(int(r.Site), l, sold, had)
		case r.Kind == Delivery && h.own[i] >= l.Qty:
			h.own[i] -= l.Qty
			h.promise(int(r.Site), l.SKU, l.Qty)
			served[int(r.Site)] = true
			h.n.Promised++
		case r.Kind == HeadWant && h.line(l, served):
			h.n.Promised++
		default:
			h.refuse(h.exists(l))
		}
	}
	if len(served) > 0 {
		h.n.Orders++
		h.n.Parcels += len(served)
	}
}

// line promises what head office has of a line, site by site, whole or not at all.
func (h *halves) line(l Line, served map[int]bool) bool {
	sum := int32(0)
	for s := range h.w.Sites() {
		sum += h.head[h.at(s, l.SKU)]
	}
	if sum < l.Qty {
		return false
	}
	left := l.Qty
	for s := 0; left > 0; s++ {
		if q := min(left, h.head[h.at(s, l.SKU)]); q > 0 {
			h.head[h.at(s, l.SKU)] -= q
			h.promise(s, l.SKU, q)
			served[s] = true
			left -= q
		}
	}
	return true
}
