package bot

// WithEntry returns the reply with a link to its request's entry below it, where the pages have an address that people reach: pages is that,
// without a slash at its end, or "".
func (r Reply) WithEntry(pages, request string) Reply {
	if pages != "" {
		r.Text += "\n[Entry in the journal](" + pages + "/entry/" + request + ")"
	}
	return r
}
