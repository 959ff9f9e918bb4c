package webhook_test

import (
	"fmt"

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
