package node

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func (s *web) customers(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "q", "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	if err := contract.CheckText("q", q.Get("q"), searchMax); err != nil {
		return err
	}
	out := contract.CustomerList{Customers: []contract.Customer{}}
	for i, c := range s.book.SearchCustomers(q.Get("q"), ledger.CustomerID(page.After), page.Limit+1) {
		if i == page.Limit {
			out.NextCursor = contract.Cursor(string(out.Customers[i-1].Customer))
			break
		}
		out.Customers = append(out.Customers, contract.RenderCustomer(c))
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *web) customer(w http.ResponseWriter, r *http.Request) error {
	id, err := customerOf(r)
	if err != nil {
		return err
	}
	c, ok := s.book.Customer(id)
	if !ok {
		return contract.NotFound(fmt.Sprintf("There is no customer %s.", id))
	}
	return writeJSON(w, http.StatusOK, contract.RenderCustomer(c))
}

func customerOf(r *http.Request) (ledger.CustomerID, error) {
	name, err := pathName(r, "customer")
	if err != nil {
		return "", err
	}
	return ledger.ParseCustomer(name)
}

// putCustomer keeps a customer where there is no head office to keep it.
func (s *web) putCustomer(w http.ResponseWriter, r *http.Request) error {
	if !s.cfg.Standalone {
		return ownedByHQ("Customers are set at head office.", "Set or erase the customer there; this site has it with its next contact.")
	}
	id, err := customerOf(r)
	if err != nil {
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	var req contract.CustomerRequest
	if err := contract.Decode(body, &req); err != nil {
		return err
	}
	c, err := req.Ledger(id)
	if err != nil {
		return err
	}
	if err := s.keepCustomer(r, &c); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, contract.RenderCustomer(&c))
}

// eraseCustomer forgets a person where there is no head office to do it.
func (s *web) eraseCustomer(w http.ResponseWriter, r *http.Request) error {
	if !s.cfg.Standalone {
		return ownedByHQ("Customers are set at head office.", "Set or erase the customer there; this site has it with its next contact.")
	}
	id, err := customerOf(r)
	if err != nil {
		return err
	}
	old, ok := s.book.Customer(id)
	if !ok {
		return contract.NotFound(fmt.Sprintf("There is no customer %s.", id))
	}
	c := old.Forgotten()
	if !old.Erased {
		if err := s.keepCustomer(r, &c); err != nil {
			return err
		}
	}
	return writeJSON(w, http.StatusOK, contract.RenderCustomer(&c))
}

// keepCustomer gives the customer the next version and stores it, as r's act: of whom is all that is kept of what it changes,
// for a person can be forgotten. One that was erased stays so.
func (n *Node) keepCustomer(r *http.Request, c *ledger.CustomerAccount) error {
	n.itemsMu.Lock()
	defer n.itemsMu.Unlock()
	if old, ok := n.book.Customer(c.ID); ok {
		if old.Erased {
			return contract.New(contract.CodeCustomerErased, "")
		}
		if c.Version = old.Version; bytes.Equal(ledger.MarshalCustomer(old), ledger.MarshalCustomer(c)) {
			return nil
		}
	}
	c.Version = n.book.CustomersVersion() + 1
	return n.book.ChangeCustomers(n.changing(r, ""), []ledger.CustomerAccount{*c}, c.Version)
}

func docCustomers() contract.Route {
	return contract.Route{Summary: "Find customers by any part of an id, name, e-mail address, telephone number, group or postcode",
		Query: append([]contract.Param{{Name: "q", About: "what is looked for; left out: all"}}, pageParams()...), Answers: ok("Customers by id", contract.CustomerList{}), Codes: listCodes()}
}

func docCustomer() contract.Route {
	return contract.Route{Summary: "One customer", Answers: ok("The customer", contract.Customer{}), Codes: append(listCodes(), contract.CodeNotFound)}
}

func docPutCustomer() contract.Route {
	return contract.Route{Summary: "Set a customer, where there is no head office", Request: contract.CustomerRequest{}, Answers: ok("The customer", contract.Customer{}),
		Codes: append(writeCodes(), contract.CodeOwnedByHQ, contract.CodeCustomerErased)}
}

func docEraseCustomer() contract.Route {
	return contract.Route{Summary: "Forget a person, where there is no head office", Answers: ok("Nothing of the person is left but the id", contract.Customer{}),
		Codes: append(writeCodes(), contract.CodeOwnedByHQ, contract.CodeNotFound, contract.CodeBadValue)}
}
