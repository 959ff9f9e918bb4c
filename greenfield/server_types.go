package greenfield

import (
	"cmp"
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/client"
)

// Health is whether a server is ready to work.
type Health struct {
	// Synchronized is whether the server's nodes have the whole chain. It is true if
	// there is no node.
	Synchronized bool `json:"synchronized"`
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

// NodeInformation is what a node reports.
type NodeInformation struct {
	Headers int64 `json:"headers"`
	Blocks  int64 `json:"blocks"`
	// VerificationProgress goes from 0 to 1.
	VerificationProgress client.Decimal `json:"verificationProgress,omitzero"`
}
