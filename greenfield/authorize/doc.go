// Package authorize obtains an API key through the consent page of a BTCPay Server: the
// user opens the page in a browser and consents, and the page posts the key to an address
// of the program. The API itself is in package greenfield.
//
// # Three steps
//
// Every login has the same steps:
//
//  1. Describe what the key may do in a [Request], and open the page at its [URL].
//     [Request.Warnings] reports in advance what may surprise the user.
//  2. Receive the key: with [Listen] on the user's own machine, or with a [Handler] in a
//     web app.
//  3. Check it: any sender can make the POST, so ask the server with [Prove]. Then look at
//     [Grant.Match], since the user may have granted more or less than requested. A
//     [Handler] does both.
//
// If the user cancels, the server sends nothing back. So every wait needs a time limit.
//
// # A program on the user's machine
//
// [Listen] waits on a loopback address for one POST with the right nonce in its path, and
// refuses all other requests:
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
// # A web app
//
// A [Handler] receives the keys of all users of a web app. The app starts a login for a
// user and gets the key of that user back:
//
//	handler, err := authorize.NewHandler(authorize.HandlerOptions{
//		URL: "https://shop.example.com/btcpay/callback/",
//		Done: func(ctx context.Context, result authorize.Result) (string, error) {
//			return "/btcpay/connected?receipt=" + result.Receipt, db.SaveKey(ctx, result)
//		},
//	})
//	...
//	mux.Handle("/btcpay/callback/", handler)
//	...
//	page, err := handler.Start(ctx, server, session.User, request) // redirect the browser to it
//
// Do not put the handler behind a check of cross-site requests, such as
// [http.CrossOriginProtection] or a CSRF token: the POST always comes from another site.
// The random state in its path takes the place of that check.
//
// The handler keeps started logins in memory. If the app has several processes, or restarts
// while users consent, implement [Pending] with its database.
//
// # Whose browser it is
//
// The browser that delivers the key may be another person's than the one for whom the
// login was started: an attacker can start a login and send the address of the consent
// page to another person. With that person's consent, the person's key would arrive for
// the attacker's account. The POST cannot show this, because browsers send it without
// the app's cookies. The page to which the browser goes next can: that request has them,
// and only that browser knows [Result.Receipt]. So use the key only after the page with
// the receipt was opened in a session of the login's user, and otherwise revoke it. The
// program in examples/webapp does this.
//
// # Compatibility
//
// Servers from 1.13.5 to 2.4.1 were recorded, and the tests read the recordings. Exported
// names do not change within a major version. Later versions may add warnings and outcomes.
package authorize
