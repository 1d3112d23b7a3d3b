// Package openid asks a company's own identity provider who somebody is (OpenID Connect: authorization code with PKCE,
// state and nonce). It says who, and never what they may do: that is the table of head office.
//
// What must hold: a name is given only for an ID token that the issuer has signed, for us, now, and for the trip that the
// browser itself began; the provider is asked within bounds of time and bytes; no secret, code or token is ever in an error.
package openid
