// Package mapped hands a bbolt file's mapped pages back to the system.
//
// bbolt reads its file through a shared mapping, and every page that was ever looked at counts as
// the process's own memory until the system is short of it. It is not needed there: the page stays
// in the system's cache and is mapped again, for less than a microsecond, when it is next read.
//
// # Invariants
//
//   - Only what bbolt has mapped at this moment is given back. A read transaction is open
//     meanwhile, and bbolt makes no new mapping while one is: else the address could be somebody
//     else's memory by then.
//   - Nothing can be lost: the mapping is shared and read only, so no page of it is ever dirty.
package mapped
