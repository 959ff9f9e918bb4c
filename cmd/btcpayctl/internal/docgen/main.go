// Command docgen writes the command reference and the man pages.
//
//	go run ./cmd/btcpayctl/internal/docgen docs
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/root"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: docgen DIRECTORY")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

// write fills reference and man in the directory. It removes the pages of commands that no
// longer exist.
func write(dir string) error {
	reference, man := filepath.Join(dir, "reference"), filepath.Join(dir, "man")
	for _, d := range []string{reference, man} {
		if err := os.RemoveAll(d); err != nil {
			return err
		}
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	for _, page := range root.Pages() {
		if err := writeFile(filepath.Join(reference, page.MarkdownFile()), page.WriteMarkdown); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(man, page.File()), page.WriteRoff); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}
