package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// refusalMax bounds what is read of a refusal.
const refusalMax = 1 << 20

// Stream gets path from the first address and gives the answer's body as it comes: however long it
// takes, the caller's ctx and its own watch bound it. The caller closes it.
func (c *Client) Stream(ctx context.Context, path string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.URLs[0], "/")+path, nil)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	endless := &http.Client{Transport: c.HTTP.Transport}
	resp, err := endless.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	if resp.StatusCode < 300 {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, refusalMax))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	return nil, refusal(resp.StatusCode, raw)
}
