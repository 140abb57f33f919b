package web

import (
	"net/url"
	"slices"
)

// parameters reads the parameters of an address. One that is malformed, and one given twice that is not among many, are errors of kind Invalid: what
// was left out silently would make the answer one to another question.
func parameters(u *url.URL, many ...string) (url.Values, error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, wrong("", "The address is malformed behind its question mark: % begins two hexadecimal digits, and & separates.")
	}
	for key, all := range values {
		if len(all) > 1 && !slices.Contains(many, key) {
			return nil, wrong(key, key+"= is given twice.")
		}
	}
	return values, nil
}
