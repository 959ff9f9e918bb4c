package programtest

import (
	"context"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// PairingCode makes a pairing code on the Access Tokens page of a store. With a public key
// the code is for that key, and has to be approved.
func PairingCode(ctx context.Context, owner *human.Human, store, publicKey string) (string, error) {
	if _, err := owner.Open(ctx, "/stores/"+store+"/tokens/create"); err != nil {
		return "", err
	}
	page, err := owner.Press(ctx, "Request Pairing", "Label", "made by hand", "PublicKey", publicKey)
	if err != nil {
		return "", err
	}
	code := owner.At().Query().Get("pairingCode")
	if code == "" {
		return "", fmt.Errorf("there is no pairing code on the page %q: %s", page.Title, strings.Join(page.Alerts, " "))
	}
	return code, nil
}

// LegacyKey makes the legacy API key of a store on its Access Tokens page.
func LegacyKey(ctx context.Context, owner *human.Human, store string) (string, error) {
	if _, err := owner.Open(ctx, "/stores/"+store+"/tokens"); err != nil {
		return "", err
	}
	page, err := owner.Press(ctx, "Generate")
	if err != nil {
		return "", err
	}
	for _, form := range page.Forms {
		for _, field := range form.Fields {
			if field.Name == "ApiKey" {
				return field.Value, nil
			}
		}
	}
	return "", fmt.Errorf("the page %q shows no key", page.Title)
}
