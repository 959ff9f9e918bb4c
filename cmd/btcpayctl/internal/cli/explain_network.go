package cli

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// explainNetwork adds the code and the next step of a request without a response. Where
// the failure names its cause, the next step is about that cause.
func explainNetwork(e *output.Error, network *client.NetworkError) {
	e.Code = output.Network
	switch op, _ := errors.AsType[*net.OpError](network.Err); {
	case op != nil && (op.Op == "proxyconnect" || op.Op == "socks connect"):
		e.Next = "check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY\nor, to reach this host without a proxy, add it to NO_PROXY"
	case network.Kind == client.TLS:
		explainTLS(e, network.Err)
	case network.Kind == client.DNS:
		e.Next = "check the host name in --server"
	case network.Kind == client.Refused:
		e.Next = "check the port in --server, and that the server is running"
	case network.Kind == client.Timeout:
		e.Code, e.Next = output.Timeout, "try again, or allow more time with --timeout"
	default:
		e.Next = "check --server and the network"
	}
}

func explainTLS(e *output.Error, err error) {
	invalid, _ := errors.AsType[x509.CertificateInvalidError](err)
	record, isRecord := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case isA[x509.UnknownAuthorityError](err):
		e.Why = "This machine does not trust the authority that signed the server's certificate."
		e.Next = "--ca-file FILE, with the certificate of that authority in PEM\nor export BTCPAYCTL_CA_FILE=FILE"
	case isA[x509.HostnameError](err):
		e.Next = "check the host name in --server: the certificate is for other names"
	case invalid.Cert != nil && invalid.Reason == x509.Expired:
		e.Next = "date -u\nand, if this machine's clock is right, ask the server's operator to renew the certificate"
	case isRecord && string(record.RecordHeader[:]) == "HTTP/":
		e.Next = "check the port in --server, or give its address with http:// if it is on this machine"
	default:
		e.Next = "ask the server's operator: its TLS refuses this connection, or its certificate cannot be used"
	}
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
