package greenfield

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/client"
)

// ServerService reads what a server says about itself.
type ServerService struct{ c *Client }

// Health tells whether a server can work.
type Health struct {
	// Synchronized is whether its nodes have the whole chain. It is true where
	// there is no node.
	Synchronized bool `json:"synchronized"`
}

// Health asks for the server's health. Anybody may, so no credential is sent.
func (s *ServerService) Health(ctx context.Context, opts ...client.CallOption) (Health, error) {
	r := get("Server.Health", "health")
	r.Anonymous = true
	return call[Health](ctx, s.c, r, opts)
}

// ServerInfo is a server's version and how far its nodes are.
type ServerInfo struct {
	// Version is such as 2.4.1, perhaps with a suffix of the build.
	Version string `json:"version"`
	// Onion is the server's address in Tor, if it has one.
	Onion string `json:"onion"`
	// SupportedPaymentMethods are such as BTC-CHAIN; in 1.13.5 BTC.
	SupportedPaymentMethods []string     `json:"supportedPaymentMethods"`
	FullySynched            bool         `json:"fullySynched"`
	SyncStatus              []SyncStatus `json:"syncStatus"`
}

// SyncStatus is how far the node of one payment method is.
type SyncStatus struct {
	PaymentMethodID string `json:"paymentMethodId"`
	Available       bool   `json:"available"`
	// The heights are numbers of blocks.
	ChainHeight int64 `json:"chainHeight"`
	SyncHeight  int64 `json:"syncHeight"`
	// NodeInformation is nil where the node cannot be reached.
	NodeInformation *NodeInformation `json:"nodeInformation"`
}

// NodeInformation is what a node says.
type NodeInformation struct {
	Headers int64 `json:"headers"`
	Blocks  int64 `json:"blocks"`
	// VerificationProgress goes from 0 to 1.
	VerificationProgress client.Decimal `json:"verificationProgress,omitzero"`
}

// UnmarshalJSON reads the names of 1.x too.
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

// Info asks for the server's version and nodes. Every key or account may. A
// server that never reached its block explorer answers 500; Health still works.
func (s *ServerService) Info(ctx context.Context, opts ...client.CallOption) (ServerInfo, error) {
	return call(ctx, s.c, get("Server.Info", "server", "info"), opts, checkInfo)
}
