package root

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

type versionRecord struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

var versionView = output.View[versionRecord]{
	Columns: []output.Column[versionRecord]{
		{Title: "VERSION", Value: func(v versionRecord) string { return v.Version }},
		{Title: "GO", Value: func(v versionRecord) string { return v.Go }},
		{Title: "PLATFORM", Value: func(v versionRecord) string { return v.Platform }},
	},
	Name: func(v versionRecord) string { return v.Version },
}

func newVersion(a *app.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		GroupID: "other",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			return output.One(p, versionView, versionRecord{a.Version, a.Commit, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH})
		},
	}
	cli.Shows(cmd, versionView)
	return cmd
}
