package chromium

import (
	"fmt"
	"strings"
)

// has reports whether the document that is shown has reached this milestone.
func (b *Browser) has(event string) bool { return b.reached[milestone{b.loader, event}] }

// Follow does what opens another page, and waits until that has loaded. If the page
// redirects, Follow may return at the page behind it.
func (b *Browser) Follow(act func()) {
	b.T.Helper()
	before := b.Navigations
	act()
	b.Await("the next page", func() bool { return b.Navigations > before && b.has(loaded) })
}

// Open opens an address, which may redirect.
func (b *Browser) Open(address string) {
	b.T.Helper()
	b.Follow(func() {
		var navigated struct{ ErrorText string }
		b.Call("Page.navigate", map[string]any{"url": address}, &navigated)
		if navigated.ErrorText != "" {
			b.T.Fatalf("%s: %s", address, navigated.ErrorText)
		}
	})
}

// Source is the page as it is now; an error while it changes.
func (b *Browser) Source() (string, error) {
	var document struct{ Root struct{ NodeID int } }
	if err := b.try("DOM.getDocument", map[string]any{"depth": 0}, &document); err != nil {
		return "", err
	}
	var outer struct{ OuterHTML string }
	err := b.try("DOM.getOuterHTML", map[string]any{"nodeId": document.Root.NodeID}, &outer)
	return outer.OuterHTML, err
}

// Shows waits until the page that is shown, or one that it redirects to, has loaded and
// contains one of the texts, and returns that text.
func (b *Browser) Shows(texts ...string) string {
	b.T.Helper()
	for {
		b.Await(fmt.Sprintf("a page with %q", texts), func() bool { return b.has(loaded) })
		looked := b.Navigations
		page, err := b.Source()
		for _, text := range texts {
			if err == nil && looked == b.Navigations && strings.Contains(page, text) {
				return text
			}
		}
		b.Await(fmt.Sprintf("a page with %q after %s (%v)", texts, page, err), func() bool { return b.Navigations > looked })
	}
}

// Find returns an element's number, by a CSS selector.
func (b *Browser) Find(selector string) map[string]any {
	b.T.Helper()
	var document struct{ Root struct{ NodeID int } }
	b.Call("DOM.getDocument", map[string]any{"depth": 0}, &document)
	var found struct{ NodeID int }
	b.Call("DOM.querySelector", map[string]any{"nodeId": document.Root.NodeID, "selector": selector}, &found)
	if found.NodeID == 0 {
		b.T.Fatalf("the page has no %s", selector)
	}
	return map[string]any{"nodeId": found.NodeID}
}

// Write fills in a field.
func (b *Browser) Write(selector, text string) {
	b.T.Helper()
	b.Await("the page is shown", func() bool { return b.has(painted) })
	b.Call("DOM.focus", b.Find(selector), nil)
	b.Call("Input.insertText", map[string]any{"text": text}, nil)
}

// Choose selects an entry of a list with the keyboard, like a user: the one whose text
// begins with these letters.
func (b *Browser) Choose(selector, letters string) {
	b.T.Helper()
	b.Await("the page is shown", func() bool { return b.has(painted) })
	b.Call("DOM.focus", b.Find(selector), nil)
	for _, letter := range letters {
		for _, kind := range []string{"keyDown", "keyUp"} {
			event := map[string]any{"type": kind, "key": string(letter)}
			if kind == "keyDown" {
				event["text"] = string(letter)
			}
			b.Call("Input.dispatchKeyEvent", event, nil)
		}
	}
}

// Click clicks an element that opens another page, so many times in a row.
func (b *Browser) Click(selector string, times int) {
	b.T.Helper()
	b.Follow(func() { b.Press(selector, times) })
}

// Press clicks an element. It sends all events before it waits for the first response, so
// that the second of two clicks cannot be late and hit the next page.
func (b *Browser) Press(selector string, times int) {
	b.T.Helper()
	b.Await("the page is shown", func() bool { return b.has(loaded) && b.has(painted) })
	element := b.Find(selector)
	b.Call("DOM.scrollIntoViewIfNeeded", element, nil)
	var shape struct{ Quads [][]float64 }
	b.Call("DOM.getContentQuads", element, &shape)
	if len(shape.Quads) == 0 {
		b.T.Fatalf("%s cannot be seen", selector)
	}
	corners := shape.Quads[0]
	var sent []int
	for count := 1; count <= times; count++ {
		for _, kind := range []string{"mousePressed", "mouseReleased"} {
			id, err := b.send("Input.dispatchMouseEvent", map[string]any{
				"type": kind, "x": (corners[0] + corners[4]) / 2, "y": (corners[1] + corners[5]) / 2, "button": "left", "clickCount": count,
			})
			if err != nil {
				b.T.Fatal(err)
			}
			sent = append(sent, id)
		}
	}
	for _, id := range sent {
		if err := b.answer(id, nil); err != nil {
			b.T.Fatalf("clicking %s: %v", selector, err)
		}
	}
}

// Back goes to the page before this one in the history.
func (b *Browser) Back() {
	b.T.Helper()
	var history struct {
		CurrentIndex int
		Entries      []struct{ ID int }
	}
	b.Call("Page.getNavigationHistory", nil, &history)
	if history.CurrentIndex == 0 {
		b.T.Fatal("there is no page before this one")
	}
	b.Follow(func() {
		b.Call("Page.navigateToHistoryEntry", map[string]any{"entryId": history.Entries[history.CurrentIndex-1].ID}, nil)
	})
}
