// Package grid holds a table of short values by site and SKU, without a pointer in it, of which a
// consistent snapshot is taken in microseconds while its writer goes on.
//
// HQ's state machine needs this: a company of 1,000 sites has 5,000,000 balances. As a value of their
// own each of them takes some 350 bytes and is visited by every collection of garbage; here one takes its
// own bytes and 9 more, in pages that the collector does not look into.
//
// # How it lies
//
// A row is a value under a key of two numbers, those of its SKU and its site. Names are numbered as
// they first come. Rows stand in pages of 2 KiB, by the SKU's number and within it by the site's name, so
// those of one SKU are neighbours. Pages stand in shelves, and both are found by their least key. A value
// that is too long for a page is kept beside them, as a string of its own.
//
// # Invariants
//
//   - A page, and a shelf, belongs to the generation that made it. The writer changes only what belongs to
//     the present one; everything else it copies first. A snapshot begins a new generation, so nothing that
//     a Frozen can reach is ever written again. Names are only ever appended.
//   - Keys ascend through all pages, each is there once, and a page is never empty.
//   - A row that is marked as long has its value beside the pages, and every value there has such a row.
//   - What a site has (At) and which SKUs there are (SKUs) follow from the rows.
//   - Numbers never show: what goes through many rows goes by names, but for Each, which says so. Two tables
//     of the same rows say the same, whatever order these came in.
//   - A Put splits at most one page and one shelf, so none is slow while the table grows.
//
// # Who may call
//
// A Map has one writer at a time, and no reader meanwhile; any number may read at once. Its bytes are to
// be read at once and not to be kept or changed. A Frozen may be read by any number of goroutines, at the
// same time as the Map is written. Maps that share Names count as one.
//
// # Limits
//
// Names are never forgotten, and a page that has lost rows is not merged with its neighbour: both follow
// from how much there was at most. A fixed hash can be attacked by somebody who chooses names: bound what
// outsiders may name.
package grid
