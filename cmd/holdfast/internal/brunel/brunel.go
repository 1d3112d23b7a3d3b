// Package brunel reads one day of a manufacturer's orders over 19 warehouses.
//
// The tables are those of the "Supply Chain Logistics Problem" of Brunel University: orders,
// which warehouse stocks which product, warehouses that serve only listed customers, and orders a
// day that each can do. Freight lanes and costs are not read: they say what serving costs, not
// whether a warehouse can.
package brunel

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/trial"
)

// A Day is the orders, and what can be done.
type Day struct {
	Sites    []string // sorted
	Capacity []int    // orders, by site
	Orders   [][]int  // by order, as listed: the sites that may serve it
	Nobody   int      // orders that no site may serve
}

// Read reads the tables of a folder.
func Read(dir string) (*Day, error) {
	d := &Day{}
	capacity, stocked, only := map[string]int{}, map[string][]string{}, map[string][]string{}
	err := each(filepath.Join(dir, "wh_capacities.csv"), []string{"plant_id", "daily_capacity"}, func(f []string) error {
		n, err := strconv.Atoi(f[1])
		if err != nil || n < 0 {
			return fmt.Errorf("capacity %q of %s", f[1], f[0])
		}
		capacity[f[0]] = n
		return nil
	})
	err = errors.Join(err, each(filepath.Join(dir, "products_per_plant.csv"), []string{"plant_code", "product_id"}, func(f []string) error {
		stocked[strings.Clone(f[1])] = append(stocked[f[1]], strings.Clone(f[0]))
		return nil
	}), each(filepath.Join(dir, "vmi_customers.csv"), []string{"plant_code", "customers"}, func(f []string) error {
		only[f[0]] = append(only[f[0]], strings.Clone(f[1]))
		return nil
	}))
	for s := range capacity {
		d.Sites = append(d.Sites, s)
	}
	slices.Sort(d.Sites)
	for _, s := range d.Sites {
		d.Capacity = append(d.Capacity, capacity[s])
	}
	return d, errors.Join(err, each(filepath.Join(dir, "order_list.csv.gz"), []string{"product_id", "customer"}, func(f []string) error {
		var may []int
		for i, s := range d.Sites {
			if slices.Contains(stocked[f[0]], s) && (only[s] == nil || slices.Contains(only[s], f[1])) {
				may = append(may, i)
			}
		}
		if d.Orders = append(d.Orders, may); len(may) == 0 {
			d.Nobody++
		}
		return nil
	}))
}

// Groups puts orders together that the same sites may serve, in the order in which they first come.
func (d *Day) Groups() []trial.Alike {
	var out []trial.Alike
	at := map[string]int{}
	for _, may := range d.Orders {
		key := fmt.Sprint(may)
		if _, known := at[key]; !known {
			at[key] = len(out)
			out = append(out, trial.Alike{Sites: may})
		}
		out[at[key]].Orders++
	}
	return out
}

// each visits the rows of a CSV file, gzipped if its name says so, with the fields of the columns.
func each(path string, columns []string, visit func(fields []string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open table: %w", err)
	}
	defer func() { _ = file.Close() }()
	var src io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if src, err = gzip.NewReader(file); err != nil {
			return fmt.Errorf("open table %s: %w", path, err)
		}
	}
	in := csv.NewReader(src)
	heading, err := in.Read()
	if err != nil {
		return fmt.Errorf("read heading of %s: %w", path, err)
	}
	at := make([]int, len(columns))
	for i, name := range columns {
		if at[i] = slices.Index(heading, name); at[i] < 0 {
			return fmt.Errorf("%s has no column %s", path, name)
		}
	}
	fields := make([]string, len(columns))
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		for i, k := range at {
			fields[i] = row[k]
		}
		if err := visit(fields); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
	}
}
