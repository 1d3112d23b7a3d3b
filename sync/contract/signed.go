package contract

// A Signed request has a field, by, for who signs it, where that is not whoever sends it. Of somebody who has signed in the door puts their own name there
// (door.Caller.Signs).
type Signed interface {
	Signer() *string // points at the field
}

// The requests to a site that are signed.

func (r *BinMoveRequest) Signer() *string     { return &r.By }
func (r *BlockedRequest) Signer() *string     { return &r.By }
func (r *DrawerOpenRequest) Signer() *string  { return &r.By }
func (r *DrawerCashRequest) Signer() *string  { return &r.By }
func (r *DrawerCloseRequest) Signer() *string { return &r.By }
func (r *DropShipRequest) Signer() *string    { return &r.By }
func (r *ExchangeRequest) Signer() *string    { return &r.By }
func (r *ManifestRequest) Signer() *string    { return &r.By }
func (r *StrikeRequest) Signer() *string      { return &r.By }
func (r *PurchaseRequest) Signer() *string    { return &r.By }
func (r *PurchaseActRequest) Signer() *string { return &r.By }
func (r *ReceiptRequest) Signer() *string     { return &r.By }
func (r *ReturnRequest) Signer() *string      { return &r.By }
func (r *InspectRequest) Signer() *string     { return &r.By }
func (r *PaymentRequest) Signer() *string     { return &r.By }
func (r *RefundRequest) Signer() *string      { return &r.By }
func (r *RefundClaimRequest) Signer() *string { return &r.By }
func (r *UserRequest) Signer() *string        { return &r.By }
