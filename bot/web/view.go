package web

import "net/url"

// views are the two ways to look at differences: the lines one below the other, or the sides beside each other.
type views struct {
	Split          bool
	Unified, Sided string // the addresses of the page in either view
}

func splitView(here *url.URL) bool { return here.Query().Get("view") == "split" }

func viewsOf(here *url.URL) views {
	values := here.Query()
	values.Del("lang")
	v := views{Split: splitView(here)}
	values.Set("view", "split")
	v.Sided = "?" + values.Encode()
	values.Set("view", "unified")
	v.Unified = "?" + values.Encode()
	return v
}
