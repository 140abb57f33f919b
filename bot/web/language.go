package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// languages are those of the pages, the first being that of who speaks neither.
var languages = []string{"en", "ja"}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Japanese})

// languageCookie keeps which language somebody chose.
const languageCookie = "alertsmith-language"

// language returns the language of a page: the one that was chosen, else the one that the browser prefers. A choice is kept.
func (p *Pages) language(w http.ResponseWriter, r *http.Request) string {
	if chosen := r.URL.Query().Get("lang"); slices.Contains(languages, chosen) {
		http.SetCookie(w, p.cookie(r, languageCookie, chosen, 365*24*60*60))
		return chosen
	}
	if cookie, err := r.Cookie(languageCookie); err == nil && slices.Contains(languages, cookie.Value) {
		return cookie.Value
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return languages[0]
	}
	_, i, _ := matcher.Match(tags...)
	return languages[i]
}

// otherLanguage returns the address of the same page in the other language.
func otherLanguage(here *url.URL, now string) string {
	values := here.Query()
	values.Set("lang", languages[(slices.Index(languages, now)+1)%len(languages)])
	return "?" + values.Encode()
}

// translated returns a text of the pages in a language. What is not in the table is as it is: TestTranslations holds that it is complete.
func translated(language, text string) string {
	if language == "ja" {
		if ja, ok := japanese[strings.TrimSpace(text)]; ok {
			return ja
		}
	}
	return text
}
