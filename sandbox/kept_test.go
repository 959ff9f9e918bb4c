package sandbox_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

// TestReplayKept plays the recordings against a sandbox with a state file, and compares after each answer what a kill
// would leave with what the sandbox knows.
func TestReplayKept(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: TestReplay plays the same recordings")
	}
	recordings, err := replay.LoadAll("testdata/recordings/2.4.1/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recordings {
		t.Run(r.Group, func(t *testing.T) {
			s, err := sandbox.NewHandler(sandbox.Options{
				Empty: true, RootPath: r.Server.RootPath(), DisableRegistration: r.Server.DisableRegistration(),
				StateFile: filepath.Join(t.TempDir(), "state.json"),
			})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := httptest.NewRecorder()
				s.ServeHTTP(answer, r)
				if lost := s.Lost(); lost != "" {
					t.Errorf("%s %s is answered and not kept: %.2000s", r.Method, r.URL, lost)
				}
				maps.Copy(w.Header(), answer.Header())
				w.WriteHeader(answer.Code)
				w.Write(answer.Body.Bytes())
			}))
			server.Listener, server.Config.ConnState = serve.MendPaths(server.Listener), serve.MendPathsState
			server.Start()
			defer func() {
				server.Close()
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			report, err := r.Play(t.Context(), server.URL+r.Server.RootPath(), replay.Options{})
			if err != nil || report.Alike < report.Exchanges {
				t.Errorf("%d of %d exchanges are alike, %v", report.Alike, report.Exchanges, err)
			}
		})
	}
}
