package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

// oneServer is a server that was given. If it is a sandbox, it is reset before each recording.
type oneServer struct {
	app     *app.App
	url     string
	root    string
	options replay.Options
	sandbox bool
	control *sandboxActor
	saved   bool
}

// beforeReplay is the snapshot of a sandbox to which it goes back at the end.
const beforeReplay = "before-replay"

func (o *oneServer) connect(caFile string) error {
	o.control = &sandboxActor{app: o.app, flags: app.Flags{Server: o.url, CAFile: caFile}}
	return o.control.connect()
}

// isSandbox reports whether the server has the control addresses of a sandbox.
func (o *oneServer) isSandbox(ctx context.Context) (bool, error) {
	_, err := ask[clockRecord](ctx, o.control, "clock", map[string]string{"advance": "0s"})
	if err == nil {
		return true, nil
	}
	if _, answered := errors.AsType[*client.Error](err); answered {
		return false, nil
	}
	return false, o.control.explain(ctx, err)
}

func (o *oneServer) begin(ctx context.Context) error {
	if !o.sandbox {
		return nil
	}
	if _, err := ask[sandboxRecord](ctx, o.control, "seed", struct{}{}); err == nil {
		u, err := url.Parse(o.url)
		if err != nil {
			return err
		}
		return &output.Error{Code: output.Usage, What: "the sandbox at " + o.url + " began with an account, and recordings begin without one", Why: "Nothing was changed.",
			Next: "btcpayctl sandbox --empty --port " + u.Port() + "\nor leave --server out"}
	}
	if _, err := ask[snapshotRecord](ctx, o.control, "snapshot/save", map[string]string{"name": beforeReplay}); err != nil {
		return o.control.explain(ctx, err)
	}
	o.saved = true
	return nil
}

func (o *oneServer) refusal(r *replay.Recording) string {
	if root := r.Server.RootPath(); root != o.root {
		return fmt.Sprintf("it was recorded under the root path %q, and the server is at %q", root, o.root)
	}
	return ""
}

func (o *oneServer) one(ctx context.Context, r *replay.Recording) (*replay.Report, string, error) {
	if refusal := o.refusal(r); refusal != "" {
		return nil, refusal, nil
	}
	if o.sandbox {
		if _, err := ask[sandboxRecord](ctx, o.control, "reset", struct{}{}); err != nil {
			return nil, "", o.control.explain(ctx, err)
		}
	}
	return playToEnd(ctx, r, o.url, o.options)
}

func (o *oneServer) end(ctx context.Context) error {
	if o.control != nil {
		defer o.control.close()
	}
	if !o.saved {
		return nil
	}
	name := map[string]string{"name": beforeReplay}
	if _, err := ask[snapshotRecord](ctx, o.control, "snapshot/restore", name); err != nil {
		return o.control.explain(ctx, err)
	}
	_, err := ask[struct{}](ctx, o.control, "snapshot/remove", name)
	if err != nil {
		return o.control.explain(ctx, err)
	}
	return nil
}
