// Package greenfield is a client for the Greenfield API of BTCPay Server: it creates and
// revokes API keys, and calls the API with them. It works with servers from 1.13.5 to
// 2.4.1; its tests read recorded responses of these servers.
//
// # A key from a user
//
// Package authorize obtains an API key through the consent page of the user's server, for
// a program on the user's machine and for a web app.
//
// # A key for a program
//
// [APIKeyService.Create] creates a key with fewer rights for one task, and
// [APIKeyService.RevokeCurrent] revokes it. A server cannot list keys. So a program has
// to record the keys that it creates, and to give each a label that a user can find
// again. Servers after 2.4.4 return a key only when they create it, and name it by an id,
// which [APIKeyService.Revoke] takes; [APIKeyService.RevokeValue] is for older servers.
//
// # What a key may do
//
// A key always lists the permissions that it was given, but its owner's role in a store
// decides at each call. [PermissionService.Try] asks the server, with reads that each
// need one permission:
//
//	for _, right := range c.Permissions.Try(ctx, info.Permissions, storeID) {
//		if right.Live == greenfield.LiveNo {
//			fmt.Println(right.Permission, right.Reason, right.Role)
//		}
//	}
//
// # Calls
//
// [Client] has one service for each area. Each method names the permission that the
// server checks, which sometimes differs from the server's documentation.
// [Permission.Covers] reports whether a permission includes another.
//
// # Errors
//
// Errors are those of the package client, wrapped by their meaning, such as
// [ErrUnknownKey] or [ErrThrottled]. A 403 is a [*PermissionError]. If nothing was sent,
// the error is a [*client.RequestError]. No error contains a key or a password.
//
// # Units
//
// Amounts are exact text, [client.Decimal]. Times are sent in seconds. Durations are
// [Minutes] for an invoice, [Seconds] for a store, [Days] for refunds.
//
// # Compatibility
//
// Unknown fields and unknown values of the text types never make a call fail, since
// servers add them. Exported names do not change within a major version.
package greenfield
