package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type importCustomersCmd struct{ importing }

// Run brings customers in. One that stands there as the file has it is left alone.
func (c *importCustomersCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	return c.run(h, "customers", func(ctx context.Context, im *importer, file io.Reader) error {
		list, err := sheet.NewCustomers(file)
		if err == nil {
			err = im.heading(list)
		}
		if err != nil {
			return err
		}
		where := func(p sheet.Customer) ([]int, string) { return p.Lines, string(p.ID) }
		return sendRows(ctx, im, list.Next, where, func(ctx context.Context, p sheet.Customer) (fate, error) {
			return putCustomer(ctx, cl, list, p)
		})
	})
}

// putCustomer sends one customer, with what is said there that the file has no column for.
func putCustomer(ctx context.Context, cl *client.Client, list *sheet.Customers, p sheet.Customer) (fate, error) {
	path := pathCustomer(string(p.ID))
	var there contract.Customer
	_, err := cl.Do(ctx, http.MethodGet, path, "", nil, &there)
	refusal, refused := errors.AsType[*client.Refusal](err)
	if err != nil && !(refused && refusal.Status == http.StatusNotFound) {
		return 0, err
	}
	if err == nil && !there.Erased {
		list.Keeps(&p.Put, &there)
		if sameCustomer(&there, &p.Put) {
			return fateAlready, nil
		}
	}
	_, err = cl.Do(ctx, http.MethodPut, path, "", p.Put, nil)
	if r, ok := errors.AsType[*client.Refusal](err); ok && r.Code == string(contract.CodeOwnedByHQ) {
		return 0, withHint(err, "give --to the address of head office: it keeps the customers of all sites")
	}
	return fateLanded, err
}

func sameCustomer(there *contract.Customer, put *contract.CustomerRequest) bool {
	want, err := put.Ledger(there.Customer)
	if err != nil {
		return false // the book says why
	}
	was := contract.CustomerRequest{Name: there.Name, Email: there.Email, Phone: there.Phone, TaxNumber: there.TaxNumber, Addresses: there.Addresses, CustomerTerms: there.CustomerTerms}
	have, err := was.Ledger(there.Customer)
	return err == nil && have.Same(&want)
}

func pathCustomer(id string) string { return "/v1/customers/" + url.PathEscape(id) }

func pathAsset(id ledger.AssetID) string { return "/v1/assets/" + url.PathEscape(string(id)) }
