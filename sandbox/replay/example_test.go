package replay_test

import (
	"context"
	"fmt"
	"log"

	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

func Example() {
	ctx := context.Background()
	recording, err := replay.Load("../testdata/recordings/2.4.1/67-rootpath.json")
	if err != nil {
		log.Fatal(err)
	}
	server, err := sandbox.Start(ctx, "127.0.0.1:0", sandbox.Options{
		Empty:               true,
		RootPath:            recording.Server.RootPath(),
		DisableRegistration: recording.Server.DisableRegistration(),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	report, err := recording.Play(ctx, server.URL, replay.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Summary())
	// Output: rootpath: 24 of 24 exchanges alike
}
