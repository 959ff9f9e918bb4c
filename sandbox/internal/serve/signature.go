package serve

import (
	"net"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/requestlog"
)

// whySignature says why a signature is wrong, as far as that can be found out: clients sign another URL than the one that
// the server sees, or another body.
func (r *Request) whySignature() string {
	identity, signature := r.Header.Get("X-Identity"), r.Header.Get("X-Signature")
	asked := r.signedURL()
	if bitid.SignerOf(identity) == "" {
		return "X-Identity is not a public key in hex"
	}
	if !bitid.IsSignature(signature) {
		return "X-Signature is not a DER signature in hex"
	}
	if !aspnet.WellFormedURL(asked) {
		return "the signed URL is not well-formed, so that BTCPay Server refuses any signature of it"
	}
	body := aspnet.WithoutBOM(r.Content)
	for _, signed := range r.otherURLs(asked) {
		if _, ok := bitid.Verify(identity, signature, signed, body); ok {
			return "signature of another URL: signed " + requestlog.ShowURL(signed) + ", asked " + requestlog.ShowURL(asked)
		}
	}
	if len(body) > 0 {
		if _, ok := bitid.Verify(identity, signature, asked, nil); ok {
			return "the signature is of the URL without the body"
		}
	}
	return "the signature is not one of this key, or of another URL or body: it must cover " + requestlog.ShowURL(asked) + " and the body"
}

// otherURLs are the URLs that clients sign by mistake, at most [mostURLs]: those of a server in front, or written otherwise.
func (r *Request) otherURLs(asked string) []string {
	const mostURLs = 14
	var all []string
	add := func(url string) {
		if url != asked && len(all) < mostURLs {
			all = append(all, url)
		}
	}
	path, query := aspnet.EncodePath(r.Path), queryOf(r.Request)
	schemes := []string{"http", "https"}
	if r.Site.Scheme == "https" {
		schemes = []string{"https", "http"}
	}
	hosts := []string{r.Site.Host}
	if r.Host != r.Site.Host {
		hosts = append(hosts, r.Host)
	}
	if name, port, err := net.SplitHostPort(r.Site.Host); err == nil {
		switch name {
		case "localhost":
			hosts = append(hosts, "127.0.0.1:"+port)
		case "127.0.0.1":
			hosts = append(hosts, "localhost:"+port)
		}
		hosts = append(hosts, name)
	}
	for _, scheme := range schemes {
		for _, host := range hosts {
			add(scheme + "://" + host + r.Site.Root + path + query)
		}
	}
	base := r.Site.Base()
	if r.URL.RawPath != "" || r.URL.EscapedPath() != r.Site.Root+path {
		add(r.Site.Scheme + "://" + r.Site.Host + r.URL.EscapedPath() + query)
	}
	if r.Site.Root != "" {
		add(r.Site.Scheme + "://" + r.Site.Host + path + query)
	}
	add(base + path)
	if trimmed, ok := strings.CutSuffix(path, "/"); ok {
		add(base + trimmed + query)
	} else {
		add(base + path + "/" + query)
	}
	return append(all, r.Site.Root+path+query)
}
