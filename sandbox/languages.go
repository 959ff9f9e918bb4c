package sandbox

import "strings"

// language is one the checkout can speak.
type language struct {
	Code            string `json:"code"`
	CurrentLanguage string `json:"currentLanguage"`
}

// languages are those of the server's checkout, in its order.
var languages = []language{
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

// findLanguage looks a code up in any case; nil if there is none.
func findLanguage(code string) *language {
	for i := range languages {
		if strings.EqualFold(languages[i].Code, strings.TrimSpace(code)) {
			return &languages[i]
		}
	}
	return nil
}
