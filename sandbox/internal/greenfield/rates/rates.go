package rates

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type configurationData struct {
	Spread          money.Number `json:"spread"`
	IsCustomScript  bool         `json:"isCustomScript"`
	EffectiveScript string       `json:"effectiveScript"`
	PreferredSource *string      `json:"preferredSource"`
}

func show(c world.RateConfiguration) configurationData {
	data := configurationData{IsCustomScript: c.Custom, EffectiveScript: c.Script}
	// The fraction is shown in percent. JSON gave it a decimal.
	fraction := c.Spread
	if fraction.Places() == 0 {
		fraction = fraction.Times10().Div(money.New(10, 0)).Add(money.New(0, 1))
	}
	data.Spread = fraction.Mul(money.New(1000, 1)).Number()
	if !c.Custom {
		data.EffectiveScript = "X_X = " + c.Exchange() + "(X_X);"
		if c.Source != "" {
			data.PreferredSource = &c.Source
		}
	}
	return data
}

func read(w http.ResponseWriter, r *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, show(r.Store().Rates))
}

func set(w http.ResponseWriter, r *serve.Request) {
	var custom bool
	var script, source *string
	var spread *money.Decimal
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"StoreRateConfiguration", false, func(m *aspnet.Model) {
		custom, script, source, spread = aspnet.Or(m.Bool("isCustomScript"), false), m.Text("effectiveScript"), m.Text("preferredSource"), m.Double("spread")
	}) {
		return
	}
	config := world.RateConfiguration{Custom: custom}
	if spread != nil {
		if spread.Sign() < 0 || spread.Cmp(money.New(100, 0)) > 0 {
			aspnet.WriteValidation(w, aspnet.FieldError{Path: "Spread", Message: "Spread value must be in %, between 0 and 100"})
			return
		}
		config.Spread = spread.Div(money.New(100, 0))
	}
	switch {
	case custom:
		parsed, err := money.ParseScript(aspnet.Or(script, ""))
		if err != nil {
			aspnet.WriteValidation(w, aspnet.FieldError{Path: "EffectiveScript", Message: "Script syntax is invalid"})
			return
		}
		config.Script = parsed.String()
	case script != nil:
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "EffectiveScript", Message: "You can't set the effectiveScript if you aren't using custom scripts"})
		return
	default:
		config.Source = aspnet.Or(source, "")
	}
	r.Store().Rates = config
	aspnet.WriteJSON(w, http.StatusOK, show(config))
}
