package rates

import (
	"net/http"
	"strings"

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

// show shows settings with the spread, in percent, that they share with the primary ones.
func show(c world.RateConfiguration, spread money.Decimal, currency string) configurationData {
	if spread.Places() == 0 {
		spread = spread.Times10().Div(money.New(10, 0)).Add(money.New(0, 1)) // JSON gave it a decimal
	}
	data := configurationData{
		Spread: spread.Mul(money.New(1000, 1)).Number(), IsCustomScript: c.Custom, EffectiveScript: c.EffectiveScript().String(),
	}
	if !c.Custom {
		source := c.Source
		if source == "" {
			source = money.RecommendedExchange(currency)
		}
		data.PreferredSource = &source
	}
	return data
}

// isFallback reports which of the two settings the path names. If it returns false for ok, it answered.
func isFallback(w http.ResponseWriter, r *serve.Request) (fallback, ok bool) {
	switch name := r.PathValue("rateSource"); strings.ToLower(name) {
	case "", "primary", "0":
		return false, true
	case "fallback", "1":
		return true, true
	default:
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "rateSource", Message: "The value '" + name + "' is not valid."})
		return false, false
	}
}

func read(w http.ResponseWriter, r *serve.Request) {
	if fallback, ok := isFallback(w, r); ok {
		answer(w, r.Store(), fallback)
	}
}

func answer(w http.ResponseWriter, st *world.Store, fallback bool) {
	c := &st.Rates
	if fallback {
		c = st.Rates.Fallback
	}
	if c == nil {
		serve.WriteAPIError(w, http.StatusNotFound, "fallback-disabled", "The fallback rates are disabled")
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, show(*c, st.Rates.Spread, st.DefaultCurrency))
}

func set(w http.ResponseWriter, r *serve.Request) {
	fallback, ok := isFallback(w, r)
	if !ok {
		return
	}
	st := r.Store()
	before := &st.Rates
	if fallback {
		before = st.Rates.Fallback
	}
	asked, faults, ok := bind(w, r, before)
	switch {
	case !ok:
		return
	case len(faults) > 0:
		aspnet.WriteValidation(w, faults...)
		return
	}
	st.Rates.Spread = asked.Spread
	if fallback {
		asked.Spread = money.Decimal{}
		st.Rates.Fallback = &asked
	} else {
		asked.Fallback = st.Rates.Fallback
		st.Rates = asked
	}
	answer(w, st, fallback)
}

// bind reads settings from the body. If it returns false, it answered. What the server's own checks found is in faults. An
// empty custom script becomes that of the settings before.
func bind(w http.ResponseWriter, r *serve.Request, before *world.RateConfiguration) (asked world.RateConfiguration, faults []aspnet.FieldError, ok bool) {
	var script, source string
	var spread money.Decimal
	ok = aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"StoreRateConfiguration", false, func(m *aspnet.Model) {
		asked.Custom = aspnet.Or(m.Bool("isCustomScript"), false)
		script, source = aspnet.Or(m.Text("effectiveScript"), ""), aspnet.Or(m.Text("preferredSource"), "")
		spread = aspnet.Or(m.Double("spread"), money.Decimal{})
	})
	if !ok {
		return asked, nil, false
	}
	refuse := func(path, message string) { faults = append(faults, aspnet.FieldError{Path: path, Message: message}) }
	if spread.Sign() < 0 || spread.Cmp(money.New(100, 0)) > 0 {
		refuse("Spread", "Spread value must be in %, between 0 and 100")
	} else if spread.Sign() != 0 {
		asked.Spread = spread.Div(money.New(100, 0))
	}
	if !asked.Custom {
		if script != "" {
			refuse("EffectiveScript", "You can't set the effectiveScript if you aren't using custom scripts")
		}
		var known bool
		if asked.Source, known = money.FindExchange(source); source != "" && !known {
			refuse("PreferredSource", "Unsupported source, please check /misc/rate-sources to see valid values ()")
		}
		return asked, faults, true
	}
	if script == "" {
		var none world.RateConfiguration
		if before == nil {
			before = &none
		}
		script = before.DefaultScript().String()
	}
	if parsed, err := money.ParseScript(script); err != nil {
		refuse("EffectiveScript", "Script syntax is invalid")
	} else {
		asked.Script = parsed.String()
	}
	if source != "" {
		refuse("PreferredSource", "You can't set the preferredSource if you are using custom scripts")
	}
	return asked, faults, true
}
