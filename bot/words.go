package bot

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/alertsmith/alertsmith/rules"
)

// word is one word of a command: what it says, and where it stands in the text, so that a mistake can be shown in place.
type word struct {
	value      string // without quotes, escapes and fences
	start, end int    // its bytes in the text, quotes included
	quoted     bool   // it (or what follows its key) stood in quotes or back-ticks
	fenced     bool   // in a code fence of three back-ticks or more
	key        string // "for" of `for=5m`, in lower case and plain ASCII where it was full-width; empty without a key
	keyLen     int    // where in value the part after `key=` begins
	keyEnd     int    // where in the text that part begins, its opening quote included
	pieces     []piece
}

// piece says that value[value:] was copied from text[text:], up to the next piece.
type piece struct{ value, text int }

// place returns where in the text the byte of the value at offset stands.
func (w word) place(offset int) int {
	i := sort.Search(len(w.pieces), func(i int) bool { return w.pieces[i].value > offset }) - 1
	if i < 0 {
		return w.start
	}
	return min(w.pieces[i].text+offset-w.pieces[i].value, w.end)
}

// keyword returns the word as a keyword of the command language: in lower case, full-width letters made plain.
// A quoted word is never a keyword.
func (w word) keyword() string {
	if w.quoted {
		return ""
	}
	return fold(w.value)
}

// fold makes a keyword or an option's name comparable: compatibility forms made plain, lower case.
func fold(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// isSpace reports whether r parts words: any Unicode space, the ideographic and the no-break one included.
func isSpace(r rune) bool { return unicode.IsSpace(r) }

// scanner takes a text apart, one word at a time. It reads every byte once.
type scanner struct {
	text string
	pos  int
	w    word
	out  strings.Builder
}

// scanLine returns the words from text[from:] to the end of the line (a line break inside quotes does not end it), and
// where the next line begins (len(text) when there is none).
func scanLine(text string, from int) (words []word, next int, err error) {
	s := &scanner{text: text, pos: from}
	for {
		if !s.skipSpace() {
			if s.pos < len(text) {
				s.pos++ // the line break
			}
			return words, s.pos, nil
		}
		w, err := s.word()
		if err != nil {
			return words, s.pos, err
		}
		words = append(words, w)
	}
}

// scanAll returns every word from text[from:]; line breaks are spaces.
func scanAll(text string, from int) (words []word, err error) {
	for from < len(text) {
		line, next, err := scanLine(text, from)
		words = append(words, line...)
		if err != nil {
			return words, err
		}
		from = next
	}
	return words, nil
}

// skipSpace moves to the next word of the line and reports whether there is one.
func (s *scanner) skipSpace() bool {
	for s.pos < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[s.pos:])
		if r == '\n' || !isSpace(r) && !rules.Unseen(r) {
			return r != '\n'
		}
		s.pos += n
	}
	return false
}

// The states inside a bare word: quotes mean something only at its start and after `key=`.
const (
	inKey    = iota // everything so far could be a key
	afterKey        // `key=` was just read
	inText          // anything else: quotes are text
)

// word reads the word at pos.
func (s *scanner) word() (word, error) {
	s.w, s.out = word{start: s.pos}, strings.Builder{}
	state, keyStart := inKey, 0 // keyStart: where in the value the possible key begins
	for s.pos < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[s.pos:])
		atStart := s.pos == s.w.start
		switch {
		case isSpace(r):
			return s.done(), nil
		case rules.Unseen(r): // nobody typed it: it came along with what was copied
			s.pos += n
		case (atStart || state == afterKey) && isQuote(r):
			if err := s.quoted(r); err != nil {
				return word{}, err
			}
			if err := s.nothingGlued(); err != nil {
				return word{}, err
			}
			state = inText
		case (atStart || state == afterKey) && strings.HasPrefix(s.text[s.pos:], "~~~"):
			if err := s.tildes(); err != nil {
				return word{}, err
			}
			state = inText
		case (atStart || state == afterKey) && cornersLen(s.text[s.pos:]) > 0:
			s.corners(cornersLen(s.text[s.pos:]))
			state = inText
		case isOpening(r):
			if err := s.braces(); err != nil {
				return word{}, err
			}
			state = inText
		case r == ',' && s.w.key != "":
			s.copy(n)
			state, keyStart = inKey, s.out.Len()
		case state == inKey && isEquals(r, s.out.String()[keyStart:]):
			s.endKey(n)
			state = afterKey
		case state == afterKey && r == '~': // job=~"x y"
			s.copy(n)
		default:
			if state != inKey || !isKeyRune(r) {
				state = inText
			}
			s.copy(n)
		}
	}
	return s.done(), nil
}

// cornersLen returns the length in bytes of the text in 「 」 or 『 』 that a text begins with, which is one word with its brackets; 0 for none.
func cornersLen(s string) int {
	line, _, _ := strings.Cut(s, "\n")
	if open := firstRune(line); open != '「' && open != '『' {
		return 0
	}
	end := strings.IndexAny(line, "」』")
	if end < 0 || !corners.MatchString(line[:end+len("」")]) {
		return 0
	}
	return end + len("」")
}

// corners copies so many bytes in 「 」 or 『 』. Around an expression they can be nothing but quotes; elsewhere they may be text.
func (s *scanner) corners(n int) {
	around := 0
	if s.w.key == "expr" {
		s.w.quoted, around = true, len("「")
	}
	s.pos += around
	s.copy(n - 2*around)
	s.pos += around
}

// done returns the word that ends at pos.
func (s *scanner) done() word {
	s.w.end, s.w.value = s.pos, s.out.String()
	return s.w
}

// copy takes n bytes of the text over as they are.
func (s *scanner) copy(n int) {
	s.piece(s.pos)
	s.out.WriteString(s.text[s.pos : s.pos+n])
	s.pos += n
}

// piece notes that what is written next comes from text[at:], unless that follows from the last piece.
func (s *scanner) piece(at int) {
	if k := len(s.w.pieces); k > 0 {
		if last := s.w.pieces[k-1]; at-last.text == s.out.Len()-last.value {
			return
		}
	}
	s.w.pieces = append(s.w.pieces, piece{value: s.out.Len(), text: at})
}

// endKey ends a key at the equals sign of n bytes. The sign and the word's first key are made plain, as they are syntax
// and not text.
func (s *scanner) endKey(n int) {
	first := s.w.key == ""
	if first {
		plain := norm.NFKC.String(s.out.String())
		s.out.Reset()
		s.out.WriteString(plain)
		s.w.key = optionKey(plain)
	}
	s.piece(s.pos)
	s.out.WriteByte('=')
	s.pos += n
	if first {
		s.w.keyLen, s.w.keyEnd = s.out.Len(), s.pos
	}
}

// optionKey returns a key in lower case, but keeps the case of X in label.X and annotation.X.
func optionKey(key string) string {
	kind, name, found := strings.Cut(key, ".")
	if kind = strings.ToLower(kind); found {
		return kind + "." + name
	}
	return kind
}

// isKeyRune reports whether r may stand in a key: an option's or a label's name, full-width forms included.
func isKeyRune(r rune) bool {
	return r == '_' || r == '.' || r == '-' || r == '＿' || r == '．' || r == '－' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// isEquals reports whether r parts the key before it from its value: = and its full-width form always, the full-width
// colon only after the name of an option, since names may hold one.
func isEquals(r rune, key string) bool {
	switch r {
	case '=', '＝':
		return key != ""
	case '：':
		return len(key) < 64 && isOption(optionKey(norm.NFKC.String(key)))
	}
	return false
}

// mistake returns an error about the place at an offset of the command's text, with corrected commands.
func mistake(at int, text string, commands ...string) *rules.Error {
	return &rules.Error{Kind: rules.Invalid, Text: text, Field: wholeCommand, Offset: at, Fixes: commands}
}

// wholeCommand is the Field of an error that is about a place in the command and not in one argument of it.
const wholeCommand = "command"
