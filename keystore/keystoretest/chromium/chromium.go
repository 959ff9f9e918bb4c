// Package chromium drives a real browser like a user, for tests: it opens pages, fills in
// fields and clicks. It is related to package human of the sandbox, which acts as a user
// without a browser, but is here because the sandbox imports nothing of ours.
package chromium

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// A Browser is a real Chromium without a window, driven over a pipe by its DevTools
// protocol. Clicks and keys arrive like those of a user, so it also works on pages without
// script. See https://chromedevtools.github.io/devtools-protocol.
type Browser struct {
	T       testing.TB // of the current step
	to      *os.File
	from    *os.File
	reader  *bufio.Reader
	session string

	calls   int
	answers map[int]message // that came before a caller waited for them

	// What the browser reported about the page. A document is identified by its loader, so
	// that the former document is not mistaken for that of the next page.
	loader      string // of the document that is shown
	Navigations int    // number of documents shown so far
	reached     map[milestone]bool
}

// message is a message from the browser: the response to a command, or an event.
type message struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *failure        `json:"error"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

type failure struct {
	Message string `json:"message"`
}

// milestone is an event in the life of a document.
type milestone struct{ loader, event string }

// The browser ignores clicks before the first paint.
const (
	loaded  = "load"
	painted = "firstContentfulPaint"
)

// patience only turns a hang into a failure. It is long because the machine may be busy.
const patience = 2 * time.Minute

// Start starts a browser that trusts the certificates with those hashes, or skips the test.
func Start(t testing.TB, trusted string) *Browser {
	t.Helper()
	program := programs.Chromium.Need(t)
	toBrowser, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, fromBrowser, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// Not the test's context, which ends before the clean-up that closes the browser.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	home := browserHome(t)
	arguments := []string{
		"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--no-proxy-server",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-breakpad", "--remote-debugging-pipe",
		"--user-data-dir=" + filepath.Join(home, "data"), "--window-size=900,900",
	}
	if trusted != "" {
		arguments = append(arguments, "--ignore-certificate-errors-spki-list="+trusted)
	}
	said, err := os.Create(filepath.Join(home, "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	cmd := exec.CommandContext(ctx, program, append(arguments, "about:blank")...)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "XDG_RUNTIME_DIR="+home, "TMPDIR="+home)
	cmd.ExtraFiles = []*os.File{toBrowser, fromBrowser} // descriptors 3 and 4
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	toBrowser.Close()
	fromBrowser.Close()
	b := &Browser{T: t, to: to, from: from, reader: bufio.NewReader(from), answers: map[int]message{}, reached: map[milestone]bool{}}
	t.Cleanup(func() {
		stop := time.AfterFunc(patience, cancel)
		b.try("Browser.close", nil, nil)
		to.Close()
		if err := cmd.Wait(); err != nil {
			words, _ := os.ReadFile(said.Name())
			t.Errorf("the browser: %v\n%s", err, words)
		}
		stop.Stop()
		cancel()
		from.Close()
	})
	var targets struct {
		TargetInfos []struct{ TargetID, Type string }
	}
	b.Call("Target.getTargets", nil, &targets)
	for _, target := range targets.TargetInfos {
		if target.Type == "page" {
			var attached struct{ SessionID string }
			b.Call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
			b.session = attached.SessionID
		}
	}
	if b.session == "" {
		t.Fatal("the browser has no page")
	}
	b.Call("Page.enable", nil, nil)
	b.Call("Page.setLifecycleEventsEnabled", map[string]any{"enabled": true}, nil)
	return b
}

// browserHome makes a directory for everything that a browser writes: the user's own may be
// missing, or not writable. Its path is short, because the path of a socket in it is
// limited.
func browserHome(t testing.TB) string {
	t.Helper()
	parent := ""
	if len(os.TempDir()) > 40 {
		parent = "/tmp"
	}
	home, err := os.MkdirTemp(parent, "chromium")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Processes that the browser leaves behind for a moment still write.
		err := os.RemoveAll(home)
		for deadline := time.Now().Add(patience); err != nil && time.Now().Before(deadline); err = os.RemoveAll(home) {
			time.Sleep(10 * time.Millisecond)
		}
		if err != nil {
			t.Error(err)
		}
	})
	return home
}

// send sends a command and returns its number.
func (b *Browser) send(method string, parameters map[string]any) (int, error) {
	b.calls++
	command := map[string]any{"id": b.calls, "method": method}
	if parameters != nil {
		command["params"] = parameters
	}
	if b.session != "" && !strings.HasPrefix(method, "Browser.") {
		command["sessionId"] = b.session
	}
	data, err := json.Marshal(command)
	if err != nil {
		return 0, err
	}
	_, err = b.to.Write(append(data, 0))
	return b.calls, err
}

// receive receives the next message and notes it.
func (b *Browser) receive() error {
	if err := b.from.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	line, err := b.reader.ReadBytes(0)
	if err != nil {
		return err
	}
	var m message
	if err := json.Unmarshal(line[:len(line)-1], &m); err != nil {
		return err
	}
	if m.ID != 0 {
		b.answers[m.ID] = m
		return nil
	}
	var event struct {
		Frame struct {
			ParentID string `json:"parentId"`
			LoaderID string `json:"loaderId"`
		} `json:"frame"`
		LoaderID string `json:"loaderId"`
		Name     string `json:"name"`
	}
	if strings.HasPrefix(m.Method, "Page.") {
		if err := json.Unmarshal(m.Params, &event); err != nil {
			return err
		}
	}
	switch {
	case m.Method == "Page.frameNavigated" && event.Frame.ParentID == "":
		b.loader = event.Frame.LoaderID
		b.Navigations++
	case m.Method == "Page.lifecycleEvent":
		b.reached[milestone{event.LoaderID, event.Name}] = true
	case m.Method == "Inspector.targetCrashed":
		return errors.New("the page crashed")
	}
	return nil
}

// answer waits for the response to a command.
func (b *Browser) answer(id int, result any) error {
	for {
		m, found := b.answers[id]
		switch {
		case !found:
			if err := b.receive(); err != nil {
				return err
			}
			continue
		case m.Error != nil:
			return errors.New(m.Error.Message)
		}
		delete(b.answers, id)
		if result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	}
}

// try sends a command and waits for its response.
func (b *Browser) try(method string, parameters map[string]any, result any) error {
	id, err := b.send(method, parameters)
	if err == nil {
		err = b.answer(id, result)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// Call calls a method of the browser's protocol, and decodes its result into result unless
// that is nil.
func (b *Browser) Call(method string, parameters map[string]any, result any) {
	b.T.Helper()
	if err := b.try(method, parameters, result); err != nil {
		b.T.Fatal(err)
	}
}

// Await receives messages until a condition holds.
func (b *Browser) Await(what string, holds func() bool) {
	b.T.Helper()
	for !holds() {
		if err := b.receive(); err != nil {
			b.T.Fatalf("%s: %v", what, err)
		}
	}
}
