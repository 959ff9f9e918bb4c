package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/requestlog"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// A LoggedRequest is a request that a sandbox answered. It has no secret: a credential is named by its kind and, as far as
// known, by the SIN, the label, the email or the last four characters.
type LoggedRequest struct {
	// Number is 1 for the first request since the start.
	Number uint64 `json:"number"`
	// Time is when it was answered, on the sandbox's clock.
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	// Path is the path with the query, without the values of parameters that may be secrets.
	Path string `json:"path"`
	// Credential is the caller's credential, such as `API key "ci" …1f2e`; "none" if there is none that counts.
	Credential string `json:"credential"`
	// Permission is what the request needs: of an API key, or as the sandbox calls it on the BitPay API. Empty is none.
	Permission string `json:"permission"`
	// Status is the status of the response; 0 if a fault closed the connection before it.
	Status int `json:"status"`
	// Reason is why the request was refused, often in more detail than the response gives. It is empty if it was not.
	Reason string `json:"reason"`
	// Fault is the fault that the request met; see [Sandbox.Fault]. Empty is none.
	Fault string `json:"fault"`
}

// Refused reports whether the client got an error, was sent to another page, or got no response because of a fault.
func (r LoggedRequest) Refused() bool { return r.Status == 0 || r.Status >= 400 || r.Reason != "" }

// String returns the request on one line.
func (r LoggedRequest) String() string {
	who := ""
	if r.Credential != "none" {
		who = ", " + r.Credential
	}
	parts := []string{fmt.Sprintf("%s %s %s: %d%s", r.Time.Format(time.TimeOnly), r.Method, r.Path, r.Status, who)}
	for _, more := range []string{r.Fault, r.Reason} {
		if more != "" {
			parts = append(parts, more)
		}
	}
	return strings.Join(parts, ": ")
}

// Requests returns the last 1,000 requests, oldest first, so that a test can print why its request was refused. Requests to
// the control addresses are not among them.
func (s *Sandbox) Requests() []LoggedRequest {
	entries, _ := s.requests.Since(0)
	return logged(entries)
}

func logged(entries []requestlog.Entry) []LoggedRequest {
	all := make([]LoggedRequest, len(entries))
	for i, e := range entries {
		all[i] = LoggedRequest{
			Number: e.Number, Time: e.Time, Method: strings.ToValidUTF8(e.Method, "?"), Path: e.Line(), Credential: e.Credential(),
			Permission: e.Permission, Status: e.Status, Reason: e.Reason, Fault: e.Fault,
		}
	}
	return all
}

// logResponse notes a request before its response is sent, so that a client that has the response finds it in the log.
func (s *Sandbox) logResponse(r *http.Request, response *serve.Response) {
	if isControl(r) {
		return
	}
	e := s.logEntry(r, response.Status())
	e.Note = *response.Note()
	if e.Reason == "" && e.Status >= 400 {
		e.Reason = serve.ReasonOf(response)
	}
	s.requests.Add(e)
}

func (s *Sandbox) logEntry(r *http.Request, status int) requestlog.Entry {
	target := r.RequestURI
	if target == "" { // no server received the request
		target = r.URL.RequestURI()
	}
	return requestlog.Entry{Time: s.world.Now(), Method: r.Method, Target: target, Status: status}
}

// serveFault answers a request to which a fault applies, and notes what the client gets.
func (s *Sandbox) serveFault(a *ActiveFault, w http.ResponseWriter, r *http.Request) {
	noting := &notingWriter{ResponseWriter: w}
	noting.note = func(status int) {
		e := s.logEntry(r, status)
		e.Fault = "fault: " + a.fault.String()
		s.requests.Add(e)
	}
	defer func() {
		if !noting.noted {
			noting.note(0)
		}
	}()
	a.serve(s, noting, r)
}

// notingWriter notes the status before it is sent.
type notingWriter struct {
	http.ResponseWriter
	note  func(status int)
	noted bool
}

func (w *notingWriter) WriteHeader(status int) {
	if !w.noted {
		w.noted = true
		w.note(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (w *notingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
