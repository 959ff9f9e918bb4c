package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

func ExampleVerify() {
	secret, err := webhook.NewSecret("the secret of the webhook")
	if err != nil {
		panic(err)
	}
	body := []byte(`{"type": "InvoiceSettled"}`)
	signature, err := webhook.Sign(secret, body)
	if err != nil {
		panic(err)
	}
	header := map[string][]string{webhook.SignatureHeader: {signature}}
	secrets := []webhook.Secret{secret}
	fmt.Println(webhook.Verify(secrets, header, body))
	fmt.Println(webhook.Verify(secrets, header, append(body, ' ')))
	// Output:
	// <nil>
	// the webhook delivery has no valid signature: the signature belongs to another body or another secret
}

func ExampleParse() {
	event, err := webhook.Parse([]byte(`{
		"deliveryId": "T3sZ9ekdfnK1sKhDxQrM5P", "webhookId": "TA9Tq94rmbiev1v6TEcGBW", "originalDeliveryId": "Cqj82eLhgpMGPruEdLWVKv",
		"isRedelivery": true, "type": "InvoiceSettled", "timestamp": 1795420942, "storeId": "9ujXPwDVXGAfsvE3t9GSvR",
		"invoiceId": "BNMkPb6bVyCLfUNxxMXXYx", "metadata": {"orderId": "o-1"}, "overPaid": true}`))
	if err != nil {
		panic(err)
	}
	switch event.Type {
	case webhook.TypeInvoiceSettled:
		fmt.Println("order", event.Invoice.OrderID(), "is paid by", event.InvoiceID, "overpaid:", event.Invoice.OverPaid)
	default:
		fmt.Println("nothing to do for", event.Type)
	}
	// Output: order o-1 is paid by BNMkPb6bVyCLfUNxxMXXYx overpaid: true
}

func ExampleHandler() {
	secret, err := webhook.NewSecret("the secret of the webhook")
	if err != nil {
		panic(err)
	}
	busy := true
	handler, err := webhook.NewHandler(webhook.HandlerOptions{
		Secrets: []webhook.Secret{secret},
		Handle: func(_ context.Context, e webhook.Event) error {
			if busy {
				return errors.New("the shop's database is busy")
			}
			fmt.Println("ship", e.Invoice.OrderID())
			return nil
		},
	})
	if err != nil {
		panic(err)
	}

	// What the server does.
	deliver := func(delivery string) {
		body := `{"deliveryId": "` + delivery + `", "webhookId": "w", "originalDeliveryId": "first", "type": "InvoiceSettled",
			"timestamp": 1795420942, "storeId": "s", "invoiceId": "i", "metadata": {"orderId": "o-1"}}`
		signature, err := webhook.Sign(secret, []byte(body))
		if err != nil {
			panic(err)
		}
		request := httptest.NewRequest(http.MethodPost, "/btcpay/webhook", strings.NewReader(body))
		request.Header.Set(webhook.SignatureHeader, signature)
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		fmt.Println(response.Code)
	}
	deliver("first")
	busy = false
	deliver("second")
	deliver("third")
	// Output:
	// 500
	// ship o-1
	// 200
	// 200
}
