package world

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// The kinds of apps.
const (
	AppPointOfSale  = "PointOfSale"
	AppCrowdfund    = "Crowdfund"
	AppSubscription = "Subscription"
)

// App is an app of a store.
type App struct {
	ID       string
	Number   int // order of creation
	StoreID  string
	Type     string
	Name     string
	Archived bool
	Created  time.Time

	PointOfSale *PointOfSale `json:",omitempty"`
	Crowdfund   *Crowdfund   `json:",omitempty"`
}

// PointOfSale are the settings of a point of sale, as the API shows them.
type PointOfSale struct {
	Items                     []json.RawMessage `json:"items"`
	Title                     *string           `json:"title"`
	DefaultView               string            `json:"defaultView"`
	ShowItems                 bool              `json:"showItems"`
	ShowCustomAmount          bool              `json:"showCustomAmount"`
	ShowDiscount              bool              `json:"showDiscount"`
	ShowSearch                bool              `json:"showSearch"`
	ShowCategories            bool              `json:"showCategories"`
	EnableTips                bool              `json:"enableTips"`
	Currency                  string            `json:"currency"`
	FixedAmountPayButtonText  string            `json:"fixedAmountPayButtonText"`
	CustomAmountPayButtonText string            `json:"customAmountPayButtonText"`
	TipText                   string            `json:"tipText"`
	NotificationURL           *string           `json:"notificationUrl"`
	RedirectURL               *string           `json:"redirectUrl"`
	Description               *string           `json:"description"`
	RedirectAutomatically     *bool             `json:"redirectAutomatically"`
	CustomTipPercentages      []int64           `json:"customTipPercentages"`
	HTMLLang                  *string           `json:"htmlLang"`
	HTMLMetaTags              *string           `json:"htmlMetaTags"`
	FormID                    *string           `json:"formId"`
}

// Crowdfund are the settings of a crowdfund, as the API shows them.
type Crowdfund struct {
	Perks                 []json.RawMessage `json:"perks"`
	Title                 *string           `json:"title"`
	Enabled               bool              `json:"enabled"`
	EnforceTargetAmount   bool              `json:"enforceTargetAmount"`
	StartDate             *int64            `json:"startDate"`
	TargetCurrency        *string           `json:"targetCurrency"`
	Description           *string           `json:"description"`
	EndDate               *int64            `json:"endDate"`
	TargetAmount          *money.Number     `json:"targetAmount"`
	MainImageURL          *string           `json:"mainImageUrl"`
	NotificationURL       *string           `json:"notificationUrl"`
	Tagline               *string           `json:"tagline"`
	DisqusEnabled         bool              `json:"disqusEnabled"`
	DisqusShortname       *string           `json:"disqusShortname"`
	SoundsEnabled         bool              `json:"soundsEnabled"`
	AnimationsEnabled     bool              `json:"animationsEnabled"`
	ResetEveryAmount      int64             `json:"resetEveryAmount"`
	ResetEvery            string            `json:"resetEvery"`
	DisplayPerksValue     bool              `json:"displayPerksValue"`
	DisplayPerksRanking   bool              `json:"displayPerksRanking"`
	SortPerksByPopularity bool              `json:"sortPerksByPopularity"`
	Sounds                []string          `json:"sounds"`
	AnimationColors       []string          `json:"animationColors"`
	HTMLLang              *string           `json:"htmlLang"`
	HTMLMetaTags          *string           `json:"htmlMetaTags"`
	FormID                *string           `json:"formId"`
}

// AddApp adds a new app of a store.
func (w *World) AddApp(a *App) {
	a.ID, a.Number, a.Created = random.Base58(20), w.State.Number(), w.Now()
	w.State.Apps[a.ID] = a
}

// RemoveApp removes an app, and the offering that it is.
func (st *State) RemoveApp(a *App) {
	for _, o := range st.Offerings {
		if o.AppID == a.ID {
			st.removeOffering(o)
		}
	}
	delete(st.Apps, a.ID)
	st.forgetting(a.ID, a.StoreID)
}

// AppsOf returns the apps of the stores that a user is a member of, of one store if its id is given, oldest first.
func (st *State) AppsOf(u *User, storeID string) []*App {
	var found []*App
	for _, a := range st.Apps {
		_, isMember := st.Stores[a.StoreID].Members[u.ID]
		if isMember && (storeID == "" || a.StoreID == storeID) {
			found = append(found, a)
		}
	}
	slices.SortFunc(found, func(a, b *App) int { return cmp.Or(a.Created.Compare(b.Created), a.Number-b.Number) })
	return found
}

// RewriteObject returns a JSON object as the server's library writes it after having read it: dates and numbers change.
// It returns nil if the text is no object.
func RewriteObject(text []byte) json.RawMessage {
	free, err := parseFree(text)
	if err != nil || free.members == nil {
		return nil
	}
	return free.encode()
}
