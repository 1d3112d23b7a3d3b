// Package allocate plans which sites serve the lines of one order, and says why.
//
// It is pure: the same want and the same candidates give the same plan, on any machine, in
// whatever order lines and candidates come. There is no clock, no chance and no map order in it,
// and only integers. The plan is a proposal; HQ's state machine checks every leg of it against
// what HQ holds at that moment and commits all of it or nothing.
//
// Make plans one order. Who plans many keeps a Planner, which does the same in a fraction of the
// time.
//
// # The objective
//
// All that can be given is given. Among the plans that do, the best has, in this order, the least
//
//  1. units that are not there by the need-by date,
//  2. lines with such units,
//  3. articles from sites that are cut off,
//  4. parcels,
//  5. units that a site has to be asked for,
//  6. units taken of what a site wishes to keep,
//  7. cost or distance, of all parcels,
//  8. the sum of the sites' ranks,
//
// and on a tie the smallest sorted list of site ids. A Preset orders 4 to 7 otherwise. So there
// is one best plan, and it is found, not estimated: by branch and bound, within a budget of
// cells looked at. Where that is not enough the Decision says Unproved. How, and what the budget
// buys, stands in DESIGN.md.
//
// # Who may serve
//
// The caller says who may not, with the reason in words: Barred for a site, Refused for one SKU
// of it. Both come back in the explanation and have no other meaning here.
//
// # Held and borrowed
//
// Legs are covered by what HQ holds and can be committed at once; Borrow has to be asked for
// first. A site gives what HQ holds there before it lends. A loan is planned where holdings do
// not suffice, or where it saves a parcel; DESIGN.md has the experiment.
//
// # One claim
//
// The same SKU on two lines draws on one stock: a unit given to the first line is not there
// for the second. If there is too little, the lines that want least are filled first, for then
// most of them are whole.
package allocate
