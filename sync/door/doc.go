// Package door decides who may call what, for node and head office alike: roles and permissions, secrets, what a guess
// costs, and which requests a browser must not have sent.
//
// What always holds:
//   - Who has no permission for a call gets no further than the door: routes are looked up in a table, and a route that
//     no table has is the administrator's alone.
//   - A secret (password, PIN, token) is kept as what it is compared with, is compared in a time that says nothing of it,
//     and stands in no log, address, figure or answer but the one that shows a new token.
//   - A wrong guess costs more each time, for the device that it was made at and the name that it was made for, and a
//     restart takes nothing of that back.
//   - An answer to a sign-in does not say which part of it was wrong.
//   - What is kept of strangers has a limit, and so has the work that they can cause.
package door
