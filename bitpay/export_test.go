package bitpay

import "github.com/btcpayctl/btcpayctl/client"

func clientSecret(text string) client.Secret { return client.NewSecret(text) }
