// Package sim runs a whole company in one goroutine, from one seed, in simulated time.
//
// The parts are those that run in a shop: ledger.Core, link.Conversation, the codecs of
// sync/wire, head office's machine and office. Only the world around them is made up: disks
// that lose what was not synced, lines that lose, delay, repeat and reorder, processes that
// crash at the worst moment, a head office that cannot say whether a write landed, and clients
// who keep a journal of what they were told and retry what they do not know.
//
// A seed is first expanded into a Plan: every order, receipt, cut and crash with an id and a
// moment. Then the plan is carried out, event by event. Nothing reads a clock, the random
// source of the process or a map's order, so a seed gives one trace on every machine; the
// trace's digest says so.
//
// Beside what happens every day a plan may have disasters (Disaster): sites restored from a backup
// of any age, lost disks, copies beside their originals, an older head office, living sites that are
// declared lost and written off, allotments passed on, goods in the hand, clocks that jump by days,
// partitions that let one direction through, disks that fail or are full. Which, and how often,
// is drawn from the seed; people do their part (they end one of two copies, recover a head office).
//
// Customers of a site that is cut off may take an order that nobody has promised, and at each site somebody goes round with
// what is reserved: most is found, some is not, and is counted later, some is not served.
//
// At each site's tills customers pay for orders, in parts, and get some of it back; they buy on account, within what head office
// lets the site give; drawers are counted and days ended; and goods are ordered of suppliers, who bring less, or more.
// Gift cards are sold, and store credit is given; they are paid with there or at another site, and given back. Some transfers leave in a carton, which comes as
// it left or is opened. Where nothing goes back in time, some orders have a line that its supplier
// sends itself, which it confirms, sends, refuses or has back, and customers exchange what they took for something else, with the difference paid or
// given back.
//
// Promises are counted from what clients were told. Beyond what was received a promise is
// oversold, unless an entry names it as displaced or a person has signed for it. A book that is in
// doubt (it went back, or has a copy) is judged when its facts are told: then each of its clients
// either has what it was told, or an entry says what is missing.
//
// Invariants, checked as soon as they can be seen to break:
//
//   - what clients were promised of a SKU is no more than what was received of it;
//   - what a client was told is on a disk;
//   - an order to be confirmed is accepted once it is; only what nobody promised is declined, not before sites that were cut
//     off had time to come back, and nobody keeps goods for it;
//   - a leg that is picked short or rejected is named, and its order waits for it again;
//   - a key is answered once, a command has its effect once, an order is taken once;
//   - money that an entry moves adds up to nothing, and receipts of one till and epoch are numbered without a gap;
//   - sequence numbers grow by one, across crashes;
//   - head office refuses no site, and raises no exception, that no disaster explains;
//   - no process promises anything that head office or a client could have told it not to;
//   - head office's books add up (machine.Check), also after a restart from a snapshot, which
//     must give the same state, byte for byte;
//   - of what suppliers send no unit is ever in the company, and each line is what its supplier said; of each exchange the goods came back, and what they were
//     worth pays for the sale;
//   - what is used of a gift card is no more than what was put on it, at all sites together, and is what head office has;
//   - when all is healed: every journal is at head office, nothing is held, tied, drawn or
//     asked for, both sides count the same, each promise has its goods, each order that
//     waits has a reason to, none is to be confirmed, no count is asked for that was made, no site is frozen, and each book has what lies on its shelf; each payment and
//     refund that somebody was told of is in the book once, each account is used by what its customers were told, and of each purchase
//     order head office counts what came; what head office has closed is closed in the book that ordered it, too, and promised by
//     neither; a carton that nobody has opened is booked with what came in it.
package sim
