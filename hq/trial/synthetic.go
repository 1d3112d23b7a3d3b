package trial

// Retail makes a chain of 20 shops and 2 warehouses with 2,000 articles. Of 100 requests 80 are
// walk-ins, 10 are delivery orders at a counter and 10 come over the web; a shop has 40 to 160
// requests a day, Saturdays half as many again. Few articles sell much, most sell little.
func Retail(seed uint64, days int) *World { return RetailOf(seed, days, 2000) }

// RetailOf is Retail with another number of articles.
func RetailOf(seed uint64, days, skus int) *World {
	w := &World{Name: "retail", Warehouses: 2, Counters: 20, SKUs: skus, Days: days, OpeningWeeks: 4, Nearby: 50}
	c := Chance(seed)
	articles := newTable(w.SKUs, func(i int) uint64 { return 1_000_000 / uint64(i+10) })
	for day := range days {
		for k := range w.Counters {
			n := 40 + 120*k/(w.Counters-1)
			n = n*9/10 + c.Below(n/5+1)
			if day%7 == 5 {
				n += n / 2
			}
			for range n {
				r := Request{At: opening(&c, day), Kind: WalkIn, Site: int16(w.Warehouses + k)}
				switch draw := c.Below(100); {
				case draw < 10:
					r.Kind = HeadWant
				case draw < 20:
					r.Kind = Delivery
				}
				r.Lines = basket(&c, articles, 1+c.Below(10)/7+c.Below(10)/9, fewUnits)
				w.Requests = append(w.Requests, r)
			}
		}
	}
	w.Sort()
	return w
}

// Trade makes a wholesaler of 8 branches and 2 warehouses with 5,000 articles and 120 orders a day,
// fewer on Saturdays and none on Sundays: half of them at head office, a third for delivery at a
// branch, the others collected. An order has 1 to 60 lines, half of them 9 or fewer, of 1 to 24 units.
func Trade(seed uint64, days int) *World { return TradeOf(seed, days, 5000) }

// TradeOf is Trade with another number of articles.
func TradeOf(seed uint64, days, skus int) *World {
	w := &World{Name: "trade", Warehouses: 2, Counters: 8, SKUs: skus, Days: days, OpeningWeeks: 4, Nearby: 50}
	c := Chance(seed)
	articles := newTable(w.SKUs, func(i int) uint64 { return 1_000_000 / uint64(i+25) })
	for day := range days {
		for range []int{120, 120, 120, 120, 120, 40, 0}[day%7] {
			r := Request{At: opening(&c, day), Kind: HeadWant, Site: int16(w.Warehouses + c.Below(w.Counters))}
			switch draw := c.Below(12); {
			case draw < 4:
				r.Kind = Delivery
			case draw < 6:
				r.Kind = WalkIn
			}
			lines := 1 + c.Below(60)*c.Below(60)/60
			if r.Kind == WalkIn {
				lines = 1 + lines/6
			}
			r.Lines = basket(&c, articles, lines, boxUnits)
			w.Requests = append(w.Requests, r)
		}
	}
	w.Sort()
	return w
}

// opening draws a minute between nine and six.
func opening(c *Chance, day int) int32 { return int32(day*Day + 9*60 + c.Below(9*60)) }

// basket draws that many lines; two of one article become one.
func basket(c *Chance, articles *table, lines int, units func(*Chance) int32) []Line {
	out := make([]Line, 0, lines)
next:
	for range lines {
		l := Line{SKU: int32(articles.draw(c)), Qty: units(c)}
		for i := range out {
			if out[i].SKU == l.SKU {
				out[i].Qty += l.Qty
				continue next
			}
		}
		out = append(out, l)
	}
	return out
}

func fewUnits(c *Chance) int32 {
	switch draw := c.Below(100); {
	case draw < 85:
		return 1
	case draw < 95:
		return 2
	default:
		return int32(3 + c.Below(4))
	}
}

func boxUnits(c *Chance) int32 {
	if c.Below(3) == 0 {
		return int32(6 * (1 + c.Below(4)))
	}
	return int32(1 + c.Below(6))
}
