package world

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFilesWithoutWebhooks reads a state file of a sandbox that had no webhooks, and one whose deliveries belong to none.
func TestFilesWithoutWebhooks(t *testing.T) {
	open := func(text string) (*World, error) {
		file := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return Open(file, nil)
	}
	w, err := open(`{"Version":1,"Started":"a","Logged":0}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Act(func() error { w.State.AddWebhook("s", WebhookSettings{URL: "none:x"}); return nil }); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w, err = open(`{"Version":1,"WebhookDeliveries":{"d":{"ID":"d","WebhookID":"gone","Type":"T"}}}`); err != nil || len(w.State.WebhookDeliveries) > 0 {
		t.Errorf("%v", err)
	}
	for _, text := range []string{`"Webhooks":{"h":null}`, `"Webhooks":{"h":{"ID":"other"}}`, `"Webhooks":{"h":{"ID":"h","StoreID":"none"}}`, `"WebhookDeliveries":{"d":null}`, `"WebhookDeliveries":{"d":{"ID":"e"}}`} {
		if _, err := open(`{"Version":1,` + text + `}`); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
