package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// importItems measures the import of the articles, by the command that a person would give.
func (b *dayBench) importItems() (err error) {
	if b.cmd.Import == "none" {
		return nil
	}
	dir, err := os.MkdirTemp(b.dir, "import-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "items.csv")
	if err := b.writeItems(file); err != nil {
		return err
	}
	home := filepath.Join(dir, "node")
	node, err := bench.StartChild(b.h.ctx, "node", "--standalone", "--counter", "--site", benchSite, "--dir", home, "--listen", "127.0.0.1:0", "--log-level", "error")
	if err != nil {
		return err
	}
	if err := errors.Join(b.importTo(b.h.ctx, "a node that stands alone", file, node.URL, filepath.Join(home, "owner.token")), node.Stop()); err != nil {
		return err
	}
	if b.cmd.Import != "hq" {
		return nil
	}
	company, err := bench.StartCompany(b.h.ctx, dir, "")
	if err == nil {
		err = b.importTo(b.h.ctx, "head office", file, company.Servers[0].URL, filepath.Join(company.ServerDir(0), "owner.token"))
	}
	return errors.Join(err, company.Close())
}

// importTo imports the file and takes the time.
func (b *dayBench) importTo(ctx context.Context, to, file, url, token string) error {
	var done struct {
		Rows      int `json:"rows"`
		Landed    int `json:"landed"`
		NotLanded int `json:"not_landed"`
	}
	var fault error
	ran, err := bench.RunChild(ctx, lastJSON(&done, &fault), "import", "items", file, "--to", url, "--token-file", token, "--json")
	if err := errors.Join(err, fault); err != nil {
		return fmt.Errorf("import to %s: %w", to, err)
	}
	if done.Landed != b.done.Items {
		return fmt.Errorf("import to %s: %d of %d items landed", to, done.Landed, b.done.Items)
	}
	b.done.imported(to, ran.Elapsed)
	return nil
}

// writeItems writes the articles as a file of items.
func (b *dayBench) writeItems(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := csv.NewWriter(f)
	heads := sheet.ItemHeads(false)
	names := make([]string, len(heads))
	for i := range heads {
		names[i] = heads[i].Name
	}
	if err := w.Write(names); err != nil {
		return err
	}
	items := bench.DayItems(b.cat)
	for i := range items {
		it := contract.RenderItem(&items[i])
		cells, err := sheet.ItemCells(&it, false)
		if err == nil {
			err = w.Write(cells)
		}
		if err != nil {
			return fmt.Errorf("write item %s: %w", items[i].SKU, err)
		}
	}
	w.Flush()
	return w.Error()
}
