// Command apicheck fails if the public packages of the module changed incompatibly
// since a tag and CHANGELOG.md does not announce it.
//
//	go run ./cmd/btcpayctl/internal/apicheck -tag v0.1.0 -apidiff bin/tools/apidiff
//
// A change is announced by an item in the section [Unreleased] of CHANGELOG.md, under
// the heading "### Breaking", that names the package and identifier in backquotes, such
// as `bitpay.Client.ApproveURL`, or a removed package, such as `sandbox/human`.
// apidiff is golang.org/x/exp/cmd/apidiff, which decides what is incompatible.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

const module = "github.com/btcpayctl/btcpayctl"

func main() {
	tag := flag.String("tag", "", "the git tag to compare with")
	apidiff := flag.String("apidiff", "bin/tools/apidiff", "the apidiff program; the API of the tag is kept beside it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *apidiff, *tag); err != nil {
		fmt.Fprintln(os.Stderr, "apicheck:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, apidiff, tag string) error {
	apidiff, err := filepath.Abs(apidiff)
	if err != nil {
		return err
	}
	commit, err := output(ctx, "", "git", "rev-parse", "--verify", tag+"^{commit}")
	if err != nil {
		return err
	}
	old := filepath.Join(filepath.Dir(apidiff), "api-"+strings.TrimSpace(commit))
	if _, err := os.Stat(old); errors.Is(err, os.ErrNotExist) {
		err = export(ctx, apidiff, tag, old)
		if err != nil {
			return err
		}
	}
	report, err := output(ctx, "", apidiff, "-m", "-incompatible", old, module)
	if err != nil {
		return err
	}
	changelog, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return err
	}
	changes, announced := incompatible(report), breaking(string(changelog))
	missing := 0
	for _, c := range changes {
		if !strings.Contains(announced, "`"+c.name+"`") {
			missing++
			fmt.Printf("%s: %s\n", c.name, c.what)
		}
	}
	if missing > 0 {
		return fmt.Errorf("%d incompatible changes since %s are not announced. Undo them, or name each in CHANGELOG.md, [Unreleased], \"### Breaking\", as in `%s`", missing, tag, changes[0].name)
	}
	fmt.Printf("%d incompatible changes since %s, all announced\n", len(changes), tag)
	return nil
}

// export writes the API of a tag to a file.
func export(ctx context.Context, apidiff, tag, path string) error {
	dir, err := os.MkdirTemp("", "btcpayctl-apicheck-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tree := filepath.Join(dir, "tree")
	if _, err := output(ctx, "", "git", "worktree", "add", "--detach", tree, tag); err != nil {
		return err
	}
	_, err = output(ctx, tree, apidiff, "-m", "-w", filepath.Join(dir, "api"), module)
	_, removeErr := output(context.WithoutCancel(ctx), "", "git", "worktree", "remove", "--force", tree)
	if err := errors.Join(err, removeErr); err != nil {
		return err
	}
	api, err := os.ReadFile(filepath.Join(dir, "api"))
	if err != nil {
		return err
	}
	return os.WriteFile(path, api, 0o644)
}

func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-trimpath", "GOWORK=off") // the folder of the source is in no compiled package, so that the build cache serves
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, &stderr)
	}
	return string(out), nil
}

// A change is an incompatible one.
type change struct {
	name string // package and identifier, such as bitpay.Client.ApproveURL
	what string
}

// incompatible reads what apidiff prints, such as "- ./bitpay.(*Client).ApproveURL: removed".
func incompatible(report string) (changes []change) {
	for line := range strings.Lines(report) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), "- ")
		if !ok {
			continue
		}
		name, what, _ := strings.Cut(line, ": ")
		name, also, _ := strings.Cut(name, ", ")
		if also != "" {
			what = also + ": " + what
		}
		name = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(name, "package "), module+"/"), "./")
		changes = append(changes, change{strings.NewReplacer("(*", "", ")", "").Replace(name), what})
	}
	return changes
}

// breaking is the part of a changelog that announces incompatible changes.
func breaking(changelog string) string {
	_, unreleased, _ := strings.Cut(changelog, "\n## [Unreleased]\n")
	unreleased, _, _ = strings.Cut(unreleased, "\n## ")
	_, section, _ := strings.Cut(unreleased, "\n### Breaking\n")
	section, _, _ = strings.Cut(section, "\n### ")
	return section
}
