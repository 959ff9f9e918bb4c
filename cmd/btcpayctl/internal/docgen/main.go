// Command docgen writes the command reference and the man pages from the
// commands themselves.
//
//	go run ./cmd/btcpayctl/internal/docgen docs
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra/doc"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
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

// write fills reference and man in the directory. What a removed command left
// there goes.
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
	// The user's environment has no place in the text.
	root := root.NewRoot(&app.App{LookupEnv: func(string) (string, bool) { return "", false }})
	root.DisableAutoGenTag = true
	if err := doc.GenMarkdownTree(root, reference); err != nil {
		return err
	}
	// A man page wants a date. One that never changes keeps two runs alike.
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	return doc.GenManTree(root, &doc.GenManHeader{Title: "BTCPAYCTL", Section: "1", Source: "btcpayctl", Manual: "btcpayctl", Date: &day}, man)
}
