package door

// AnswerPolicy is the content security policy of what is no page: nothing in it is ever run, shown in a frame, or sent
// from.
const AnswerPolicy = "default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'"

// AnswerHeaders are in every answer: what a browser must not make of it, whoever talks it into asking. Their names are in
// canonical form. A page puts a policy of its own in place of the first.
var AnswerHeaders = [...]struct{ Name, Value string }{
	{"Content-Security-Policy", AnswerPolicy},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
}
