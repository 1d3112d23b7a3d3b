// Package policy says where units should lie before anybody asks for them.
//
// It is pure: the same figures give the same wishes, on any machine and in any order of input.
// A wish is only that: an allotment moves by an entry of its owner's journal, and until then the
// units stay where they were. allocation.md, section 1, has the five rules and what they were
// tried against:
//
//  1. On your shelf, yours to promise: a site with a counter allots nothing by default (ToHQ).
//  2. HQ promises from warehouses: a site without a counter allots what it has (ToHQ).
//  3. An advance for the counters: of the warehouses' stock, after one day of HQ's own demand, as
//     many units as outlast the cut-off that is to be survived, but for a small chance (TargetOf,
//     Advance). The table of allocation.md counts orders of one unit; of boxes it counts orders.
//  4. While the line is up, one pot: anybody may ask, and what must not be lent is said by a floor
//     (Lendable).
//  5. Cut off and nothing held: to be confirmed, and confirmed first (Unconfirmed.Compare); whichever end of the line
//     the order was taken at.
//
// How much is asked for is learnt from the entries themselves (Demand). There are no floats: what
// needed them was worked out once, stands here as tables, and is worked out again by the tests.
package policy
