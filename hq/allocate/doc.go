// Package allocate plans which sites serve the lines of one order.
//
// It is pure: the same want and the same candidates give the same plan, on any machine. The plan
// is only a proposal; HQ's state machine checks every leg of it against what HQ holds at that
// moment and commits all of it or nothing (allocation.md, section 2).
//
// # The objective, for now
//
// Fewest sites, then the nearest by configured rank, then the smallest site id. Sites are
// chosen greedily, so "fewest" is what a greedy cover finds, not always the optimum: the branch
// and bound of allocation.md, section 3, is a later issue and will stand behind the same Make.
//
// # Two sources, in this order
//
// What HQ holds already is used first. Only for what is then still wanted are units borrowed,
// from sites with a counter that answer now. A borrow takes units off somebody's shelf, so none
// is planned where holdings suffice, even if that means one more site.
//
// # One claim
//
// The same SKU on two lines draws on one stock: a unit given to the first line is not there
// for the second.
package allocate
