package hq

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// customersBulkMax bounds the customers of one bulk request.
const customersBulkMax = 1000

// BulkCustomer is one customer of a bulk request.
type BulkCustomer struct {
	Customer string `json:"customer"`
	contract.CustomerRequest
}

// BulkCustomers sets many customers.
type BulkCustomers struct {
	Customers []BulkCustomer `json:"customers" jsonschema:"1 to 1000"`
}

// CustomerResult is what one customer of a bulk request got.
type CustomerResult struct {
	Customer   string            `json:"customer"`
	HTTPStatus int               `json:"http_status"`
	Problem    *contract.Problem `json:"problem,omitempty"`
}

// BulkCustomersAnswer has a result for each customer, in their order.
type BulkCustomersAnswer struct {
	Results []CustomerResult `json:"results"`
}

// EraseRequest asks for a person to be forgotten.
type EraseRequest struct {
	Reason string `json:"reason" jsonschema:"who asked for it, and how; name nobody"`
	By     string `json:"by,omitempty" jsonschema:"who signs; default owner"`
}

// customerRoutes are the calls about customers, and about the assets of head office's own.
func (s *Server) customerRoutes() []route {
	get, post, put := http.MethodGet, http.MethodPost, http.MethodPut
	return []route{
		{doc(get, "/v1/customers", "List customers, or find some"), forOwner, readable, false, s.getCustomers},
		{doc(post, "/v1/customers/bulk", "Set many customers"), forOwner, atLeader, false, s.postCustomers},
		{doc(get, "/v1/customers/{customer}", "One customer"), forOwner, readable, false, s.getCustomer},
		{doc(put, "/v1/customers/{customer}", "Set a customer"), forOwner, atLeader, false, s.putCustomer},
		{doc(post, "/v1/customers/{customer}/erase", "Forget a person"), forOwner, atLeader, false, s.eraseCustomer},
		{doc(get, "/v1/assets", "List accounts, cards and promotions: what is used, and who may still use how much"), forOwner, readable, false, s.getAssets},
		{doc(get, "/v1/assets/{asset}", "One of them"), forOwner, readable, false, s.getOneAsset},
		{doc(put, "/v1/assets/{asset}", "Set the limit of an account, a card or a promotion"), forOwner, atLeader, false, s.putAsset},
		{doc(post, "/v1/assets/{asset}/allot", "Say how much of it a site may use without asking"), forOwner, atLeader, false, s.allotAsset},
		{doc(post, "/v1/assets/{asset}/pay", "Record what was paid on an account"), forOwner, atLeader, false, s.payAsset},
	}
}

func customerDetails() map[string]contract.Route {
	lead := []contract.Code{contract.CodeNoLeader, contract.CodeNotReady}
	one := append([]contract.Code{contract.CodeNotFound, contract.CodeBadValue, contract.CodeUnknownField}, lead...)
	set := append([]contract.Code{contract.CodeKeyMissing, contract.CodeNotFound, contract.CodeUnknownSite}, lead...)
	return map[string]contract.Route{
		"GET /v1/customers":                   {Query: paged(text("q", "part of an id, name, e-mail address, telephone number, group or postcode")), Answers: ok("Customers by id.", contract.CustomerList{}), Codes: one},
		"POST /v1/customers/bulk":             {Key: contract.KeyTaken, Request: BulkCustomers{}, Answers: ok("A result for each; good ones are set. Idempotent by content: the same customers again change nothing.", BulkCustomersAnswer{}), Codes: lead},
		"GET /v1/customers/{customer}":        {Query: reads(), Answers: ok("The customer.", contract.Customer{}), Codes: one},
		"PUT /v1/customers/{customer}":        {Request: contract.CustomerRequest{}, Answers: ok("The customer; sites have it with their next pull.", contract.Customer{}), Codes: append([]contract.Code{contract.CodeCustomerErased}, lead...)},
		"POST /v1/customers/{customer}/erase": {Key: contract.KeyTaken, Request: EraseRequest{}, Answers: ok("Nothing of the person is left here, nor at a site that is connected; one that is cut off erases with its next contact. Orders and journals name the id only. Erased again it changes nothing.", contract.Customer{}), Codes: one},
		"GET /v1/assets":                      {Query: paged(), Answers: ok("Assets by name.", AssetList{}), Codes: one},
		"GET /v1/assets/{asset}":              {Query: reads(), Answers: ok("The asset: limit = free + used + what sites may use.", Asset{}), Codes: one},
		"PUT /v1/assets/{asset}":              {Request: LimitRequest{}, Answers: ok("The asset. A lower limit holds as soon as sites have given up what they have beyond it; what was used before stays used.", Asset{}), Codes: lead},
		"POST /v1/assets/{asset}/allot":       {Key: contract.KeyRequired, Request: AllotAssetRequest{}, Answers: ok("The level is set: what is missing is on its way as far as it is free, what is above it is recalled.", Asset{}), Codes: set},
		"POST /v1/assets/{asset}/pay":         {Key: contract.KeyRequired, Request: PaidRequest{}, Answers: ok("Less is used, and more is free.", Asset{}), Codes: set},
	}
}

func customerOf(r *http.Request) (ledger.CustomerID, error) {
	name, err := variable(r, "customer")
	if err != nil {
		return "", err
	}
	return ledger.ParseCustomer(name)
}

func noCustomer(id ledger.CustomerID) error {
	return contract.NotFound(fmt.Sprintf("There is no customer %s.", id))
}

func (s *Server) getCustomers(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "q", "cursor", "limit")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	if err := contract.CheckText("q", q.Get("q"), 128); err != nil {
		return err
	}
	out := contract.CustomerList{Customers: []contract.Customer{}}
	s.View(func(m *machine.Machine) {
		for _, c := range m.SearchCustomers(q.Get("q"), ledger.CustomerID(page.After), page.Limit+1) {
			out.Customers = append(out.Customers, contract.RenderCustomer(&c.CustomerAccount))
		}
	})
	if len(out.Customers) > page.Limit {
		out.Customers = out.Customers[:page.Limit]
		out.NextCursor = contract.Cursor(string(out.Customers[page.Limit-1].Customer))
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) getCustomer(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	id, err := customerOf(r)
	if err != nil {
		return err
	}
	return s.answerCustomer(w, id)
}

func (s *Server) answerCustomer(w http.ResponseWriter, id ledger.CustomerID) error {
	c := looked(s, func(m *machine.Machine) *machine.Customer { c, _ := m.Customer(id); return c })
	if c == nil {
		return noCustomer(id)
	}
	return writeJSON(w, http.StatusOK, contract.RenderCustomer(&c.CustomerAccount))
}

func (s *Server) putCustomer(w http.ResponseWriter, r *http.Request) error {
	id, err := customerOf(r)
	if err != nil {
		return err
	}
	var in contract.CustomerRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	c, err := in.Ledger(id)
	if err != nil {
		return err
	}
	refused, err := s.setCustomers(r, []ledger.CustomerAccount{c})
	if err == nil && refused[0] != nil {
		err = refused[0]
	}
	if err != nil {
		return err
	}
	return s.answerCustomer(w, id)
}

func (s *Server) postCustomers(w http.ResponseWriter, r *http.Request) error {
	if _, err := contract.Key(r.Header); err != nil {
		return err // taken, not needed: the same customers again change nothing
	}
	var in BulkCustomers
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if n := len(in.Customers); n == 0 || n > customersBulkMax {
		return &ledger.FormError{Field: "customers", Why: fmt.Sprintf("has %d; a request has 1 to %d", n, customersBulkMax)}
	}
	out := BulkCustomersAnswer{Results: make([]CustomerResult, len(in.Customers))}
	var good []ledger.CustomerAccount
	var at []int
	for i := range in.Customers {
		out.Results[i] = CustomerResult{Customer: in.Customers[i].Customer, HTTPStatus: http.StatusOK}
		id, err := ledger.ParseCustomer(in.Customers[i].Customer)
		var c ledger.CustomerAccount
		if err == nil {
			c, err = in.Customers[i].Ledger(id)
		}
		if err != nil {
			out.Results[i].refuse(problem(err))
			continue
		}
		good, at = append(good, c), append(at, i)
	}
	refused, err := s.setCustomers(r, good)
	if err != nil {
		return err
	}
	for i, p := range refused {
		if p != nil {
			out.Results[at[i]].refuse(p)
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

func (r *CustomerResult) refuse(p *contract.Problem) { r.HTTPStatus, r.Problem = p.Status, p }

// setCustomers sets what differs from what is there; refused has the problem of each that is not set, nil of the others.
// Between the look and the command a person may be erased: then Apply leaves them so.
func (s *Server) setCustomers(r *http.Request, list []ledger.CustomerAccount) (refused []*contract.Problem, err error) {
	refused = make([]*contract.Problem, len(list))
	var changed []ledger.CustomerAccount
	s.View(func(m *machine.Machine) {
		for i := range list {
			old, there := m.Customer(list[i].ID)
			switch {
			case there && old.Erased:
				refused[i] = contract.New(contract.CodeCustomerErased, "")
			case !there || !old.CustomerAccount.Same(&list[i]):
				changed = append(changed, list[i])
			}
		}
	})
	if len(changed) == 0 {
		return refused, nil
	}
	return refused, s.proposeCustomers(r, &machine.PutCustomers{Customers: changed, By: signer(r.Context(), ""), At: s.now()})
}

func (s *Server) proposeCustomers(r *http.Request, c *machine.PutCustomers) error {
	if !s.knows(machine.CustomerCommands) {
		return errMixed
	}
	if slices.ContainsFunc(c.Customers, func(v ledger.CustomerAccount) bool { return v.LeastDays > 0 }) && !s.knows(machine.ReasonCommands) {
		return errMixed // an older build would forget it
	}
	res, err := s.Propose(r.Context(), machine.Marshal(c))
	return errors.Join(err, res.Err)
}

func (s *Server) eraseCustomer(w http.ResponseWriter, r *http.Request) error {
	if _, err := contract.Key(r.Header); err != nil {
		return err // taken, not needed: erased again nothing changes
	}
	id, err := customerOf(r)
	if err != nil {
		return err
	}
	var in EraseRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if in.Reason == "" {
		return &ledger.FormError{Field: "reason", Why: "is empty: say why"}
	}
	if err := errors.Join(contract.CheckText("reason", in.Reason, ledger.TextMax), contract.CheckText("by", in.By, ledger.TextMax)); err != nil {
		return err
	}
	old := looked(s, func(m *machine.Machine) *machine.Customer { c, _ := m.Customer(id); return c })
	switch {
	case old == nil:
		return noCustomer(id)
	case !old.Erased:
		in.By = signer(r.Context(), in.By)
		gone := machine.PutCustomers{Customers: []ledger.CustomerAccount{old.Forgotten()}, By: in.By, Reason: in.Reason, At: s.now()}
		if err := s.proposeCustomers(r, &gone); err != nil {
			return err
		}
	}
	return s.answerCustomer(w, id)
}
