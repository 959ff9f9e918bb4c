package greenfield_test

import (
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

func ExamplePermission_Covers() {
	key := greenfield.CanModifyInvoices.ForStore("StoreA")
	fmt.Println(key.Covers(greenfield.CanViewInvoices.ForStore("StoreA")))
	fmt.Println(key.Covers(greenfield.CanViewInvoices.ForStore("StoreB")))
	fmt.Println(key.Covers(greenfield.CanViewInvoices))
	// Output:
	// true
	// false
	// false
}

func ExampleReduce() {
	fmt.Println(greenfield.Reduce([]greenfield.Permission{
		greenfield.CanCreateInvoice, greenfield.CanViewInvoices, greenfield.CanModifyInvoices,
	}))
	// Output: [btcpay.store.canmodifyinvoices]
}

func ExampleNewBasic() {
	_, err := greenfield.NewBasic("owner@example.com", client.NewSecret("left:right"))
	fmt.Println(errors.Is(err, greenfield.ErrBasic))
	// Output: true
}
