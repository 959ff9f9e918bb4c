// Package authorize obtains an API key through the consent page of a BTCPay Server: the
// user opens the page in a browser, consents, and the page posts the key to an address of
// the program.
//
// The page posts to an address of the program. So first listen, then send the user to the
// page:
//
//	c, err := greenfield.New(server, nil)
//	...
//	listener, err := authorize.Listen(ctx, authorize.ListenOptions{Server: server})
//	...
//	defer listener.Close()
//	request := authorize.Request{
//		ApplicationName: "My shop",
//		Permissions:     []greenfield.Permission{greenfield.CanModifyInvoices},
//		Redirect:        listener.URL(),
//		SelectiveStores: true,
//	}
//	page, err := authorize.URL(c, request) // open this in a browser
//	...
//	callback, err := listener.Wait(ctx)
//	...
//	proof, err := authorize.Prove(ctx, c, callback.APIKey, request)
//
// The listener accepts one POST with the right nonce in its path and refuses all other
// requests. Do not trust what the POST contains until [Prove] has asked the server. The
// grant may have more or fewer permissions than the request: check [Grant.Match] before
// you keep the key. [Request.Warnings] reports possible surprises in advance.
//
// If the user cancels, the server sends nothing back, so the wait needs a timeout.
package authorize
