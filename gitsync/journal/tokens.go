package journal

import (
	"strconv"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// What the index knows an entry by are tokens: one for each value that a filter asks for, and one for each two and three characters that
// stand side by side in its text, so that any part of a word is found, in any script. A token is a hash; that two texts have one hash costs
// a candidate, never a wrong answer.

// The kinds of tokens.
const (
	tokenBy = iota
	tokenRule
	tokenAction
	tokenResult
	tokenChannel
	tokenRuler
	tokenGram
	tokenChanged
)

// token returns the token of a text, as FTS5's tokenizer "ascii" takes it for one word.
func token(kind byte, text string) string {
	return strconv.FormatUint(uint64(sum(kind, text)), digits)
}

// sum is the 32-bit FNV-1a hash of a kind and a text. An entry has thousands of them, so it is not worth an allocation each.
func sum(kind byte, text string) uint32 {
	const offset, prime = 2166136261, 16777619
	h := (uint32(offset) ^ uint32(kind)) * prime
	for i := range len(text) {
		h = (h ^ uint32(text[i])) * prime
	}
	return h
}

const digits = 36 // 0 to 9, a to z

// tokensOf returns all tokens of an entry.
func tokensOf(r rules.Record) string {
	text := []rune(rules.JournalText(r))
	seen := make(map[uint32]struct{}, 2*len(text))
	tokens := make([]byte, 0, 12*len(text))
	add := func(sum uint32) {
		if _, known := seen[sum]; !known {
			seen[sum] = struct{}{}
			tokens = append(strconv.AppendUint(tokens, uint64(sum), digits), ' ')
		}
	}
	values := func(kind byte, values ...string) {
		for _, v := range values {
			if v != "" {
				add(sum(kind, rules.FoldText(v)))
			}
		}
	}
	values(tokenBy, r.Request.Actor.ID, r.Request.Actor.Name)
	values(tokenRule, rules.JournalRules(r)...)
	values(tokenAction, r.Action)
	values(tokenChanged, rules.JournalChanged(r))
	values(tokenResult, rules.JournalResults(r)...)
	values(tokenChannel, r.Request.Channel.ID, r.Request.Channel.Name)
	values(tokenRuler, rules.JournalRulers(r)...)
	for i := range text {
		for n := 1; n <= gram && i+n <= len(text); n++ {
			if n > 1 || text[i] >= 0x80 {
				add(sum(tokenGram, string(text[i:i+n])))
			}
		}
	}
	return string(tokens)
}

// gram is how many characters a token of a text has at most.
const gram = 3

// matchOf returns the query, in FTS5's language, for the entries that have all tokens of a filter; "" when it has no tokens.
func matchOf(q rules.JournalQuery) string {
	var all []string
	for _, f := range []struct {
		kind  byte
		value string
	}{{tokenRule, q.Rule}, {tokenBy, q.By}, {tokenChannel, q.Channel}, {tokenChanged, q.Changed}, {tokenRuler, q.Ruler}} {
		if f.value != "" {
			all = append(all, token(f.kind, rules.FoldText(f.value)))
		}
	}
	oneOf := func(kind byte, values []string) {
		var tokens []string
		for _, v := range values {
			tokens = append(tokens, token(kind, rules.FoldText(v)))
		}
		if len(tokens) > 0 {
			all = append(all, "("+strings.Join(tokens, " OR ")+")")
		}
	}
	oneOf(tokenAction, q.Actions)
	oneOf(tokenResult, q.Results)
	for _, word := range q.Words {
		all = append(all, gramsOf([]rune(rules.FoldText(word)), max(1, maxGrams/len(q.Words)))...)
	}
	return strings.Join(all, " AND ")
}

// maxGrams is about how many grams of words a query has at most: each one costs reading, and what few find is looked at again all the same.
const maxGrams = 60

// gramsOf returns the tokens of as few grams as cover a word, or of so many at equal distances where that would be more. One Latin letter has none.
func gramsOf(word []rune, most int) (tokens []string) {
	if len(word) == 0 || len(word) == 1 && word[0] < 0x80 {
		return nil
	}
	n := min(gram, len(word))
	for i := 0; i < len(word); i += max(n, (len(word)+most-1)/most) {
		at := min(i, len(word)-n)
		tokens = append(tokens, token(tokenGram, string(word[at:at+n])))
	}
	return tokens
}
