package contract

import (
	"net/http"
	"slices"
	"time"
)

// Code is the stable name of a problem. Codes are promises: only ever added to.
type Code string

// What is wrong with the request itself.
const (
	CodeBadJSON      Code = "bad_json"
	CodeUnknownField Code = "unknown_field"
	CodeWrongType    Code = "wrong_type"
	CodeBadValue     Code = "bad_value"
	CodeBadKey       Code = "bad_key"
	CodeKeyMissing   Code = "key_missing"
	CodeKeyReused    Code = "key_reused"
	CodeNotSupported Code = "not_supported"
	CodeUnknownSKU   Code = "unknown_sku"
	CodeUnknownSite  Code = "unknown_site"

	CodeUnknownBarcode Code = "unknown_barcode"
	CodeBarcodeShared  Code = "barcode_shared"
	CodeUnknownPack    Code = "unknown_pack"
	CodeNoPrice        Code = "no_price"
	CodeIsKit          Code = "is_kit"
	CodeApprovalNeeded Code = "approval_needed"
	CodeBodyTooLarge   Code = "body_too_large"
	CodeNoIdentity     Code = "no_identity"
	CodeForbidden      Code = "forbidden"
	CodeApproverNeeded Code = "approver_needed"
	CodeApprovalWrong  Code = "approval_wrong"
	CodeSignInWrong    Code = "sign_in_wrong"
	CodeGuessesMany    Code = "too_many_guesses"
	CodeDeviceNeeded   Code = "device_needed"
	CodeCrossOrigin    Code = "cross_origin"
	CodeUnknownHost    Code = "unknown_host"
	CodeRequestsMany   Code = "too_many_requests"
	CodeNotFound       Code = "not_found"
	CodeTrimmed        Code = "trimmed"
	CodeBadMethod      Code = "bad_method"
	CodeCardNumber     Code = "card_number"
	CodeLotNeeded      Code = "lot_needed"
	CodeLotWrong       Code = "lot_wrong"
	CodeOverDelivery   Code = "over_delivery"
	CodeUnknownCarrier Code = "unknown_carrier"
)

// What the business says no to. These are remembered under their key.
const (
	CodeStockShort     Code = "stock_short"
	CodeOrderCanceled  Code = "order_cancelled"
	CodeOrderCompleted Code = "order_completed"
	CodeOrderState     Code = "order_state"
	CodeOrderExists    Code = "order_exists"
	CodeSiteExists     Code = "site_exists"
	CodeNotLost        Code = "site_not_lost"
	CodeNotAwaited     Code = "site_not_awaited"
	CodeSiteInTouch    Code = "site_in_touch"
	CodeOwnedByHQ      Code = "owned_by_hq"
	CodeOrderChanged   Code = "order_changed"
	CodeLineFixed      Code = "line_fixed"
	CodeNotAmendable   Code = "not_amendable"
	CodeChangedSince   Code = "changed_since"
	CodeCountOutdated  Code = "count_outdated"
	CodeRecountNeeded  Code = "recount_needed"
	CodeBarcodeTaken   Code = "barcode_taken"
	CodeTransferState  Code = "transfer_state"
	CodePurchaseState  Code = "purchase_state"
	CodeNoteBooked     Code = "note_booked"
	CodeManifestClosed Code = "manifest_closed"
	CodeDropShipState  Code = "drop_ship_state"
	CodeNotSuggested   Code = "not_suggested"
	CodeOverReturned   Code = "over_returned"
	CodeReturnState    Code = "return_state"
	CodeBlockedShort   Code = "blocked_short"
	CodeBinShort       Code = "bin_short"
	CodeWrongScan      Code = "wrong_scan"
	CodePickListTaken  Code = "pick_list_taken"
	CodePickListNone   Code = "pick_list_none"
	CodeDraftPlaced    Code = "draft_placed"
	CodeQuoteExpired   Code = "quote_expired"

	CodeDrawerClosed    Code = "drawer_closed"
	CodeDrawerOpen      Code = "drawer_open"
	CodeDrawerShort     Code = "drawer_short"
	CodeDrawerDiffers   Code = "drawer_differs"
	CodeOverpaid        Code = "overpaid"
	CodePartPaid        Code = "part_paid"
	CodeGivenShort      Code = "given_short"
	CodeOverRefunded    Code = "over_refunded"
	CodeNothingPaid     Code = "nothing_paid_here"
	CodeAssetShort      Code = "asset_short"
	CodeAssetCharged    Code = "asset_charged"
	CodeAssetNotCharged Code = "asset_not_charged"
	CodeCustomerErased  Code = "customer_erased"
	CodeCheckRefused    Code = "check_refused"
	CodeNotWaiting      Code = "order_not_waiting"
	CodeCurrencySet     Code = "currency_set"
)

// What the book or the company cannot do now.
const (
	CodeInProgress       Code = "in_progress"
	CodeOwnerUnreachable Code = "owner_unreachable"
	CodeQuarantined      Code = "quarantined"
	CodeNotOpened        Code = "site_not_opened"
	CodeDiskFull         Code = "disk_full"
	CodeSiteClosing      Code = "site_closing"
	CodeBookStopped      Code = "book_stopped"
	CodeUnsure           Code = "unsure"
	CodeBusy             Code = "busy"
	CodeReviewsFull      Code = "reviews_full"
	CodeClaimsFull       Code = "claims_full"
	CodeDraftsFull       Code = "drafts_full"
	CodeNoLeader         Code = "no_leader"
	CodeNotReady         Code = "not_ready"
	CodeFault            Code = "fault"
)

type row struct {
	status int
	title  string
	detail string
	hint   string
	retry  time.Duration
}

// words holds each code's status and what people read of it. It is written here and nowhere
// else, and never changed by the program.
var words = map[Code]row{
	CodeBadJSON:      {http.StatusBadRequest, "This is not readable", "The body is not JSON.", "Send one JSON object, in UTF-8; /openapi.json says what belongs in it.", 0},
	CodeUnknownField: {http.StatusBadRequest, "There is a field that is not known", "", "Check its spelling; /openapi.json lists every field.", 0},
	CodeWrongType:    {http.StatusBadRequest, "A field has the wrong type", "", "Send each field as what it is: /openapi.json says what each takes.", 0},
	CodeBadValue:     {http.StatusBadRequest, "A field has a value that cannot be taken", "", "Put the field right and send it again: nothing was changed.", 0},
	CodeBadKey:       {http.StatusBadRequest, "The idempotency key cannot be taken", "", "Use 1 to 255 printable ASCII characters, for example a UUID.", 0},
	CodeKeyMissing: {http.StatusBadRequest, "The idempotency key is missing", "A request that changes something needs a key, so that a repeat is harmless.",
		"Send the header Idempotency-Key with a value of your own, and the same one again when you try again.", 0},
	CodeKeyReused: {http.StatusUnprocessableEntity, "The idempotency key was used before", "This key came before with another request.",
		"Use a new key for a new request; send a repeat exactly as it was.", 0},
	CodeNotSupported:   {http.StatusBadRequest, "This version cannot do that", "", "Leave it out; /openapi.json says what this server takes.", 0},
	CodeUnknownSKU:     {http.StatusBadRequest, "There is no such item", "", "Look for it by name or barcode, or have it added to the items.", 0},
	CodeUnknownBarcode: {http.StatusBadRequest, "No item has this barcode", "", "Scan it again, give the SKU instead, or have the barcode added to its item.", 0},
	CodeBarcodeShared: {http.StatusBadRequest, "Several items have this barcode", "",
		"Give the SKU instead; so that a scan is enough, take the barcode off all of the items but one.", 0},
	CodeUnknownPack: {http.StatusBadRequest, "The item does not come in this pack", "", "Give one of its packs, or leave pack out and give units.", 0},
	CodeApprovalNeeded: {http.StatusBadRequest, "Somebody has to approve this price", "",
		"Have a manager look at it and send the order again with their name: in the discount's approver, or in price_approver beside a unit price; or take less off.", 0},
	CodeUnknownCarrier: {http.StatusBadRequest, "This site has no such carrier", "", "Check the carrier's name, or have it added to the node's settings.", 0},
	CodeOverDelivery: {http.StatusBadRequest, "More comes than was ordered", "",
		"Count again. If they are to be kept and paid for, send it again with keep_over (holdfast receipt --keep-over); else leave what is too much with the driver, and book what you keep.", 0},
	CodeNoPrice:      {http.StatusNotFound, "Nobody has said what it costs", "", "Give the item a price, or a row of its price list for everybody.", 0},
	CodeIsKit:        {http.StatusBadRequest, "A kit lies in no bin", "", "Give its components instead, each with its units.", 0},
	CodeUnknownSite:  {http.StatusBadRequest, "There is no such site", "", "Check the name, or have head office add the site first.", 0},
	CodeBodyTooLarge: {http.StatusRequestEntityTooLarge, "The body is too large", "The body is larger than 1 MiB.", "Send it in parts.", 0},
	CodeNoIdentity: {http.StatusUnauthorized, "Please sign in", "This call needs an identity.",
		"Sign in, or send Authorization: Bearer TOKEN; the owner's token stands in owner.token in the server's directory.", 0},
	CodeForbidden: {http.StatusForbidden, "This is not allowed", "This identity may not do that.", "Have somebody do it who may, or ask an administrator for the role.", 0},
	CodeApproverNeeded: {http.StatusForbidden, "Somebody has to approve this", "",
		"Have them type their name and PIN, or at head office their password, and send the request again with the header Holdfast-Approval: NAME:PIN.", 0},
	CodeApprovalWrong: {http.StatusForbidden, "That is no approval", "The name and the secret of the second person do not fit: a PIN at a site, a password at head office.", "Have them type both again.", 0},
	CodeSignInWrong:   {http.StatusUnauthorized, "That did not work", "Name and PIN or password do not fit.", "Type both again; who has forgotten theirs asks an administrator for a new one.", 0},
	CodeGuessesMany:   {http.StatusTooManyRequests, "Please wait a little", "There were too many wrong sign-ins.", "Wait and try again; another device works meanwhile.", 0},
	CodeDeviceNeeded: {http.StatusForbidden, "This device is not known", "A PIN is taken at tills and handhelds that were enrolled.",
		"Have an administrator enrol the device (holdfast user add NAME --kind device), and sign in at it.", 0},
	CodeCrossOrigin:  {http.StatusForbidden, "Another page sent this", "A page of another site had the browser send this, so nothing was done.", "Do it on this site's own page.", 0},
	CodeUnknownHost:  {http.StatusMisdirectedRequest, "This is not the address of this server", "", "Use its IP address or its own name; other names are given to it by --names.", 0},
	CodeRequestsMany: {http.StatusTooManyRequests, "Please wait a little", "This device sends more than it may.", "Send a little later, and less at once.", time.Second},
	CodeNotFound:     {http.StatusNotFound, "There is nothing here", "There is nothing under this address.", "Check the id or the address; /openapi.json lists every address.", 0},
	CodeTrimmed: {http.StatusGone, "These entries have left the journal", "The journal has been trimmed of what was archived and old.",
		"Read on from a later place; without one the list begins at the first entry that is here. The archive has the rest.", 0},
	CodeBadMethod: {http.StatusMethodNotAllowed, "That cannot be done here", "This address does not take that method.", "Use a method that the address takes: /openapi.json lists them.", 0},

	CodeDropShipState:  {http.StatusConflict, "The supplier has not so much of it", "", "Look the order up first: it shows what its suppliers have, and have said.", 0},
	CodeStockShort:     {http.StatusConflict, "There is not enough stock", "There is not enough stock.", "Take fewer, or wait until goods have come.", 0},
	CodeOrderCanceled:  {http.StatusConflict, "The order is cancelled already", "The order was cancelled before.", "If the goods are wanted all the same, place another order for them.", 0},
	CodeOrderCompleted: {http.StatusConflict, "The goods have been handed over", "The order has been handed over.", "Take the goods back as a return.", 0},
	CodeOrderState:     {http.StatusConflict, "The order's state does not allow that", "", "Do what comes before it first, or name no more than there is: look the order up by its number, and what this site has of it.", 0},
	CodeOverReturned: {http.StatusConflict, "More comes back than was sold", "More comes back than was sold and has not come back yet.",
		"Take back as many as can still come back, and hand the rest to the customer again. Units from another sale need its receipt.", 0},
	CodeReturnState: {http.StatusConflict, "There are not as many units of this return to deal with", "",
		"Name no more than is there to be dealt with: look the return up, which says how many units are where.", 0},
	CodeWrongScan: {http.StatusConflict, "This is not what is wanted", "",
		"Scan again; where the label is wrong, have the barcode added to its item.", 0},
	CodePickListTaken: {http.StatusConflict, "Somebody has this order on a list", "",
		"Take others, or ask whoever has them to give their list up: the pick lists say who has what.", 0},
	CodePickListNone: {http.StatusConflict, "There is nothing to pick", "",
		"Wait for the next order, or have a list given up that nobody walks.", 0},
	CodeBlockedShort: {http.StatusConflict, "Not as many lie blocked there", "",
		"Look again at what lies there, and name no more: the list of blocked goods says what lies in which bin, and how much of it is a return's.", 0},
	CodeBinShort: {http.StatusConflict, "Not as many lie in the bin", "",
		"Look again at what lies there: the count sheet of the article says in which bins the book has it. Where the book is wrong, count the bin.", 0},
	CodeDraftPlaced: {http.StatusConflict, "This is no draft any more", "", "Go on with the order that it became, or take the sale anew: look it up by its number to see what became of it.", 0},
	CodeQuoteExpired: {http.StatusConflict, "The quote is no longer good", "",
		"Place it at today's prices with reprice, under a new key, or cancel it and make a new quote.", 0},
	CodeLotNeeded: {http.StatusBadRequest, "Say which lot or serial number", "The item's units are told apart, and it was not said which these are.", "Scan the label that has it, or type it as the label has it.", 0},
	CodeLotWrong:  {http.StatusBadRequest, "This lot or serial number cannot be", "What was said of a lot or serial number does not fit what the book knows.", "Look at the label again, or look the lot up to see what is known of it.", 0},
	CodeCardNumber: {http.StatusBadRequest, "This looks like the number of a card", "A text holds digits that pass the check of a card's number. Nothing of it was kept.",
		"Never enter a card's number. Give the reference on the terminal's slip; where that itself has such digits, leave some of them out.", 0},
	CodeDrawerClosed: {http.StatusConflict, "The drawer is closed", "", "Open it with its float first, or use a till whose drawer is open.", 0},
	CodeDrawerOpen:   {http.StatusConflict, "The drawer is open", "", "Count it and close it first.", 0},
	CodeDrawerShort: {http.StatusConflict, "There is not enough cash in the drawer", "",
		"Pay cash in first, take it from a till that has more, or take less.", 0},
	CodeDrawerDiffers: {http.StatusConflict, "The count differs", "", "Count again; where it stays so, send the count with a reason under a new key.", 0},
	CodeOverpaid:      {http.StatusConflict, "More is taken than is due", "", "Take what is due. Cash beyond it is change: send what the customer hands over as given.", 0},
	CodePartPaid: {http.StatusConflict, "Less is taken than is due", "",
		"Take the rest by another tender, or send it as a deposit (deposit true) where some may stay due.", 0},
	CodeGivenShort:   {http.StatusConflict, "Less cash was handed over than is to be paid", "", "Ask for the rest, or pay it by another tender.", 0},
	CodeOverRefunded: {http.StatusConflict, "More is given back than was paid", "", "Give back what is left, or what is left of another tender of the order.", 0},
	CodeNothingPaid: {http.StatusConflict, "Nothing was paid for this order here", "This site has taken no money for this order, so it can give none back.",
		"The receipt names the till that took it. Ask the book that owns the order for the right to give it back here (holdfast refund-claim), or send the customer to that site.", 0},
	CodeAssetShort: {http.StatusConflict, "There is not enough left", "",
		"Take another means of payment, or have head office allot more to this site. While the line to head office is up it is asked by itself.", 0},
	CodeAssetCharged: {http.StatusConflict, "This was charged already", "", "A repeat of the request under its key gets its first answer. Another charge needs a reference of its own.", 0},
	CodeAssetNotCharged: {http.StatusConflict, "So much is not charged here", "",
		"Release it at the site that charged it, and no more than it charged. Elsewhere record a payment, or load a card.", 0},
	CodeCustomerErased: {http.StatusConflict, "This customer asked to be forgotten", "What was known of the customer is erased, for good.", "Give the customer a new id.", 0},
	CodeCurrencySet:    {http.StatusConflict, "The company counts in a currency already", "", "A currency is set once: money that was counted in it stays. Keep the books of another currency as another company.", 0},
	CodeCheckRefused:   {http.StatusConflict, "A check says no to this order", "The company's checks say no to this order.", "Change what the check says no to, and place the order under a new key.", 0},
	CodeNotWaiting:     {http.StatusConflict, "This order does not wait for anybody's word", "", "Nothing is left to decide about it: look it up by its number to see what became of it, or take another that waits.", 0},
	CodeOrderChanged: {http.StatusConflict, "Somebody else has changed the order", "The order was amended after it was looked at.",
		"Read the order again, and send what is still to be changed with its version and a new key.", 0},
	CodeLineFixed: {http.StatusConflict, "Some of it has left already", "Of the lines listed no less can be wanted than what has left or was declined; nothing was changed.",
		"Lower each line to what stands under have at least, and take back the rest as a return.", 0},
	CodeChangedSince: {http.StatusConflict, "Somebody else has changed this", "It was changed after it was looked at.",
		"See what is there now, and send what is still to be changed with the version that the answer names.", 0},
	CodeNotAmendable: {http.StatusConflict, "This order cannot be amended here", "", "Cancel it where it was taken, and place it again as it is to be.", 0},
	CodeCountOutdated: {http.StatusConflict, "Something newer is known of these bins", "",
		"Leave the lines under counts out and send the rest under a new key, or take a new sheet and count those bins again.", 0},
	CodeRecountNeeded: {http.StatusConflict, "Somebody else must count this again", "",
		"Have another person count the bins under counts again, and send what they found with recounted_by under a new key.", 0},
	CodeTransferState:  {http.StatusConflict, "The transfer's state does not allow that", "", "Look the transfer up to see how it stands, and do what comes next.", 0},
	CodeNotSuggested:   {http.StatusConflict, "Nothing of that is suggested now", "", "Take what is suggested now, or make the transfer or the purchase order itself (holdfast reorder list).", 0},
	CodeManifestClosed: {http.StatusConflict, "This manifest is closed", "", "Its carrier has it on its list: tell the carrier, and book the goods as not delivered when they come back.", 0},
	CodeNoteBooked: {http.StatusConflict, "This delivery note was booked in before", "",
		"If these goods are another part of the same note, say so (more, or holdfast receipt --more); if the number was misread, send it with the right one.", 0},
	CodePurchaseState: {http.StatusConflict, "The purchase order's state does not allow that", "", "Look the purchase order up to see how it stands, and do what comes next.", 0},
	CodeOrderExists:   {http.StatusConflict, "This order exists already", "Another order has this id.", "Give this order an id of its own, or leave the id out. If it is the same order, send it exactly as it was, with its first key.", 0},
	CodeNotLost: {http.StatusConflict, "This site is not lost", "Only what a lost site holds can be written off.",
		"Declare the site lost first. What it holds stays claimed until then, and nothing of it is sold twice.", 0},
	CodeNotAwaited: {http.StatusConflict, "Nobody waits for this site", "Head office does not wait for this site to attest.", "Name a site that is waited for: the list of sites says which are, and why.", 0},
	CodeSiteInTouch: {http.StatusConflict, "This site is in touch", "The site is in touch with head office.",
		"Declared lost it is turned away at once: it promises nothing more, and what it sells meanwhile has to be settled by hand. " +
			"Stop its node first and try again some seconds later, or leave out unless_in_touch (on the command line: give --force) where it has to be all the same.", 0},
	CodeSiteExists: {http.StatusConflict, "This site exists already", "There is a site of this name.",
		"Until its node has joined, repeating the request with its key gives a lost join token anew; after that, replacing the site gives one. What it was added as is put right by holdfast site set NAME.", 0},
	CodeBarcodeTaken: {http.StatusConflict, "Another item has this barcode", "",
		"Look at the label. If the barcode belongs here, take it off the other item first; in one bulk request both can be sent together.", 0},
	CodeOwnedByHQ: {http.StatusConflict, "Head office keeps this", "Items are kept at head office.", "Change the item there; it arrives here by itself.", 0},

	CodeInProgress: {http.StatusServiceUnavailable, "This is being decided", "The same request is being decided right now.",
		"Try again with the same key.", time.Second},
	CodeOwnerUnreachable: {http.StatusServiceUnavailable, "The owner of the order cannot be reached", "The book that owns this order does not answer. Nothing was changed.",
		"Try again when the line is back.", 5 * time.Second},
	CodeQuarantined: {http.StatusServiceUnavailable, "This site is in quarantine", "This site's book may be behind its own past, so it promises nothing.",
		"Goods that the customer holds can be sold: send the order with in_hand. The site opens again by itself once head office has rebuilt it; its page says what it waits for.", 0},
	CodeNotOpened: {http.StatusServiceUnavailable, "This site has not been opened", "Head office has not given this site its first epoch yet.",
		"Check the line to head office and the join token.", 5 * time.Second},
	CodeDiskFull: {http.StatusServiceUnavailable, "The disk is full", "There is no room for new orders. Goods in, cancellations and what was promised before are still recorded.",
		"Make room on the disk; orders are taken again by themselves.", 5 * time.Second},
	CodeSiteClosing: {http.StatusServiceUnavailable, "This server is closing", "The server is shutting down.", "Try again in a moment, with the same key.", 2 * time.Second},
	CodeBookStopped: {http.StatusServiceUnavailable, "The book has stopped", "Writing to the disk failed, so nothing more is taken. What was answered is safe.",
		"Check the disk, then start the node again. A request that got no answer is tried again with its key.", 0},
	CodeUnsure: {http.StatusServiceUnavailable, "Nobody can say whether this was done", "The answer was lost on its way.",
		"Try again with the same key; it will not be done twice.", time.Second},
	CodeBusy: {http.StatusServiceUnavailable, "There is too much to do", "More requests are waiting than can be taken.", "Try again in a moment, with the same key.", time.Second},
	CodeClaimsFull: {http.StatusServiceUnavailable, "Too many claims for money wait for an answer", "This site keeps as many claims that wait as it can.",
		"Wait until head office has brought some answers: they come while the line is up.", 0},
	CodeReviewsFull: {http.StatusServiceUnavailable, "Too many orders wait for somebody's word", "This site keeps as many orders that wait as it can.",
		"Decide about some of those that wait, the oldest first.", 0},
	CodeDraftsFull: {http.StatusServiceUnavailable, "There are too many drafts", "This site keeps as many parked sales and quotes as it can.",
		"Place or put away some of the parked sales and quotes, the oldest first.", 0},
	CodeNoLeader: {http.StatusServiceUnavailable, "Head office is choosing a leader", "No leader can be reached.", "Try again in a moment, with the same key.", time.Second},
	CodeNotReady: {http.StatusServiceUnavailable, "This server is not ready", "", "Try again in a moment; who runs the server finds in its log what it waits for.", time.Second},
	CodeFault:    {http.StatusInternalServerError, "Something is broken here", "This is a fault of the server, not of the request.", "Try again with the same key: nothing is done twice. Where it stays so, tell whoever looks after the server.", 0},
}

// Codes lists every code in ascending order.
func Codes() []Code {
	out := make([]Code, 0, len(words))
	for c := range words {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}
