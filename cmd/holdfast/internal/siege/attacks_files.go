package siege

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger/backup"
)

func fileAttacks() []attack {
	return []attack{{"files that lead out of their folder, or explode when unpacked: backups, workbooks, letters", hostileFiles}}
}

// A hostileFile is given to a command, which has to refuse it in a line, and quickly.
type hostileFile struct {
	name string
	make func(io.Writer) error
	args []string // FILE stands for its path
	says string   // part of why
}

func hostileFilesOf(outside string) []hostileFile {
	return []hostileFile{
		{"site.backup", backupOf(backup.Header{Kind: backup.KindNode, Name: "../../evil"}), []string{"restore", "FILE", filepath.Join(outside, "evil-site")}, "site"},
		{"part.backup", backupOf(backup.Header{Kind: backup.KindNode, Name: "leeds"}, "evil/owner.token"), []string{"restore", "FILE", filepath.Join(outside, "evil-part")}, "newer"},
		{"journal.backup", backupOf(backup.Header{Kind: backup.KindHQ, Name: "hq1", Life: 1, Index: 1}, "journal/EVIL"), []string{"restore", "FILE", filepath.Join(outside, "evil-journal")}, "site"},
		{"bomb.xlsx", workbook(map[string]uint64{"xl/workbook.xml": 1, "xl/worksheets/sheet1.xml": 2 << 30}), []string{"import", "items", "FILE"}, "limit"},
		{"out.xlsx", workbook(map[string]uint64{"../../evil.xml": 1, "/tmp/evil-siege.xml": 1}), []string{"import", "items", "FILE"}, ""},
		{"letters.json", func(w io.Writer) error {
			_, err := io.WriteString(w, `{"version":1,"letters":{"../../evil":{"subject":"x","text":"y"}}}`)
			return err
		}, []string{"webhook", "letters", "--file", "FILE"}, "letters"},
	}
}

func backupOf(h backup.Header, parts ...string) func(io.Writer) error {
	return func(to io.Writer) error {
		w, err := backup.NewWriter(to, h)
		if err != nil {
			return err
		}
		for _, p := range parts {
			if err := w.Part(p); err != nil {
				return err
			}
			if _, err := io.WriteString(w, "hf_evil\n"); err != nil {
				return err
			}
		}
		return w.Close()
	}
}

// workbook is a zip whose files say that they have so many bytes, and have few.
func workbook(files map[string]uint64) func(io.Writer) error {
	return func(to io.Writer) error {
		z := zip.NewWriter(to)
		for name, size := range files {
			packed := []byte{3, 0} // deflate of nothing
			f, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, UncompressedSize64: size, CompressedSize64: uint64(len(packed))})
			if err == nil {
				_, err = f.Write(packed)
			}
			if err != nil {
				return err
			}
		}
		return z.Close()
	}
}

func hostileFiles(ctx context.Context, t *town) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir := filepath.Join(t.dir, "files", "deep")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, f := range hostileFilesOf(dir) {
		var raw bytes.Buffer
		path := filepath.Join(dir, f.name)
		if err := errors.Join(f.make(&raw), os.WriteFile(path, raw.Bytes(), 0o600)); err != nil {
			return err
		}
		args := strings.Split(strings.ReplaceAll(strings.Join(f.args, "\x00"), "FILE", path), "\x00")
		if args[0] == "import" {
			args = append(args, "--to", t.office.URL, "--token-file", filepath.Join(t.officeDir(), "owner.token"))
		}
		cmd := exec.CommandContext(ctx, self, args...) // #nosec G204 -- itself
		said, err := cmd.CombinedOutput()
		t.hears(said)
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() < 1 {
			return fmt.Errorf("holdfast %s: got %v: %.300s; want it refused", strings.Join(f.args, " "), err, said)
		}
		if !strings.Contains(string(said), f.says) || strings.Contains(string(said), "goroutine ") {
			return fmt.Errorf("holdfast %s: got %.300s, want it to say of %q", strings.Join(f.args, " "), said, f.says)
		}
	}
	var out []string
	err = filepath.WalkDir(t.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.Contains(d.Name(), "evil") {
			out = append(out, path)
		}
		return err
	})
	if _, bad := os.Stat("/tmp/evil-siege.xml"); bad == nil {
		out = append(out, "/tmp/evil-siege.xml")
	}
	if err != nil || len(out) > 0 {
		return fmt.Errorf("got %q, %w; want nothing that a file has named", out, err)
	}
	return os.RemoveAll(filepath.Join(t.dir, "files"))
}
