package apps

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

const (
	never       = "Never"
	soundFolder = "https://github.com/ClaudiuHKS/AdvancedQuakeSounds/tree/master/sound/AQS/"
)

// The sounds and colours of a crowdfund that has none of its own.
var (
	sounds = strings.Fields("dominating doublekill doublekill2 eagleeye firstblood firstblood2 firstblood3 godlike hattrick " +
		"headhunter headshot headshot2 headshot3 holyshit killingspree ludicrouskill megakill monsterkill multikill ownage " +
		"payback rampage teamkiller triplekill ultrakill unstoppable whickedsick")
	colors = []string{"#FF6138", "#FFBE53", "#2980B9", "#282741"}
)

type crowdfundData struct {
	*world.Crowdfund
	appData
}

func showCrowdfund(a *world.App) crowdfundData { return crowdfundData{a.Crowdfund, show(a)} }

// crowdfundRequest is the body of a request for a crowdfund. The pictures of the body are null, or may have null in them.
type crowdfundRequest struct {
	base
	settings         world.Crowdfund
	template         *string
	resetEveryAmount *int64
	sounds, colors   []*string
}

func bindCrowdfund(w http.ResponseWriter, r *serve.Request) (q crowdfundRequest, ok bool) {
	ok = aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"CrowdfundAppRequest", true, func(m *aspnet.Model) {
		q.base, q.template, q.resetEveryAmount = readBase(m), m.Text("perksTemplate"), m.Int("resetEveryAmount")
		m.SetTexts("sounds", &q.sounds)
		m.SetTexts("animationColors", &q.colors)
		m.Bool("disqusEnabled") // it is enabled by its name
		flag := func(name string, otherwise bool) bool { return aspnet.Or(m.Bool(name), otherwise) }
		q.settings = world.Crowdfund{
			Title: trimmed(m.Text("title")), Enabled: flag("enabled", true), EnforceTargetAmount: flag("enforceTargetAmount", false),
			StartDate: m.Timestamp("startDate"), EndDate: m.Timestamp("endDate"),
			TargetCurrency: m.Text("targetCurrency"), TargetAmount: targetOf(m.NullableDecimal("targetAmount")),
			Description: m.Text("description"), MainImageURL: m.Text("mainImageUrl"), NotificationURL: trimmed(m.Text("notificationUrl")),
			Tagline: trimmed(m.Text("tagline")), DisqusShortname: trimmed(m.Text("disqusShortname")),
			SoundsEnabled:     flag("soundsEnabled", hasText(q.sounds)),
			AnimationsEnabled: flag("animationsEnabled", hasText(q.colors)),
			ResetEveryAmount:  aspnet.Or(q.resetEveryAmount, 1),
			ResetEvery:        aspnet.Or(m.Enum("resetEvery", aspnet.Nullable("CrowdfundResetEvery"), never, "Hour", "Day", "Month", "Year"), never),
			DisplayPerksValue: flag("displayPerksValue", false), DisplayPerksRanking: flag("displayPerksRanking", false),
			SortPerksByPopularity: flag("sortPerksByPopularity", false),
			HTMLLang:              m.Text("htmlLang"), HTMLMetaTags: metaTags(m.Text("htmlMetaTags")), FormID: m.Text("formId"),
		}
	})
	return q, ok
}

// targetOf returns the goal, which is none if it is 0.
func targetOf(amount *money.Decimal) *money.Number {
	if amount == nil || amount.Sign() == 0 {
		return nil
	}
	return new(amount.Number())
}

// hasText reports whether one of some texts is not blank.
func hasText(texts []*string) bool {
	for _, text := range texts {
		if text != nil && strings.TrimSpace(*text) != "" {
			return true
		}
	}
	return false
}

// hasNull reports whether one of some texts is null, with which the server does not reckon.
func hasNull(texts []*string) bool {
	for _, text := range texts {
		if text == nil {
			return true
		}
	}
	return false
}

// check returns what is wrong with a request, and sets what follows from the rest.
func (q *crowdfundRequest) check() []aspnet.FieldError {
	bad, s := q.base.check(), &q.settings
	refuse := func(path, message string) { bad = append(bad, aspnet.FieldError{Path: path, Message: message}) }
	if s.Description != nil && strings.TrimSpace(*s.Description) == "" {
		refuse("Description", "Description cannot be empty")
	}
	if s.TargetCurrency != nil && !knownCurrency(*s.TargetCurrency) {
		refuse("TargetCurrency", "Invalid currency")
	}
	perks, wrong := parseItems(aspnet.Or(q.template, ""))
	if wrong != "" {
		refuse("PerksTemplate", "Invalid template: "+wrong)
	}
	if s.ResetEvery != never {
		if s.StartDate == nil {
			refuse("StartDate", "A start date is needed when the goal resets every X amount of time")
		}
		if q.resetEveryAmount != nil && *q.resetEveryAmount <= 0 {
			refuse("ResetEveryAmount", "You must reset the goal at a minimum of 1")
		}
	}
	if q.sounds != nil && !hasText(q.sounds) {
		refuse("Sounds", "Sounds must be a non-empty array of non-empty strings")
	}
	if q.colors != nil && !hasText(q.colors) {
		refuse("AnimationColors", "Animation colors must be a non-empty array of non-empty strings")
	}
	if s.StartDate != nil && s.EndDate != nil && *s.StartDate > *s.EndDate {
		refuse("EndDate", "End date cannot be before start date")
	}
	s.Perks, s.Description, s.TargetCurrency = perks, trimmed(s.Description), trimmed(s.TargetCurrency)
	if s.Title == nil {
		s.Title = &q.name
	}
	s.DisqusEnabled = aspnet.Or(s.DisqusShortname, "") != ""
	s.Sounds, s.AnimationColors = textsOr(q.sounds, sounds, soundFolder, ".wav"), textsOr(q.colors, colors, "", "")
	return bad
}

// textsOr returns the texts of a request, or some defaults with what goes around them.
func textsOr(texts []*string, defaults []string, before, behind string) []string {
	var list []string
	if !hasText(texts) {
		for _, text := range defaults {
			list = append(list, before+text+behind)
		}
		return list
	}
	for _, text := range texts {
		list = append(list, strings.TrimSpace(*text))
	}
	return list
}

func (q *crowdfundRequest) storable() bool {
	s := &q.settings
	for _, text := range append(q.sounds, q.colors...) {
		if !storable(text) {
			return false
		}
	}
	return storable(&q.name, s.Title, s.Description, s.MainImageURL, s.NotificationURL, s.Tagline, s.DisqusShortname, s.HTMLLang, s.HTMLMetaTags, s.FormID, q.template)
}

func createCrowdfund(w http.ResponseWriter, r *serve.Request) {
	q, ok := bindCrowdfund(w, r)
	if !ok {
		return
	}
	st := r.Store()
	if q.settings.TargetCurrency == nil {
		q.settings.TargetCurrency = new(st.DefaultCurrency)
	}
	if q.refuse(w) {
		return
	}
	a := &world.App{StoreID: st.ID, Type: world.AppCrowdfund, Name: q.name, Archived: aspnet.Or(q.archived, false), Crowdfund: &q.settings}
	r.World.AddApp(a)
	aspnet.WriteJSON(w, http.StatusOK, showCrowdfund(a))
}

// updateCrowdfund resets what the request leaves out, the currency too, but not whether it is archived.
func updateCrowdfund(w http.ResponseWriter, r *serve.Request) {
	q, ok := bindCrowdfund(w, r)
	if !ok {
		return
	}
	a := find(w, r, world.AppCrowdfund)
	if a == nil || q.refuse(w) {
		return
	}
	a.Name, a.Crowdfund = q.name, &q.settings
	aspnet.Set(&a.Archived, q.archived)
	aspnet.WriteJSON(w, http.StatusOK, showCrowdfund(a))
}

// refuse answers what is wrong with a request, and reports whether it did.
func (q *crowdfundRequest) refuse(w http.ResponseWriter) bool {
	if hasNull(q.sounds) || hasNull(q.colors) {
		aspnet.WriteCrash(w)
		return true
	}
	if bad := q.check(); bad != nil {
		aspnet.WriteValidation(w, bad...)
		return true
	}
	if !q.storable() {
		aspnet.WriteCrash(w)
		return true
	}
	return false
}

func readCrowdfund(w http.ResponseWriter, r *serve.Request) {
	if a := find(w, r, world.AppCrowdfund); a != nil {
		aspnet.WriteJSON(w, http.StatusOK, showCrowdfund(a))
	}
}
