package authorize

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
)

// TestCallbacksKept keeps port and nonce apart for each server, profile and
// identifier, and refuses a file that somebody wrote into.
func TestCallbacksKept(t *testing.T) {
	a, _, _ := apptest.New(t, nil)
	one := callback{Server: "https://a.example", Profile: "p", AppIdentifier: "i"}
	if kept, err := keptCallback(a, one); err != nil || kept != one {
		t.Fatalf("%+v %v", kept, err)
	}
	one.Port, one.Nonce = 4711, "N"
	if err := keepCallback(a, one); err != nil {
		t.Fatal(err)
	}
	if kept, err := keptCallback(a, callback{Server: one.Server, Profile: "p", AppIdentifier: "i"}); err != nil || kept != one {
		t.Fatalf("%+v %v", kept, err)
	}
	for _, other := range []callback{
		{Server: "https://b.example", Profile: "p", AppIdentifier: "i"}, {Server: one.Server, Profile: "q", AppIdentifier: "i"},
		{Server: one.Server, Profile: "p", AppIdentifier: "j"}, {Server: one.Server, Profile: "pi", AppIdentifier: ""}, {Server: one.Server, Profile: "p", AppIdentifier: "i", Host: "h"},
	} {
		if kept, err := keptCallback(a, other); err != nil || kept.Port != 0 || kept.Nonce != "" {
			t.Errorf("%+v has the address of another: %+v %v", other, kept, err)
		}
	}
	dir, err := callbackDir(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "{", "[]", `{"port":0,"nonce":"N"}`, `{"port":70000,"nonce":"N"}`, `{"port":4711}`, `{"port":"4711","nonce":"N"}`} {
		if err := os.WriteFile(filepath.Join(dir, one.file()), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := keptCallback(a, one); err == nil || !strings.Contains(err.Error(), "is damaged") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
