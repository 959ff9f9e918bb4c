// Package app holds what a command finds around it: streams, environment, clock, and the
// profile, keystore and client in use, each made when it is first needed.
package app

import (
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/term"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/signals"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// An App is one run of the program. It belongs to one goroutine.
type App struct {
	In  io.Reader
	Out io.Writer // data, and nothing else
	Err io.Writer // everything else

	LookupEnv func(string) (string, bool)
	Environ   func() []string // all of it, for programs that are run
	Now       func() time.Time
	// Program is the path of this program, to run it once more. nil runs none.
	Program func() (string, error)
	Version string
	Commit  string

	Signals *signals.Listener // nil if nothing listens to signals

	// Retarget writes a hint so that it means the server, profile and store of
	// this command line. It is nil until the line was read.
	Retarget func(hint string) string

	keystores map[string]keystore.Store
	effects   []Effect
	acted     bool
	// madeCurrent is the profile that this run made the current one, until it was said.
	madeCurrent string
	secrets     []client.Secret           // what --debug must not show
	keyFiles    map[string]EnvironmentKey // by path; a pipe can be read once
	inUse       *GreenfieldConnection     // see InUse
}

// New makes the App of this process. The version and the commit are those that
// the linker was given, or empty.
func New(version, commit string) *App {
	info, _ := debug.ReadBuildInfo() // nil if there is none
	version, commit = buildVersion(version, commit, info)
	return &App{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		LookupEnv: os.LookupEnv, Environ: os.Environ, Now: time.Now, Program: ownProgram,
		Version: version, Commit: commit,
	}
}

// ownProgram finds the program even if its file was replaced since it began.
func ownProgram() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	const running = "/proc/self/exe"
	if _, err := os.Stat(running); err == nil {
		return running, nil
	}
	return path, nil
}

// Hint rewrites a hint so that it means the target of this command line.
func (a *App) Hint(hint string) string {
	if a.Retarget == nil {
		return hint
	}
	return a.Retarget(hint)
}

// Conceal keeps a secret out of what --debug and errors show.
func (a *App) Conceal(secret client.Secret) { a.secrets = append(a.secrets, secret) }

// IsTerminal reports whether a stream of the App is a terminal that understands
// more than plain lines.
func (a *App) IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && a.Getenv("TERM") != "dumb" && a.Getenv("CI") == ""
}

// Width is how many columns a stream of the App has: those that COLUMNS gives, else those
// of the terminal. It is 0 if the stream is no terminal, and if nothing is known.
func (a *App) Width(stream any) int {
	if !a.IsTerminal(stream) {
		return 0
	}
	if n, err := strconv.Atoi(a.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	width, _, err := term.GetSize(int(stream.(*os.File).Fd()))
	if err != nil {
		return 0
	}
	return width
}

// ErrWidth is the width of standard error.
func (a *App) ErrWidth() int { return a.Width(a.Err) }
