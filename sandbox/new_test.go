package sandbox_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A judge is a test that notes how it fails.
type judge struct {
	failed   []string
	cleanups []func()
}

func (j *judge) Helper() {}
func (j *judge) Errorf(format string, args ...any) {
	j.failed = append(j.failed, fmt.Sprintf(format, args...))
}
func (j *judge) Fatalf(format string, args ...any) { j.Errorf(format, args...) }
func (j *judge) Cleanup(f func())                  { j.cleanups = append(j.cleanups, f) }

func (j *judge) end() string {
	for _, f := range j.cleanups {
		f()
	}
	return strings.Join(j.failed, ", ")
}

var _ = []sandbox.TB{&testing.T{}, &testing.B{}, &judge{}}

func TestNew(t *testing.T) {
	j := &judge{}
	s := sandbox.New(j)
	if s.Seed.StoreID == "" || s.Seed.APIKey == "" || s.Seed.Password == "" {
		t.Errorf("%+v", s.Seed)
	}
	if status, answer := call(t, s, "GET", "/api/v1/stores/"+s.Seed.StoreID, ""); status != http.StatusOK {
		t.Error(status, answer)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if failed := j.end(); failed != "" {
		t.Error(failed)
	}
	if response, err := http.Get(s.URL); err == nil {
		response.Body.Close()
		t.Error("it listens after the test")
	}

	j = &judge{}
	if s := sandbox.New(j, sandbox.Options{Emulate: "0.1"}); s != nil || !strings.Contains(j.end(), "0.1") {
		t.Error(s, j.failed)
	}
	j = &judge{}
	if s := sandbox.New(j, sandbox.Options{}, sandbox.Options{}); s != nil || !strings.Contains(j.end(), "not 2") {
		t.Error(s, j.failed)
	}
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	j = &judge{}
	sandbox.New(j, sandbox.Options{StateFile: filepath.Join(dir, "state.json")})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if failed := j.end(); !strings.Contains(failed, "state file") {
		t.Errorf("a state that cannot be kept is no failure: %q", failed)
	}
}
