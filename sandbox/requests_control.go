package sandbox

import (
	"io"
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// requestsPath is a control address that changes nothing, and may wait for a request.
const requestsPath = controlPrefix + "requests"

// longestWait is how long a program may wait for the next request.
const longestWait = 20 * time.Second

// requestList is what the control address of the log answers.
type requestList struct {
	Requests []LoggedRequest `json:"requests"`
	// Complete reports whether none was forgotten after the number that was given.
	Complete bool `json:"complete"`
}

// controlRequests answers the requests after a number. If there are none, it waits for one as long as the program asks.
func (s *Sandbox) controlRequests(to http.ResponseWriter, r *http.Request) {
	w := serve.NewResponse()
	defer w.Send(to)
	if refusal := serve.ControlRefusal(r, s.controlToken); refusal != "" {
		writeControl(w, http.StatusForbidden, refusal)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		writeControl(w, http.StatusMethodNotAllowed, "control addresses take only POST")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxControlBody))
	if err != nil {
		writeControl(w, http.StatusRequestEntityTooLarge, "the body is too long")
		return
	}
	var ask struct {
		After uint64 `json:"after"`
		Wait  string `json:"wait"`
	}
	if err := readControl(body, &ask); err != nil {
		writeControl(w, http.StatusBadRequest, err.Error())
		return
	}
	wait := time.Duration(0)
	if ask.Wait != "" {
		if wait, err = time.ParseDuration(ask.Wait); err != nil || wait < 0 || wait > longestWait {
			writeControl(w, http.StatusBadRequest, "wait: must be a duration from 0 to "+longestWait.String()+`, such as "10s"`)
			return
		}
	}
	entries, all := s.requests.Since(ask.After)
	if len(entries) == 0 && wait > 0 {
		s.awaitRequest(r, ask.After, wait)
		entries, all = s.requests.Since(ask.After)
	}
	aspnet.WriteJSON(w, http.StatusOK, requestList{logged(entries), all})
}

func (s *Sandbox) awaitRequest(r *http.Request, after uint64, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-s.requests.Added(after):
	case <-timer.C:
	case <-r.Context().Done():
	case <-s.world.Done():
	}
}
