package payoutprocessors

import (
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type onChainSettings struct {
	PayoutMethodID             string       `json:"payoutMethodId"`
	IntervalSeconds            int64        `json:"intervalSeconds"`
	FeeBlockTarget             int64        `json:"feeBlockTarget"`
	Threshold                  money.Number `json:"threshold"`
	ProcessNewPayoutsInstantly bool         `json:"processNewPayoutsInstantly"`
}

func showOnChain(r *serve.Request, p *world.PayoutProcessor) onChainSettings {
	return onChainSettings{r.Release.PayoutMethodName(p.Method), int64(p.Interval / time.Second), p.FeeBlockTarget, p.Threshold.Number(), p.Instantly}
}

type lightningSettings struct {
	PayoutMethodID             string `json:"payoutMethodId"`
	IntervalSeconds            int64  `json:"intervalSeconds"`
	ProcessNewPayoutsInstantly bool   `json:"processNewPayoutsInstantly"`
}

func showLightning(r *serve.Request, p *world.PayoutProcessor) lightningSettings {
	return lightningSettings{r.Release.PayoutMethodName(p.Method), int64(p.Interval / time.Second), p.Instantly}
}

func listOnChain(w http.ResponseWriter, r *serve.Request) {
	writeSettings(w, r, world.OnChainProcessor, showOnChain)
}

func listLightning(w http.ResponseWriter, r *serve.Request) {
	writeSettings(w, r, world.LightningProcessor, showLightning)
}

func writeSettings[T any](w http.ResponseWriter, r *serve.Request, processor string, show func(*serve.Request, *world.PayoutProcessor) T) {
	method, ok := methodOf(w, r)
	if !ok {
		return
	}
	all := []T{}
	for _, p := range configured(r, processor, method) {
		all = append(all, show(r, p))
	}
	r.Release.WriteProcessorSettings(w, http.StatusOK, all)
}

// setOnChain replaces the settings by what the request has, or else by the defaults.
func setOnChain(w http.ResponseWriter, r *serve.Request) {
	p := &world.PayoutProcessor{Processor: world.OnChainProcessor, FeeBlockTarget: 1}
	if !bind(w, r, p, "OnChainAutomatedPayoutSettings", func(m *aspnet.Model) {
		aspnet.Set(&p.FeeBlockTarget, m.Int("feeBlockTarget"))
		m.SetDecimal("threshold", &p.Threshold)
	}) {
		return
	}
	bad := checkInterval(p.Interval)
	if p.FeeBlockTarget < 1 || p.FeeBlockTarget > 1000 {
		bad = append(bad, aspnet.FieldError{Path: "FeeBlockTarget", Message: "The feeBlockTarget should be between 1 and 1000"})
	}
	if set(w, r, p, bad) {
		r.Release.WriteProcessorSettings(w, http.StatusOK, showOnChain(r, p))
	}
}

// setLightning is like [setOnChain].
func setLightning(w http.ResponseWriter, r *serve.Request) {
	p := &world.PayoutProcessor{Processor: world.LightningProcessor}
	if bind(w, r, p, "LightningAutomatedPayoutSettings", func(*aspnet.Model) {}) && set(w, r, p, checkInterval(p.Interval)) {
		r.Release.WriteProcessorSettings(w, http.StatusOK, showLightning(r, p))
	}
}

// bind reads what both processors have, and what only one has. It reports whether it could.
func bind(w http.ResponseWriter, r *serve.Request, p *world.PayoutProcessor, typ string, more func(*aspnet.Model)) bool {
	return aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+typ, true, func(m *aspnet.Model) {
		m.Text("payoutMethodId") // it is read, and the one of the path counts
		aspnet.Set(&p.Interval, m.Span("intervalSeconds", time.Second))
		m.SetBool("processNewPayoutsInstantly", &p.Instantly)
		more(m)
	})
}

// set sets a processor up for the payout method of the path. It reports whether it did; if not, it answered an error.
func set(w http.ResponseWriter, r *serve.Request, p *world.PayoutProcessor, bad []aspnet.FieldError) (ok bool) {
	if bad != nil {
		aspnet.WriteValidation(w, bad...)
		return false
	}
	if p.Method, ok = methodOf(w, r); !ok {
		return false
	}
	p.StoreID = r.Store().ID
	r.State.SetPayoutProcessor(p)
	return true
}
