// Package hugepages has the operating system back this process's heap with huge pages.
//
// A server of head office looks up some twenty places of a state of hundreds of megabytes for each order it applies, and
// each is on a page that the processor has not seen lately. With pages of 4 KiB a large part of the time goes into finding
// the page, more so in a virtual machine, where that is done twice; with pages of 2 MiB the table of all of them fits beside
// the data. Linux gives them to whoever asks, where /sys/kernel/mm/transparent_hugepage/enabled says madvise, which is what
// most distributions ship; where it says always, there is nothing to ask for, and where it says never, nothing is given.
// Go's runtime does not ask.
//
// It costs memory: a huge page of which a part is touched is there as a whole. And where the memory of a machine is scattered, by
// file caches for one, the kernel has whoever needs a huge page wait while it makes one, or gives small ones after all. So
// it is for the operator to say, of a server with memory to spare.
package hugepages
