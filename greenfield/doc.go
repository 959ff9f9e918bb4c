// Package greenfield talks to the Greenfield API of BTCPay Server: it gets API
// keys from a person's browser, makes and revokes them, and calls what they are
// for. It works with servers from 1.13.5 to 2.4.1, whose recorded answers its
// tests read.
//
// # A key from a person
//
// A server's consent page posts the key to an address of the caller's. So first
// listen, then send the person to the page:
//
//	listener, err := greenfield.ListenCallback(ctx, greenfield.CallbackOptions{Server: server})
//	...
//	defer listener.Close()
//	request := greenfield.AuthorizeRequest{
//		ApplicationName: "My shop",
//		Permissions:     []greenfield.Permission{greenfield.CanModifyInvoices},
//		Redirect:        listener.URL(),
//		SelectiveStores: true,
//	}
//	c, err := greenfield.New(server, nil)
//	...
//	page, err := c.AuthorizeURL(request)  // open this in a browser
//	...
//	callback, err := listener.Wait(ctx)
//	...
//	proof, err := c.Prove(ctx, callback.APIKey, request)
//
// The listener takes one POST with the right nonce in its path, whatever else
// knocks. What came is a claim until [Client.Prove] has asked the server, and
// the grant may be more or less than was asked for: look at [Grant.Match] before
// the key is kept. [AuthorizeRequest.Warnings] tells of surprises in advance.
//
// A person who cancels sends nothing back, so the wait needs an end of its own.
//
// # A key for a program
//
// [APIKeyService.Create] makes a key with fewer rights for one task, and
// [APIKeyService.RevokeCurrent] takes it back. A server cannot list keys, so a
// program has to note what it makes, and to give each a label that a person
// finds again.
//
// # What a key may do
//
// A key lists what it was given, for ever, and its owner's role in a store decides at
// each call. [PermissionService.Try] asks the server, by reads that each need one
// permission:
//
//	for _, right := range c.Permissions.Try(ctx, info.Permissions, storeID) {
//		if right.Live == greenfield.LiveNo {
//			fmt.Println(right.Permission, right.Reason, right.Role)
//		}
//	}
//
// # Calls
//
// [Client] has one service for each area. Each method names the permission that
// the server checks, which is not always what its documentation says.
// [Permission.Covers] tells what a permission includes.
//
// # Errors
//
// The errors of the package client, wrapped by what they mean, such as
// [ErrUnknownKey] or [ErrThrottled], by [*PermissionError] for 403, or
// [*client.RequestError] where nothing was sent. None holds a key or a password.
//
// # Units
//
// Amounts are exact text, [client.Decimal]. Moments travel in seconds. Spans are
// [Minutes] for an invoice, [Seconds] for a store, [Days] for refunds.
//
// # What stays
//
// Unknown members and unknown values of the text types never fail a call, since
// servers add them. Exported names stay as they are within a major version.
package greenfield
