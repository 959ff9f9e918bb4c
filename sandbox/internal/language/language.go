// Package language knows the languages of the checkout, and finds one for what a person or a browser asks for.
package language

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Language is a language of the checkout.
type Language struct {
	Code            string `json:"code"`
	CurrentLanguage string `json:"currentLanguage"`
}

// All are the languages of the server's checkout, in its order.
var All = []Language{
	{"zh-TW", "中文 (台語)"}, {"sv", "Svenska"}, {"np-NP", "नेपाली"}, {"zh-SP", "英文"},
	{"is-IS", "Íslenska"}, {"no", "Norsk"}, {"bg-BG", "български"}, {"el-GR", "Ελληνικά"},
	{"hy", "Հայերեն"}, {"he", "עברית"}, {"hr-HR", "Hrvatski"}, {"kk-KZ", "қазақ"},
	{"sl-SI", "Slovenščina"}, {"az", "Azərbaycanca"}, {"nl-NL", "Nederlands"}, {"am-ET", "አማርኛ"},
	{"ja-JP", "日本語"}, {"fr-FR", "Français"}, {"hu-HU", "Magyar"}, {"id", "Bahasa Indonesia"},
	{"da-DK", "Dansk"}, {"ca-ES", "Català"}, {"ru-RU", "Русский"}, {"sk-SK", "Slovenčina"},
	{"ka", "ქართული"}, {"cs-CZ", "Česky"}, {"lv", "Latviešu"}, {"zh-SG", "中文 (华语)"},
	{"en", "English"}, {"ro", "Română"}, {"pt-PT", "Portuguese"}, {"pt-BR", "Português (Brasil)"},
	{"vi-VN", "Tiếng Việt"}, {"fa", "فارسی"}, {"tr", "Türkçe"}, {"fi-FI", "Suomi"},
	{"de-DE", "Deutsch"}, {"uk-UA", "Українська"}, {"sr", "Srpski"}, {"bs-BA", "Bosanski"},
	{"hi", "हिंदी"}, {"pl", "Polski"}, {"th-TH", "ไทย"}, {"ar", "العربية"},
	{"es-ES", "Español"}, {"zu", "Zulu"}, {"it-IT", "Italiano"}, {"ko", "한국어"},
}

// Nearest returns a language for a locale: "nl" and "nl-BE" both lead to "nl-NL"; nil if there is none.
func Nearest(locale string) *Language {
	parts := strings.FieldsFunc(locale, func(c rune) bool { return c == '-' })
	if len(parts) == 0 {
		return nil
	}
	country := parts[0]
	if len(parts) == 2 {
		country = parts[1]
	}
	var nearest *Language
	for i := range All {
		name, of, _ := strings.Cut(All[i].Code, "-")
		switch {
		case !strings.EqualFold(name, parts[0]):
		case strings.EqualFold(of, country):
			return &All[i]
		case nearest == nil:
			nearest = &All[i]
		}
	}
	return nearest
}

// Accepted returns the language that an Accept-Language header prefers; nil if the checkout has none of its languages.
func Accepted(header string) *Language {
	type choice struct {
		locale  string
		quality float64
	}
	var choices []choice
	for part := range strings.SplitSeq(header, ",") {
		locale, weight, weighed := strings.Cut(part, ";")
		quality := 1.0
		if weighed {
			var err error
			if quality, err = strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64); err != nil {
				continue
			}
		}
		choices = append(choices, choice{strings.TrimSpace(locale), quality})
	}
	slices.SortStableFunc(choices, func(a, b choice) int { return cmp.Compare(b.quality, a.quality) })
	for _, c := range choices {
		if l := Nearest(c.locale); l != nil {
			return l
		}
	}
	return nil
}
