// Package archive is the copy of all sites' journals outside the servers of head office: a folder,
// best on another machine's disk, with a tape of the frames, as they came, for each site.
//
// # Invariants
//
//   - An archive has one writer: a lock in its folder keeps a second one out, also where two servers
//     take themselves for the leader.
//   - What it holds of a site is one chain from its first entry; a frame that does not follow is
//     refused, and what is there is never changed.
//   - What Copy says is archived has been synced there.
//
// A journal that has gone back behind its archive, as after head office was restored from a backup,
// adds nothing until it has come there again, and must then be the same.
package archive
