package sandbox_test

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

// browser is a real Chromium without a window, driven over a pipe by its DevTools protocol: clicks and keys come in as a
// person's do, so it also works on pages without script. See https://chromedevtools.github.io/devtools-protocol.
type browser struct {
	t       *testing.T
	to      *os.File
	from    *os.File
	reader  *bufio.Reader
	session string

	calls   int
	answers map[int]message // that came before they were waited for

	// What the browser told of the page. A document is named by its loader, so that nothing is taken for the next page's
	// that is still the former one's.
	loader      string // of the document that is shown
	navigations int    // so many documents have been shown
	reached     map[milestone]bool
}

// message is what comes from the browser: the answer to a command, or an event.
type message struct {
	ID     int
	Result json.RawMessage
	Error  *struct{ Message string }
	Method string
	Params json.RawMessage
}

// milestone is an event in the life of a document.
type milestone struct{ loader, event string }

// Clicks that come before the first paint are thrown away by the browser.
const (
	loaded  = "load"
	painted = "firstContentfulPaint"
)

// patience only turns a hang into a failure. It is long because the machine may be busy.
const patience = 2 * time.Minute

// startBrowser starts a browser that trusts the certificates with those hashes, or skips the test.
func startBrowser(t *testing.T, trusted string) *browser {
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
	// Not the test's context: that ends before the clean-up that closes the browser.
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
	b := &browser{t: t, to: to, from: from, reader: bufio.NewReader(from), answers: map[int]message{}, reached: map[milestone]bool{}}
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
	b.call("Target.getTargets", nil, &targets)
	for _, target := range targets.TargetInfos {
		if target.Type == "page" {
			var attached struct{ SessionID string }
			b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
			b.session = attached.SessionID
		}
	}
	if b.session == "" {
		t.Fatal("the browser has no page")
	}
	b.call("Page.enable", nil, nil)
	b.call("Page.setLifecycleEventsEnabled", map[string]any{"enabled": true}, nil)
	return b
}

// browserHome makes a folder for all that a browser writes: the user's own may be missing, or not be writable. Its path is
// short, since a socket's name has to fit behind it.
func browserHome(t *testing.T) string {
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

// send sends a command and gives its number.
func (b *browser) send(method string, parameters map[string]any) (int, error) {
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

// receive takes the next message, whatever it is, and notes it.
func (b *browser) receive() error {
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
		Frame          struct{ ParentID, LoaderID string }
		LoaderID, Name string
	}
	if strings.HasPrefix(m.Method, "Page.") {
		if err := json.Unmarshal(m.Params, &event); err != nil {
			return err
		}
	}
	switch {
	case m.Method == "Page.frameNavigated" && event.Frame.ParentID == "":
		b.loader = event.Frame.LoaderID
		b.navigations++
	case m.Method == "Page.lifecycleEvent":
		b.reached[milestone{event.LoaderID, event.Name}] = true
	case m.Method == "Inspector.targetCrashed":
		return errors.New("the page crashed")
	}
	return nil
}

// answer waits for the answer to a command.
func (b *browser) answer(id int, result any) error {
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

// try sends a command and waits for its answer.
func (b *browser) try(method string, parameters map[string]any, result any) error {
	id, err := b.send(method, parameters)
	if err == nil {
		err = b.answer(id, result)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

func (b *browser) call(method string, parameters map[string]any, result any) {
	b.t.Helper()
	if err := b.try(method, parameters, result); err != nil {
		b.t.Fatal(err)
	}
}

// await takes messages until something holds.
func (b *browser) await(what string, holds func() bool) {
	b.t.Helper()
	for !holds() {
		if err := b.receive(); err != nil {
			b.t.Fatalf("%s: %v", what, err)
		}
	}
}

// has tells whether the document that is shown has come so far.
func (b *browser) has(event string) bool { return b.reached[milestone{b.loader, event}] }

// follow does what leads to another page, and waits until that has loaded. If it leads on by itself, it may be the one
// behind it.
func (b *browser) follow(act func()) {
	b.t.Helper()
	before := b.navigations
	act()
	b.await("the next page", func() bool { return b.navigations > before && b.has(loaded) })
}

// open goes to an address, which may end at another.
func (b *browser) open(address string) {
	b.t.Helper()
	b.follow(func() {
		var navigated struct{ ErrorText string }
		b.call("Page.navigate", map[string]any{"url": address}, &navigated)
		if navigated.ErrorText != "" {
			b.t.Fatalf("%s: %s", address, navigated.ErrorText)
		}
	})
}

// source is the page as it is now; an error while it changes.
func (b *browser) source() (string, error) {
	var document struct{ Root struct{ NodeID int } }
	if err := b.try("DOM.getDocument", map[string]any{"depth": 0}, &document); err != nil {
		return "", err
	}
	var outer struct{ OuterHTML string }
	err := b.try("DOM.getOuterHTML", map[string]any{"nodeId": document.Root.NodeID}, &outer)
	return outer.OuterHTML, err
}

// shows waits until the page that is shown, or one that it leads on to by itself, has loaded and holds one of the texts, and
// tells which.
func (b *browser) shows(texts ...string) string {
	b.t.Helper()
	for {
		b.await(fmt.Sprintf("a page with %q", texts), func() bool { return b.has(loaded) })
		looked := b.navigations
		page, err := b.source()
		for _, text := range texts {
			if err == nil && looked == b.navigations && strings.Contains(page, text) {
				return text
			}
		}
		b.await(fmt.Sprintf("a page with %q after %s (%v)", texts, page, err), func() bool { return b.navigations > looked })
	}
}

// find gives an element's number, by a CSS selector.
func (b *browser) find(selector string) map[string]any {
	b.t.Helper()
	var document struct{ Root struct{ NodeID int } }
	b.call("DOM.getDocument", map[string]any{"depth": 0}, &document)
	var found struct{ NodeID int }
	b.call("DOM.querySelector", map[string]any{"nodeId": document.Root.NodeID, "selector": selector}, &found)
	if found.NodeID == 0 {
		b.t.Fatalf("the page has no %s", selector)
	}
	return map[string]any{"nodeId": found.NodeID}
}

// write fills a field in.
func (b *browser) write(selector, text string) {
	b.t.Helper()
	b.await("the page is shown", func() bool { return b.has(painted) })
	b.call("DOM.focus", b.find(selector), nil)
	b.call("Input.insertText", map[string]any{"text": text}, nil)
}

// click presses the mouse on what leads to another page, so many times in a row.
func (b *browser) click(selector string, times int) {
	b.t.Helper()
	b.follow(func() { b.press(selector, times) })
}

// press presses the mouse on an element. All of it is sent before the first answer is waited for, so that the second click
// of two cannot come as late as on the next page.
func (b *browser) press(selector string, times int) {
	b.t.Helper()
	b.await("the page is shown", func() bool { return b.has(loaded) && b.has(painted) })
	element := b.find(selector)
	b.call("DOM.scrollIntoViewIfNeeded", element, nil)
	var shape struct{ Quads [][]float64 }
	b.call("DOM.getContentQuads", element, &shape)
	if len(shape.Quads) == 0 {
		b.t.Fatalf("%s cannot be seen", selector)
	}
	corners := shape.Quads[0]
	var sent []int
	for count := 1; count <= times; count++ {
		for _, kind := range []string{"mousePressed", "mouseReleased"} {
			id, err := b.send("Input.dispatchMouseEvent", map[string]any{
				"type": kind, "x": (corners[0] + corners[4]) / 2, "y": (corners[1] + corners[5]) / 2, "button": "left", "clickCount": count,
			})
			if err != nil {
				b.t.Fatal(err)
			}
			sent = append(sent, id)
		}
	}
	for _, id := range sent {
		if err := b.answer(id, nil); err != nil {
			b.t.Fatalf("clicking %s: %v", selector, err)
		}
	}
}

// back goes to the page before this one in the history.
func (b *browser) back() {
	b.t.Helper()
	var history struct {
		CurrentIndex int
		Entries      []struct{ ID int }
	}
	b.call("Page.getNavigationHistory", nil, &history)
	if history.CurrentIndex == 0 {
		b.t.Fatal("there is no page before this one")
	}
	b.follow(func() {
		b.call("Page.navigateToHistoryEntry", map[string]any{"entryId": history.Entries[history.CurrentIndex-1].ID}, nil)
	})
}
