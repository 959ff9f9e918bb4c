package greenfield

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/client"
)

// ServerService reads the state of a server.
type ServerService struct{ c *Client }

// Health is whether a server is ready to work.
type Health struct {
	// Synchronized is whether the server's nodes have the whole chain. It is true if
	// there is no node.
	Synchronized bool `json:"synchronized"`
}

// Health reads the server's health. It needs no permission and sends no credential.
func (s *ServerService) Health(ctx context.Context, opts ...client.CallOption) (Health, error) {
	r := get("Server.Health", "health")
	r.Anonymous = true
	return call[Health](ctx, s.c, r, opts)
}

// ServerInfo is a server's version and the progress of its nodes.
type ServerInfo struct {
	// Version is for instance 2.4.1; a build may add a suffix.
	Version string `json:"version"`
	// Onion is the server's Tor address, if it has one.
	Onion string `json:"onion"`
	// SupportedPaymentMethods are ids such as BTC-CHAIN; in 1.13.5 BTC.
	SupportedPaymentMethods []string     `json:"supportedPaymentMethods"`
	FullySynched            bool         `json:"fullySynched"`
	SyncStatus              []SyncStatus `json:"syncStatus"`
}

// SyncStatus is the progress of the node of one payment method.
type SyncStatus struct {
	PaymentMethodID string `json:"paymentMethodId"`
	Available       bool   `json:"available"`
	// The heights are numbers of blocks.
	ChainHeight int64 `json:"chainHeight"`
	SyncHeight  int64 `json:"syncHeight"`
	// NodeInformation is nil if the server cannot reach the node.
	NodeInformation *NodeInformation `json:"nodeInformation"`
}

// NodeInformation is what a node reports.
type NodeInformation struct {
	Headers int64 `json:"headers"`
	Blocks  int64 `json:"blocks"`
	// VerificationProgress goes from 0 to 1.
	VerificationProgress client.Decimal `json:"verificationProgress,omitzero"`
}

// UnmarshalJSON also reads the field names of 1.x.
func (s *SyncStatus) UnmarshalJSON(data []byte) error {
	type members SyncStatus
	var both struct {
		members
		CryptoCode string `json:"cryptoCode"`
	}
	if err := json.Unmarshal(data, &both); err != nil {
		return err
	}
	*s = SyncStatus(both.members)
	s.PaymentMethodID = cmp.Or(s.PaymentMethodID, both.CryptoCode)
	return nil
}

// Info reads the server's version and the state of its nodes. Every key and account may
// read it. A server that has never reached its block explorer responds with 500; Health
// still works.
func (s *ServerService) Info(ctx context.Context, opts ...client.CallOption) (ServerInfo, error) {
	return call(ctx, s.c, get("Server.Info", "server", "info"), opts, checkInfo)
}
