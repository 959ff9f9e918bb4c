package sandbox_test

import (
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

// emulated are the groups in which the sandbox as an older server is judged. The others of those versions were played with
// more steps than they show, and are for tests of clients.
var emulated = []string{"1[0-2]-*", "6[0-2]-*", "7*"}

// notEmulated names exchanges of older servers' recordings that the sandbox as such a server answers otherwise, by
// version, group and step, with the reason.
var notEmulated = map[string]string{
	"1.13.5 health-info: rate sources":                                      "the recorded server asked a service for hundreds of exchanges",
	"2.0.8 health-info: rate sources":                                       "the recorded server asked a service for hundreds of exchanges",
	"2.3.9 health-info: rate sources":                                       "other exchanges than in 2.4.1",
	"2.3.9 health-info: permission list with a key without permissions":     "one permission lists some that it includes two or three times",
	"1.13.5 health-info: languages":                                         "one name was another one",
	"1.13.5 pairing-client: alice makes an invoice":                         "an invoice had one more member, data.checkoutType",
	"1.13.5 authorize-store-picker: set-up: create the first administrator": "the time is that of the one play that was recorded",
	"1.13.5 authorize-store-picker: set-up: create the user owner":          "as before",
	"2.0.8 authorize-store-picker: set-up: create the first administrator":  "the time is that of the one play that was recorded",
	"2.0.8 authorize-store-picker: set-up: create the user owner":           "as before",
	"2.0.8 pairing-claims: human opens the pairing request codeD":           "recorded of two plays, of which one had the store in the address: without it there is no button",
	"2.0.8 pairing-claims: human approves codeD for shop":                   "there is no button",
	"2.0.8 pairing-claims: the store tells the code to hand out":            "it was not approved",
}

// TestReplayEmulated plays what older servers were recorded to answer, of keys, pairing, log-in and consent, against the
// sandbox as each of them, as it was recorded and with other names.
func TestReplayEmulated(t *testing.T) {
	random := rand.New(rand.NewPCG(rand.Uint64(), 0))
	left := maps.Clone(notEmulated)
	for _, version := range []string{"1.13.5", "2.0.8", "2.3.9"} {
		var recordings []*replay.Recording
		for _, groups := range emulated {
			of, err := replay.LoadAll("testdata/recordings/" + version + "/" + groups + ".json")
			if err != nil {
				t.Fatal(err)
			}
			recordings = append(recordings, of...)
		}
		if len(recordings) < 13 {
			t.Fatalf("there are %d recordings of %s", len(recordings), version)
		}
		skip := map[string]string{}
		for name, reason := range notEmulated {
			if of, step, _ := strings.Cut(name, " "); of == version {
				skip[step] = reason
			}
		}
		var reports []*replay.Report
		for _, recorded := range recordings {
			varied, err := recorded.Vary(random)
			if err != nil {
				t.Fatal(err)
			}
			for name, r := range map[string]*replay.Recording{"recorded": recorded, "varied": varied} {
				if name == "varied" && testing.Short() {
					continue
				}
				t.Run(version+" "+r.Group+" "+name, func(t *testing.T) {
					server := sandbox.New(t, sandbox.Options{
						Empty: true, Emulate: version, RootPath: r.Server.RootPath(), DisableRegistration: r.Server.DisableRegistration(),
					})
					report, err := r.Play(t.Context(), server.URL, replay.Options{Skip: skip})
					report.Print(t.Output())
					if err != nil || report.Alike < report.Exchanges {
						t.Errorf("%d of %d alike, %v", report.Alike, report.Exchanges, err)
					}
					for _, s := range report.Skipped {
						delete(left, version+" "+r.Group+": "+s.Step)
					}
					if name == "recorded" {
						reports = append(reports, report)
					}
				})
			}
		}
		t.Log(replay.Sum(version, reports).Summary())
	}
	for name := range left {
		t.Errorf("%s is left out, and was not played", name)
	}
}
