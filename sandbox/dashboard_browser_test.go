package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/chromium"
)

// TestDashboardInChromium watches a sandbox and acts on it, with the mouse and with the keyboard only.
func TestDashboardInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a browser")
	}
	w := newTestbed(t, Options{}) // before the browser, which is closed first: an open stream would hold the server
	b := chromium.Start(t, "")
	first := w.signed("POST", "/invoices", `{"price":20}`)["id"].(string)
	w.call("GET", "/api/v1/stores", "")
	b.Open(w.origin + "/_sandbox")
	until(b, `document.getElementById("link").textContent === "Live"`)
	until(b, `document.querySelector("#request-rows tr.refused").textContent.includes("the request has no Authorization header")`)

	// A request and an invoice arrive while a button has the focus, which stays there.
	b.Call("DOM.focus", b.Find("#part-"+first), nil)
	second := w.signed("POST", "/invoices", `{"price":20}`)["id"].(string)
	until(b, `document.getElementById("invoice-`+second+`") && document.querySelector("#request-rows").firstElementChild.textContent.includes("POST")`)
	if focus := evaluate(b, "document.activeElement.id"); focus != "part-"+first {
		t.Errorf("the focus moved to %v", focus)
	}
	pressKey(b, "Enter", "\r")
	until(b, `document.querySelector("#invoice-`+first+` .state").textContent.includes("PaidPartial")`)
	until(b, `document.getElementById("result").textContent.startsWith("Done: ")`)
	if focus := evaluate(b, "document.activeElement.id"); focus != "part-"+first {
		t.Errorf("after the payment the focus is at %v", focus)
	}

	// What had the focus disappears with the rest: its row gets the focus.
	b.Press("#pay-"+first, 1)
	until(b, `document.querySelector("#invoice-`+first+` .state").textContent.includes("Processing")`)
	until(b, `document.activeElement.id === "invoice-`+first+`"`)

	// Without an address of the page, nothing in it can be reached by a script of another origin.
	if status := evaluate(b, `fetch("/_sandbox/do", {method: "POST", body: new URLSearchParams({do: "mine"})}).then(r => r.status)`); fmt.Sprint(status) != "403" {
		t.Errorf("a form without the token: %v", status)
	}
	if w.s.state.Height != 0 {
		t.Error("a block was found")
	}

	// At 360 pixels nothing is beyond the edge.
	b.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil)
	until(b, `innerWidth === 360 && document.documentElement.scrollWidth <= 360`)
}

// until waits until an expression holds on the page.
func until(b *chromium.Browser, expression string) {
	b.T.Helper()
	if evaluate(b, `new Promise(done => {
		const look = () => { try { if (`+expression+`) { observer.disconnect(); clearInterval(timer); done(true) } } catch {} }
		const observer = new MutationObserver(look), timer = setInterval(look, 50)
		observer.observe(document, {subtree: true, childList: true, characterData: true, attributes: true})
		look()
	})`) != true {
		b.T.Fatalf("never: %s", expression)
	}
}

// evaluate returns the value of an expression, or of its promise.
func evaluate(b *chromium.Browser, expression string) any {
	b.T.Helper()
	var answer struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.Call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &answer)
	if len(answer.ExceptionDetails) > 0 {
		b.T.Fatalf("%s: %s", strings.TrimSpace(expression), answer.ExceptionDetails)
	}
	return answer.Result.Value
}

// pressKey presses a key on what has the focus.
func pressKey(b *chromium.Browser, key, text string) {
	b.T.Helper()
	b.Call("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": key, "code": key, "text": text, "windowsVirtualKeyCode": 13}, nil)
	b.Call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": 13}, nil)
}
