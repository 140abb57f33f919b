package rules

// closingQuotes are the quotes that begin a quoted text, with those that end it. Keyboards of phones and word processors make them by
// themselves, in the way of several languages; a language that writes „so“ is also written „so”.
var closingQuotes = map[rune]string{
	'"': `"`, '“': "”", '”': "”", '„': "“”", '＂': "＂", '〝': "〞〟", '″': "″", '«': "»", '»': "«",
	'\'': "'", '‘': "’", '’': "’", '‚': "‘’", '＇': "＇", '‹': "›", '›': "‹", '´': "´",
}

// ClosingQuotes returns the quotes that can end a text which begins with the quote open; "" when open is none. Back-ticks are not among them.
func ClosingQuotes(open rune) string { return closingQuotes[open] }

// Unseen reports whether a character takes no place and joins no others, so that nobody sees whether it is there: spaces of width zero,
// marks of direction, soft hyphens. The joiners that scripts and emoji need are none.
func Unseen(r rune) bool {
	return r == '\u00ad' || r == '\u200b' || r == '\u200e' || r == '\u200f' || r == '\u2060' || r == '\ufeff' ||
		r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
