package greenfield

import (
	"context"
	"errors"
	"net/http"

	"github.com/btcpayctl/btcpayctl/client"
)

// noInvoice is a body that no server makes an invoice of: servers check the permission
// first, and then refuse an amount that is not a number (recordings 11-auth-errors and
// 20-invoices of all versions).
var noInvoice = []byte(`{"amount":"ten"}`)

// TryCreateInvoice asks the server whether it lets the client's key create invoices in a
// store now. No GET proves that, see [PermissionService.Try]. So TryCreateInvoice sends a
// POST to the list of invoices whose amount is not a number: the server refuses it with 403
// if the key may not create invoices there, and otherwise with 422. It creates nothing.
func (s *PermissionService) TryCreateInvoice(ctx context.Context, storeID StoreID, opts ...client.CallOption) Right {
	r := Right{Permission: CanCreateInvoice.ForStore(storeID), StoreID: storeID, Live: LiveUnknown, Reason: RightNoAnswer}
	if !client.IsID(string(storeID)) {
		return Right{Permission: CanCreateInvoice, Live: LiveUnknown, Reason: RightNoStore}
	}
	request := client.Request{Operation: "greenfield.Permissions.TryCreateInvoice", Method: http.MethodPost,
		Path: []string{"api", "v1", "stores", string(storeID), "invoices"}, Body: noInvoice}
	response, err := s.c.http.Do(ctx, request, opts...)
	if err == nil {
		r.Err = request.Unusable(response.Status, errors.New("the amount of the request is not a number, and it was accepted"))
		return r
	}
	answer, answered := errors.AsType[*client.Error](err)
	switch {
	case answered && answer.Status == http.StatusUnprocessableEntity && len(answer.Fields) > 0:
		r.Live, r.Reason = LiveYes, RightTried
	case answered && answer.Status == http.StatusForbidden && answer.MissingPermission == string(CanCreateInvoice):
		r.Live, r.Reason = LiveNo, RightRefused
	default:
		r.Err = explain(request, err)
	}
	return r
}
