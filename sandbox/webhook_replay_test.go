package sandbox_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

// TestReplayWebhookEvents plays recording 37-webhook-events without the steps of payouts, which the
// sandbox cannot change. They stand together, between the first and the last one named here.
func TestReplayWebhookEvents(t *testing.T) {
	const first, last = "a pull payment", "PayoutUpdated"
	data, err := os.ReadFile("testdata/recordings/partly/37-webhook-events.json")
	if err != nil {
		t.Fatal(err)
	}
	var recording map[string]json.RawMessage
	var steps []json.RawMessage
	if err := json.Unmarshal(data, &recording); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(recording["steps"], &steps); err != nil {
		t.Fatal(err)
	}
	at := func(name string) int {
		return slices.IndexFunc(steps, func(step json.RawMessage) bool { return bytes.Contains(step, []byte(`"name": "`+name+`"`)) })
	}
	from, to := at(first), at(last)
	if from < 0 || to < from {
		t.Fatalf("the steps from %d to %d", from, to)
	}
	if recording["steps"], err = json.Marshal(slices.Delete(steps, from, to+1)); err != nil {
		t.Fatal(err)
	}
	if data, err = json.Marshal(recording); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "37-webhook-events.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := replay.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	report, err := r.Play(t.Context(), sandbox.New(t, sandbox.Options{Empty: true}).URL, replay.Options{})
	report.Print(t.Output())
	if err != nil || report.Alike < report.Exchanges || report.Exchanges < 45 {
		t.Errorf("%d of %d exchanges are alike, %v", report.Alike, report.Exchanges, err)
	}
}
