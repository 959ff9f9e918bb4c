// Package programs finds the programs that tests run, and decides what happens if one is
// missing.
package programs

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// A Program is one that some tests run and that a machine may lack.
type Program struct {
	// Names are its names. Any one of them is enough.
	Names []string
	// Package is the Debian package that installs it.
	Package string
	// Tests says what is tested with it.
	Tests string
}

// The programs that tests run. Go itself and what POSIX puts on every machine
// (sh, cat, cp, sleep and the like) are not optional and have no entry.
var (
	Age          = Program{[]string{"age"}, "age", "encrypted files are opened by the age program"}
	AgeKeygen    = Program{[]string{"age-keygen"}, "age", "identities of the age program are read"}
	Base64       = Program{[]string{"base64"}, "coreutils", "secrets in base64 are found in captured output"}
	Bash         = Program{[]string{"bash"}, "bash", "the commands that the demo shows are pasted into a shell"}
	Chromium     = Program{[]string{"chromium", "chromium-browser", "google-chrome"}, "chromium", "a real browser pairs and authorizes"}
	DBus         = Program{[]string{"dbus-daemon"}, "dbus", "the keyring is used over a session bus"}
	DockerPass   = Program{[]string{"docker-credential-pass"}, "golang-docker-credential-helpers", "keys are kept by docker's helper for pass"}
	DockerSecret = Program{[]string{"docker-credential-secretservice"}, "golang-docker-credential-helpers", "keys are kept by docker's helper for the keyring"}
	GCore        = Program{[]string{"gcore"}, "gdb", "the memory of a running process cannot be dumped"}
	GnomeKeyring = Program{[]string{"gnome-keyring-daemon"}, "gnome-keyring", "keys are kept in the GNOME keyring"}
	GnuPG        = Program{[]string{"gpg"}, "gnupg", "pass encrypts its entries"}
	Groff        = Program{[]string{"groff"}, "groff-base", "the man pages are set without a warning"}
	OpenSSL      = Program{[]string{"openssl"}, "openssl", "keys and signatures are checked by OpenSSL"}
	Pass         = Program{[]string{"pass"}, "pass", "keys are kept by the pass program"}
	Script       = Program{[]string{"script"}, "bsdutils", "passphrases are typed on a terminal"}
	Strace       = Program{[]string{"strace"}, "strace", "the program is killed at each of its system calls, and its traffic is searched for secrets"}
)

// Make runs the targets of the Makefile that tests try. It is not in [All]: without it
// there is no make test.
var Make = Program{[]string{"make", "gmake"}, "make", "the program, man pages and completions are installed and removed"}

// Node and PHP write key files with the libraries of BitPay's clients. They are not in
// [All], because the libraries are not packages of Debian: a developer names them.
var (
	Node = Program{[]string{"node"}, "nodejs", "key files of the clients for Node are read"}
	PHP  = Program{[]string{"php"}, "php-cli", "key files of the clients for PHP are read"}
)

// All returns every optional program that some test runs.
func All() []Program {
	return []Program{Age, AgeKeygen, Base64, Bash, Chromium, DBus, DockerPass, DockerSecret, GCore, GnomeKeyring, GnuPG, Groff, OpenSSL, Pass, Script, Strace}
}

// Find returns the path of the program, or an error that says how to get it.
func (p Program) Find() (string, error) {
	for _, name := range p.Names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is missing: apt-get install %s", p.Names[0], p.Package)
}

// Need returns the path of the program. If it is missing, the test is skipped with one line
// that says how to get it, or fails if CI=true.
//
// A test with subtests needs its programs with the t of the function that calls Need:
// skipping a parent from within a subtest fails the parent.
func (p Program) Need(t testing.TB) string {
	t.Helper()
	path, err := p.Find()
	if err != nil {
		Lack(t, err)
	}
	return path
}

// Want is [Program.Need] for a test that can run without the program and then tests less:
// the path is empty if the program is missing, and the test fails if CI=true.
func (p Program) Want(t testing.TB) string {
	t.Helper()
	path, err := p.Find()
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Log(err)
	return ""
}

// Lack ends a test for which the machine lacks something that can be had, such as data that
// have to be fetched: it is skipped, or fails if CI=true.
func Lack(t testing.TB, what error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}
