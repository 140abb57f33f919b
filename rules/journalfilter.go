package rules

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// JournalTerm is one piece of a filter: `key=value`, or a free text without a key.
type JournalTerm struct{ Key, Value string }

// JournalAsker is who asks, and what that decides.
type JournalAsker struct {
	ID      string // for by=me; "" where nobody is known
	Now     time.Time
	Zone    *time.Location    // where times are meant
	Actions map[string]string // what actions are called → their canonical names; nil takes every word for one
}

// journalKeys are the keys of the filter, with what else they are called.
var journalKeys = []struct {
	name   string
	called []string
	read   func(q *JournalQuery, asker JournalAsker, key, value string) error
}{
	{"by", []string{"user", "who", "actor", "author", "person", "誰"}, readBy},
	{"rule", []string{"name", "alert", "ルール"}, func(q *JournalQuery, _ JournalAsker, _, v string) error { q.Rule = v; return nil }},
	{"action", []string{"command", "cmd", "操作"}, readAction},
	{"changed", []string{"changes", "changed_rulebook", "変更"}, readChanged},
	{"result", []string{"results", "state", "status", "結果"}, readResult},
	{"channel", []string{"チャンネル"}, func(q *JournalQuery, _ JournalAsker, _, v string) error {
		q.Channel = strings.TrimLeft(v, "~#～")
		return nil
	}},
	{"ruler", nil, func(q *JournalQuery, _ JournalAsker, _, v string) error { q.Ruler = v; return nil }},
	{"request", []string{"id"}, func(q *JournalQuery, _ JournalAsker, _, v string) error { q.Request = fold(v); return nil }},
	{"since", []string{"from", "after"}, readSince},
	{"until", []string{"to", "before"}, readUntil},
	{"at", []string{"on", "date", "day", "日時"}, readAt},
}

// JournalKey returns the key of the filter that a word is or is called; "" when it is none.
func JournalKey(word string) string {
	word = fold(word)
	for _, k := range journalKeys {
		if k.name == word || slices.Contains(k.called, word) {
			return k.name
		}
	}
	return ""
}

// notFilters are what stands beside a filter somewhere. Where it is not taken it is refused: nobody looks for it as text.
var notFilters = []string{"n", "page", "limit", "cursor"}

// The bounds of a filter: each of its words is looked for in the text of every entry that comes into question.
const (
	maxJournalWords = 20
	maxJournalTerm  = 500 // characters; the name of a rule has fewer
)

// ParseJournalQuery reads a filter of at most maxJournalWords free words, and maxJournalTerm characters in each term. Terms without a key are free words; so is `x=y` whose x is nothing like a key: it is looked for as it
// stands. at= is one day, minute or second; where it says how long ago, the day that this was. Errors are *Error of kind Invalid whose Field
// is the term's key as it is written.
func ParseJournalQuery(terms []JournalTerm, asker JournalAsker) (JournalQuery, error) {
	var q JournalQuery
	given := map[string]bool{}
	for _, t := range terms {
		if n := utf8.RuneCountInString(t.Key) + utf8.RuneCountInString(t.Value); n > maxJournalTerm {
			return q, invalid("", "A word of this search is %d characters long; at most %d are looked for.", n, maxJournalTerm)
		}
		name := JournalKey(t.Key)
		switch {
		case t.Key == "" && strings.TrimSpace(t.Value) == "":
		case t.Key == "":
			q.Words = append(q.Words, strings.TrimSpace(t.Value))
		case slices.Contains(notFilters, fold(t.Key)):
			return q, invalid(t.Key, "%s= is no filter here. How much is shown is said by n= and page= in the chat, --limit at a terminal, limit= and cursor= to the API.", t.Key)
		case name == "":
			if err := notKey(t); err != nil {
				return q, err
			}
			q.Words = append(q.Words, t.Key+"="+t.Value)
		case strings.TrimSpace(t.Value) == "":
			return q, invalid(t.Key, "%s= has no value. Leave it out, or give it a value.", t.Key)
		case given[name]:
			return q, invalid(t.Key, "%s= is given twice.", name)
		default:
			given[name] = true
			if err := noPattern(name, t); err != nil {
				return q, err
			}
			if err := readTerm(&q, asker, name, t); err != nil {
				return q, err
			}
		}
	}
	if len(q.Words) > maxJournalWords {
		return q, invalid("", "This search has %d words; at most %d are looked for. Words in quotes are looked for together, as one.", len(q.Words), maxJournalWords)
	}
	if given["at"] && (given["since"] || given["until"]) {
		return q, invalid("at", "at= names a day or a time of its own: leave it out, or since= and until=.")
	}
	return q, nil
}

// noPattern returns the error for a name with a star in it, which would be found nowhere.
func noPattern(name string, t JournalTerm) error {
	if !slices.Contains([]string{"by", "rule", "action", "channel", "ruler"}, name) || !strings.ContainsAny(t.Value, "*＊") {
		return nil
	}
	parts := strings.FieldsFunc(t.Value, func(r rune) bool { return r == '*' || r == '＊' || unicode.IsSpace(r) })
	if len(parts) == 0 {
		return invalid(t.Key, "%s= takes a whole name, and no * in it. Leave it out: then every one is found.", t.Key)
	}
	return invalid(t.Key, "%s= takes a whole name, and no * in it. Any part of a name is found as a word, without a key: %s", t.Key, strings.Join(parts, " "))
}

func readTerm(q *JournalQuery, asker JournalAsker, name string, t JournalTerm) error {
	for _, k := range journalKeys {
		if k.name == name {
			return k.read(q, asker, t.Key, strings.TrimSpace(t.Value))
		}
	}
	return nil
}

// notKey returns the error for a key that is nearly one of the filter's; nil when it is none of ours.
func notKey(t JournalTerm) error {
	var names []string
	for _, k := range journalKeys {
		names = append(names, k.name)
	}
	near := Nearest(t.Key, names)
	if len(near) == 0 {
		return nil
	}
	e := invalid(t.Key, "The journal has no filter %s=. Did you mean %s=? The filters are %s; what is no filter is looked for as text, in quotes where it looks like one.",
		t.Key, near[0], strings.Join(names, ", "))
	for _, name := range near {
		if !strings.ContainsAny(t.Value, " 　\"'`\n\t") {
			e.Fixes = append(e.Fixes, name+"="+t.Value)
		}
	}
	return e
}

func readBy(q *JournalQuery, asker JournalAsker, key, value string) error {
	q.By = strings.TrimSpace(strings.TrimLeft(value, "@＠﹫\u200b"))
	if fold(q.By) == "me" {
		if q.By = asker.ID; q.By == "" {
			return invalid(key, "%s=me is whoever asks, and here nobody is known: write a name.", key)
		}
	}
	if q.By == "" {
		return invalid(key, "%s= takes the name of a person.", key)
	}
	return nil
}

func readAction(q *JournalQuery, asker JournalAsker, key, value string) error {
	parts := strings.FieldsFunc(fold(value), func(r rune) bool { return r == ',' || r == '、' || unicode.IsSpace(r) })
	for i, part := range parts {
		name, known := asker.Actions[part]
		switch {
		case asker.Actions == nil:
			name = part
		case !known:
			e := invalid(key, "%s= takes the name of a command, or several with commas between them: %s.", key, strings.Join(slices.Compact(slices.Sorted(maps.Values(asker.Actions))), ", "))
			for _, near := range Nearest(part, sortedKeys(asker.Actions)) {
				e.Fixes = append(e.Fixes, strings.Join(slices.Concat(parts[:i], []string{near}, parts[i+1:]), ","))
			}
			return e
		}
		if !slices.Contains(q.Actions, name) {
			q.Actions = append(q.Actions, name)
		}
	}
	if len(parts) == 0 {
		return invalid(key, "%s= takes the name of a command.", key)
	}
	return nil
}

func readChanged(q *JournalQuery, _ JournalAsker, key, value string) error {
	switch fold(value) {
	case Yes, "true", "はい", "あり":
		q.Changed = Yes
	case No, "false", "いいえ", "なし":
		q.Changed = No
	default:
		e := invalid(key, "%s= takes yes, for what changed the rulebook, or no.", key)
		e.Fixes = []string{Yes, No}
		return e
	}
	return nil
}

// resultWords are what `result=` takes beside the names of results and states.
var resultWords = map[string][]string{
	"ok":       {string(Success)},
	"成功":       {string(Success)},
	"invalid":  {string(ValidationError)},
	"refused":  {string(ValidationError), string(DeniedResult), string(Reverted)},
	"拒否":       {string(ValidationError), string(DeniedResult), string(Reverted)},
	"error":    {string(ValidationError), string(DeniedResult), string(Failed), string(Reverted), string(Displaced)},
	"errors":   {string(ValidationError), string(DeniedResult), string(Failed), string(Reverted), string(Displaced)},
	"失敗":       {string(Failed)},
	"中断":       {InterruptedResult},
	"undone":   {string(Reverted), string(Displaced)},
	"waiting":  {string(Pending), string(NotLoaded)},
	"not live": {string(Pending), string(NotLoaded), string(Reverted), string(Displaced)},
}

// readResult reads names of results and states, with commas between them, in any case, with dashes or spaces for underscores.
func readResult(q *JournalQuery, _ JournalAsker, key, value string) error {
	names := []string{
		string(Success), string(ValidationError), string(DeniedResult), string(Failed), OpenResult, InterruptedResult,
		string(Live), string(Pending), string(NotLoaded), string(Reverted), string(Displaced), string(Superseded), string(PausedState),
	}
	for part := range strings.SplitSeq(fold(value), ",") {
		part = strings.Join(strings.FieldsFunc(part, func(r rune) bool { return r == '-' || r == '_' || r == ' ' }), " ")
		name := strings.ToUpper(strings.ReplaceAll(part, " ", "_"))
		switch {
		case slices.Contains(names, name):
			q.addResults(name)
		case resultWords[part] != nil:
			q.addResults(resultWords[part]...)
		default:
			known := make([]string, 0, len(names)+len(resultWords))
			for _, n := range names {
				known = append(known, strings.ToLower(n))
			}
			e := invalid(key, "%s= takes %s, or one of the groups %s; several with commas between them.", key,
				strings.Join(known, ", "), strings.Join(sortedKeys(resultWords), ", "))
			e.Fixes = Nearest(part, append(known, sortedKeys(resultWords)...))
			return e
		}
	}
	return nil
}

// addResults adds results that the query does not have yet.
func (q *JournalQuery) addResults(names ...string) {
	for _, name := range names {
		if !slices.Contains(q.Results, name) {
			q.Results = append(q.Results, name)
		}
	}
}

func readSince(q *JournalQuery, asker JournalAsker, key, value string) error {
	m, err := asker.moment(key, value)
	q.Since = m.At
	return err
}

func readUntil(q *JournalQuery, asker JournalAsker, key, value string) error {
	m, err := asker.moment(key, value)
	if q.Until = m.At; m.Day() {
		q.Until = m.Next
	}
	return err
}

func readAt(q *JournalQuery, asker JournalAsker, key, value string) error {
	m, err := asker.moment(key, value)
	if err == nil && m.At.Equal(m.Next) {
		m = dayOf(m.At.In(cmp.Or(asker.Zone, time.UTC)))
	}
	q.Since, q.Until = m.At, m.Next
	return err
}

func (a JournalAsker) moment(key, value string) (Moment, error) {
	return ParseMoment(key, value, a.Now, cmp.Or(a.Zone, time.UTC))
}
