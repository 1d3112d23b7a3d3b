// Package host is the machine as the tools of cmd see it: what its processes use, and its free ports.
package host
