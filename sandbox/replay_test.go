package sandbox_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

// TestReplay plays what a real server was recorded to answer against the sandbox.
func TestReplay(t *testing.T) {
	recordings, err := replay.LoadAll("testdata/recordings/2.4.1/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var reports []*replay.Report
	for _, r := range recordings {
		t.Run(r.Group, func(t *testing.T) { reports = append(reports, play(t, r)) })
	}
	t.Log(replay.Sum("in all", reports).Summary())
}

func play(t *testing.T, r *replay.Recording) *replay.Report {
	server := sandbox.New(t, sandbox.Options{
		Empty:               true,
		RootPath:            r.Server.RootPath(),
		DisableRegistration: r.Server.DisableRegistration(),
	})
	report, err := r.Play(t.Context(), server.URL, replay.Options{})
	if err := report.Print(t.Output()); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Error(err)
	}
	for _, m := range report.ApartSteps {
		t.Errorf("headers of %q (%s): %v", m.Step, m.Request, m.Differences)
	}
	if report.Alike < report.Exchanges {
		t.Errorf("%d of %d exchanges are not alike", report.Exchanges-report.Alike, report.Exchanges)
	}
	return report
}

// TestReplayUnseen plays the same scenarios with other e-mails, passwords, names, labels, order ids and keys.
func TestReplayUnseen(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: TestReplay plays the same scenarios")
	}
	recordings, err := replay.LoadAll("testdata/recordings/2.4.1/*.json")
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	if text := os.Getenv("REPLAY_SEED"); text != "" {
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("REPLAY_SEED=%d plays the same again", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var reports []*replay.Report
	for _, r := range recordings {
		t.Run(r.Group, func(t *testing.T) {
			varied, err := r.Vary(random)
			if err != nil {
				t.Fatal(err)
			}
			reports = append(reports, play(t, varied))
		})
	}
	t.Log(replay.Sum("in all, unseen", reports).Summary())
}
