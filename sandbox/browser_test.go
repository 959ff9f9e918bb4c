package sandbox_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
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
}

// patience is how long a page may take to show what is waited for. It is long because the machine may be busy.
const patience = 30 * time.Second

// startBrowser starts a browser that trusts the certificates with those hashes, or skips the test.
func startBrowser(t *testing.T, trusted string) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("Chromium is missing")
		}
		t.Skip("Chromium is missing: apt-get install chromium")
	}
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
	arguments := []string{
		"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--no-proxy-server",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
		"--user-data-dir=" + t.TempDir(), "--window-size=900,900",
	}
	if trusted != "" {
		arguments = append(arguments, "--ignore-certificate-errors-spki-list="+trusted)
	}
	cmd := exec.CommandContext(ctx, program, append(arguments, "about:blank")...)
	cmd.ExtraFiles = []*os.File{toBrowser, fromBrowser} // descriptors 3 and 4
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	toBrowser.Close()
	fromBrowser.Close()
	b := &browser{t: t, to: to, from: from, reader: bufio.NewReader(from)}
	t.Cleanup(func() {
		stop := time.AfterFunc(patience, cancel)
		b.try("Browser.close", nil, nil)
		to.Close()
		if err := cmd.Wait(); err != nil {
			t.Error("the browser:", err)
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
	return b
}

// try sends a command and waits for its answer. Events are passed over: what a page shows is looked at instead.
func (b *browser) try(method string, parameters map[string]any, result any) error {
	b.calls++
	message := map[string]any{"id": b.calls, "method": method}
	if parameters != nil {
		message["params"] = parameters
	}
	if b.session != "" && !strings.HasPrefix(method, "Browser.") {
		message["sessionId"] = b.session
	}
	data, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if _, err := b.to.Write(append(data, 0)); err != nil {
		return err
	}
	if err := b.from.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	for {
		line, err := b.reader.ReadBytes(0)
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		var answer struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(line[:len(line)-1], &answer); err != nil {
			return err
		}
		switch {
		case answer.ID != b.calls:
		case answer.Error != nil:
			return fmt.Errorf("%s: %s", method, answer.Error.Message)
		case result == nil:
			return nil
		default:
			return json.Unmarshal(answer.Result, result)
		}
	}
}

func (b *browser) call(method string, parameters map[string]any, result any) {
	b.t.Helper()
	if err := b.try(method, parameters, result); err != nil {
		b.t.Fatal(err)
	}
}

// open goes to an address, which may end at another.
func (b *browser) open(address string) {
	b.t.Helper()
	var navigated struct{ ErrorText string }
	b.call("Page.navigate", map[string]any{"url": address}, &navigated)
	if navigated.ErrorText != "" {
		b.t.Fatalf("%s: %s", address, navigated.ErrorText)
	}
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

// shows waits until the page holds one of the texts, and tells which.
func (b *browser) shows(texts ...string) string {
	b.t.Helper()
	var page string
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if page, err = b.source(); err != nil {
			continue
		}
		for _, text := range texts {
			if strings.Contains(page, text) {
				return text
			}
		}
	}
	b.t.Fatalf("the page does not show %q but %s (%v)", texts, page, err)
	return ""
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
	b.call("DOM.focus", b.find(selector), nil)
	b.call("Input.insertText", map[string]any{"text": text}, nil)
}

// click presses the mouse on an element, so many times in a row.
func (b *browser) click(selector string, times int) {
	b.t.Helper()
	element := b.find(selector)
	b.call("DOM.scrollIntoViewIfNeeded", element, nil)
	var shape struct{ Quads [][]float64 }
	b.call("DOM.getContentQuads", element, &shape)
	if len(shape.Quads) == 0 {
		b.t.Fatalf("%s cannot be seen", selector)
	}
	corners := shape.Quads[0]
	event := map[string]any{"x": (corners[0] + corners[4]) / 2, "y": (corners[1] + corners[5]) / 2, "button": "left"}
	for event["clickCount"] = 1; event["clickCount"].(int) <= times; event["clickCount"] = event["clickCount"].(int) + 1 {
		for _, event["type"] = range []string{"mousePressed", "mouseReleased"} {
			b.call("Input.dispatchMouseEvent", event, nil)
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
	b.call("Page.navigateToHistoryEntry", map[string]any{"entryId": history.Entries[history.CurrentIndex-1].ID}, nil)
}
