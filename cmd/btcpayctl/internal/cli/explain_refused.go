package cli

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

const (
	throughFirewall = "ask the server's operator to let this machine's requests through\nor check --server: does BTCPay Server respond there?"
	throughProxy    = "ask the server's operator: the proxy must let the headers Authorization, X-Identity and X-Signature through"
)

// explainRefused explains refusals that are not about the credential: those of proxies and
// firewalls, throttling, and a wrong clock. It reports whether it knows the failure.
func explainRefused(e *output.Error) bool {
	if proxy, ok := errors.AsType[*bitpay.ProxyError](e.Err); ok {
		e.Code, e.Status = output.BadCredential, 401
		e.What = "the server refused the signature (401): a proxy on the way changes the address, which the signature covers"
		e.Why = "The server would accept a signature for " + proxy.Seen + "."
		e.Next = "ask the server's operator: " + proxy.Remedy() + "\nor see: btcpayctl help pairing"
		return true
	}
	if explainCertificate(e) {
		return true
	}
	answer, ok := errors.AsType[*client.Error](e.Err)
	if !ok || errors.Is(e.Err, greenfield.ErrNotRead) { // a change was made, which its text says
		return false
	}
	switch {
	case errors.Is(e.Err, client.ErrNotServer):
		e.Code, e.Next = output.BadAnswer, throughFirewall
		e.What = fmt.Sprintf("a firewall or proxy refused the request (%d%s)", answer.Status, pageOf(answer))
		e.Why = "The response is not BTCPay Server's, so it says nothing about the key."
	case answer.Status == 429:
		e.Code, e.Next = output.Unavailable, "wait "+WaitText(answer.RetryAfter)+", and run the same command"
		e.What = fmt.Sprintf("the server takes no more requests for now (429%s)", pageOf(answer))
		e.Why = "It limits how many requests it takes in a certain time."
	case isTemporaryStatus(answer.Status):
		e.Code, e.Next = output.Unavailable, "wait "+WaitText(answer.RetryAfter)+", and run the same command\nif it stays so: ask the server's operator"
		e.What = fmt.Sprintf("the server is not available now (%d%s)", answer.Status, pageOf(answer))
		if answer.Page != "" {
			e.What = fmt.Sprintf("the proxy in front of the server cannot reach it now (%d%s)", answer.Status, pageOf(answer))
		}
	default:
		return false
	}
	e.Status, e.Server = answer.Status, answer.Reason()
	return true
}

// explainCertificate reports whether the server's certificate is not valid at the time of
// this machine's clock, and explains that: often the clock is wrong.
func explainCertificate(e *output.Error) bool {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](e.Err)
	if !ok || invalid.Reason != x509.Expired || invalid.Cert == nil {
		return false
	}
	const day = "2006-01-02 15:04"
	e.Code = output.Network
	e.What = fmt.Sprintf("the server's certificate is valid from %s to %s", invalid.Cert.NotBefore.UTC().Format(day), invalid.Cert.NotAfter.UTC().Format(day))
	e.Why = "By this machine's clock it is not valid now. Nothing was sent."
	e.Next = "check this machine's clock: date -u\nif it is right: ask the server's operator to renew the certificate"
	return true
}

// pageOf describes the page that came as a response, for use behind a status.
func pageOf(answer *client.Error) string {
	if answer.Page == "" {
		return ""
	}
	return ", " + shortened(answer.Reason(), 80)
}

// maxSentence is how long a sentence of an error may be: two lines of 100 columns, with
// "error: " in front.
const maxSentence = 190

// shortened cuts a text for a sentence.
func shortened(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return strings.TrimRight(string(runes[:most-1]), " ") + "…"
}

// reported puts what the server wrote into an error: in a sentence if it is short, and
// completely in the JSON form.
func reported(answer *client.Error) (sentence, server string) {
	sentence, server = answer.Error(), answer.Reason()
	if strings.ContainsAny(strings.TrimSpace(server), "\r\n") || len([]rune(sentence)) > maxSentence {
		first, _, _ := strings.Cut(strings.TrimSpace(server), "\n")
		sentence = shortened(fmt.Sprintf("%s %s: %d %s", answer.Method, answer.Path, answer.Status, strings.TrimSpace(first)), maxSentence-30) + " (all of it: -o json)"
	}
	return sentence, server
}
