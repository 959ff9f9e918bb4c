package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// withKey creates a key with one permission, calls use with it, and revokes it, also if
// ctx has ended.
func withKey(ctx context.Context, conn *client.Client, admin greenfield.APIKey, task greenfield.Permission, use func(greenfield.APIKeyInfo) error) error {
	label := "ci/" + rand.Text()
	// The response has the only copy of the key, so it is awaited after an interrupt, too.
	info, err := greenfield.From(conn, admin).APIKeys.Create(client.AwaitAnswer(ctx, context.WithoutCancel(ctx)),
		greenfield.APIKeyRequest{Label: label, Permissions: []greenfield.Permission{task}})
	if client.FateUnknown(err) {
		return fmt.Errorf("a key may exist: look for the label %s on the page Account / API Keys: %w", label, err)
	}
	if err != nil {
		return err
	}
	key, err := greenfield.NewAPIKey(info.Key)
	if err != nil {
		return err
	}
	err = use(info)
	// Every key may revoke itself.
	if revoking := greenfield.From(conn, key).APIKeys.RevokeCurrent(context.WithoutCancel(ctx)); revoking != nil {
		return errors.Join(err, fmt.Errorf("the key %s is not revoked: %w", label, revoking))
	}
	return err
}
