package bot

// reading returns the check of a command that only reads: it takes so many words, and these options, each once and with a value that it has. What is
// there is not looked up.
func reading(words int, options []string) func(*call) error {
	return func(c *call) error {
		all, err := c.words()
		if err != nil {
			return err
		}
		rest, err := c.args.takeOptions(all, options)
		if err != nil {
			return err
		}
		if len(rest) > words {
			return c.args.unexpected(rest[words], options, "This word is one too many. Quotes go around a name that has spaces.")
		}
		return c.readingOptions()
	}
}

// readingOptions returns what is wrong with the values of options of a command that only reads.
func (c *call) readingOptions() error {
	if _, err := c.moment("at"); err != nil {
		return err
	}
	if _, err := c.historyQuery(); err != nil {
		return err
	}
	if _, err := c.page(); err != nil {
		return err
	}
	_, err := c.entriesShown()
	return err
}

// checkJournal is the check of journal: any words may be looked for.
func checkJournal(c *call) error {
	words, err := c.words()
	if err == nil {
		_, err = c.journalQuery(words)
	}
	if err != nil {
		return err
	}
	if _, err := c.page(); err != nil {
		return err
	}
	_, err = c.entriesShown()
	return err
}
