package bitpay

import (
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// PairingRequest is what the owner sees when asked to approve a key.
type PairingRequest struct {
	// Label names the key on the store's access token page.
	Label string
	// StoreID selects the store on the approval page, if the caller knows it. It is part
	// of [Pairing.ApproveURL] and is not sent to the server by [Client.RequestPairing].
	StoreID StoreID
}

// ClaimOptions are the options of [Client.ClaimPairing].
type ClaimOptions struct {
	// Label is used only if the owner made the code without a label.
	Label string
}

// Pairing is a pairing code with its data.
type Pairing struct {
	Code string
	// ApproveURL is the page where the owner of the store approves the code; see
	// [Client.ApproveURL].
	ApproveURL string
	Label      string
	Facade     string
	// Created and Expires are times by the server's clock.
	Created, Expires time.Time
	// ServerTime is the server's clock at the time of the response.
	ServerTime time.Time
	// Token becomes the key's token when the code is approved.
	Token client.Secret

	received time.Time
}

type pairingBody struct {
	ID    string `json:"id"`
	Label string `json:"label,omitzero"`
	Code  string `json:"pairingCode,omitzero"`
}

type pairingAnswer struct {
	PairingCode       string            `json:"pairingCode"`
	PairingExpiration client.UnixMillis `json:"pairingExpiration"`
	DateCreated       client.UnixMillis `json:"dateCreated"`
	Facade            string            `json:"facade"`
	Token             client.Secret     `json:"token"`
	Label             string            `json:"label"`
}
