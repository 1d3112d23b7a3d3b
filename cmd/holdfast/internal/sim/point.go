package sim

// A Point is a named place in what a process does, at which a crash is worth most.
type Point string

// The points of a site's process.
const (
	PointAsked    Point = "ask opened"       // the asked entry is on disk, head office is about to be asked
	PointYes      Point = "yes being taken"  // head office said yes, the entry that takes it up is in flight
	PointAbandon  Point = "ask being closed" // no yes came, the entry that says so is in flight
	PointAnswer   Point = "order answered"   // the order's entry is on disk, the client not told
	PointObey     Point = "command in hand"  // a command's entry is in flight
	PointObeyed   Point = "command obeyed"   // a command's entry is on disk, head office not told
	PointReceipt  Point = "receipt on disk"  // goods are on disk, the client not told
	PointBoot     Point = "book opening"     // the boot entry, which drops open asks, is in flight
	PointPushSent Point = "push sent"
	PointRejoined Point = "epoch given" // on the disk, nothing fetched
	PointFetched  Point = "page fetched"
	PointSwapped  Point = "book swapped" // the new book is in place and was not opened yet
	PointLate     Point = "late fact told"
)

func sitePoints() []Point {
	return []Point{PointAsked, PointYes, PointAbandon, PointAnswer, PointObey, PointObeyed, PointReceipt, PointBoot, PointPushSent}
}

// backPoints are those of a site that is rebuilt.
func backPoints() []Point {
	return []Point{PointRejoined, PointFetched, PointSwapped, PointLate}
}

// The points of head office: the effect of a message is applied, its sender not told.
const (
	PointHello   Point = "hello applied"
	PointPush    Point = "push applied"
	PointAsk     Point = "ask answered"
	PointPlace   Point = "place applied"
	PointCancel  Point = "cancel applied"
	PointRelease Point = "backorder released"
	PointRejoin  Point = "epoch issued"
)

func hqPoints() []Point {
	return []Point{PointHello, PointPush, PointAsk, PointPlace, PointCancel, PointRelease}
}
