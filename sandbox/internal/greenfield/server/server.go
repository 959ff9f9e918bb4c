package server

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

func health(w http.ResponseWriter, r *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, map[string]bool{"synchronized": r.State.Node == world.NodeReady})
}

type serverInfo struct {
	Version                 string       `json:"version"`
	Onion                   *string      `json:"onion"`
	SupportedPaymentMethods []string     `json:"supportedPaymentMethods"`
	FullySynched            bool         `json:"fullySynched"`
	SyncStatus              []syncStatus `json:"syncStatus"`
}

type syncStatus struct {
	PaymentMethodID string    `json:"paymentMethodId,omitempty"`
	CryptoCode      string    `json:"cryptoCode,omitempty"` // its name until 2.0.0
	Available       bool      `json:"available"`
	ChainHeight     int       `json:"chainHeight"`
	SyncHeight      int       `json:"syncHeight"`
	NodeInformation *nodeInfo `json:"nodeInformation"` // null if the node cannot be reached
}

type nodeInfo struct {
	Headers              int          `json:"headers"`
	Blocks               int          `json:"blocks"`
	VerificationProgress money.Number `json:"verificationProgress"`
}

func readInfo(w http.ResponseWriter, r *serve.Request) {
	height := world.ChainHeight(r.State.Height)
	sync := syncStatus{
		PaymentMethodID: world.OnChain, Available: true, ChainHeight: height, SyncHeight: height,
		NodeInformation: &nodeInfo{Headers: height, Blocks: height, VerificationProgress: "1.0"},
	}
	switch r.State.Node {
	case world.NodeReady:
	case world.NodeBehind:
		sync.SyncHeight = height / 2
		sync.NodeInformation.Blocks, sync.NodeInformation.VerificationProgress = height/2, "0.5"
	case world.NodeAway:
		sync.Available, sync.NodeInformation = false, nil
	}
	if !r.Release.Since(2, 0, 0) {
		sync.PaymentMethodID, sync.CryptoCode = "", "BTC"
	}
	aspnet.WriteJSON(w, http.StatusOK, serverInfo{
		Version:                 r.Release.Version,
		SupportedPaymentMethods: r.Release.PaymentMethodIDs(),
		FullySynched:            r.State.Node == world.NodeReady,
		SyncStatus:              []syncStatus{sync},
	})
}
