package bot

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

func TestScanAll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string // the values
	}{
		"plain":                       {`a b  c`, []string{"a", "b", "c"}},
		"any Unicode space":           {"a\u3000b\u00a0c\u2003d\te\nf\u2028g", []string{"a", "b", "c", "d", "e", "f", "g"}},
		"double quotes":               {`"a b" c`, []string{"a b", "c"}},
		"single quotes":               {`'a "b"' c`, []string{`a "b"`, "c"}},
		"curly quotes":                {`“a b” ‘c d’ „e f“ „g h”`, []string{"a b", "c d", "e f", "g h"}},
		"Nordic quotes":               {`”a b” ’c d’`, []string{"a b", "c d"}},
		"full-width quotes":           {`＂a b＂`, []string{"a b"}},
		"an apostrophe in curly ones": {`‘don’t stop’ x`, []string{"don’t stop", "x"}},
		"nested curly quotes":         {`expr=“up{job=“x”} == 0” for=1m`, []string{"expr=up{job=“x”} == 0", "for=1m"}},
		"corner brackets hold one word and are text": {`「a b」`, []string{"「a b」"}},
		"quotes inside a word":                       {`it's don"t`, []string{"it's", `don"t`}},
		"escaped quotes":                             {`expr="up{job=\"x\"} == 0"`, []string{`expr=up{job="x"} == 0`}},
		"other quotes inside":                        {`expr='up{job="x"} == 0'`, []string{`expr=up{job="x"} == 0`}},
		"backslashes stay":                           {`"\d+\.\w" 'a\'  "a\\"b"`, []string{`\d+\.\w`, `a\`, `a\"b`}},
		"back-ticks":                                 {"`a \"b\"` ``a`b`` `` `a` ``", []string{`a "b"`, "a`b", "`a`"}},
		"a fence":                                    {"```promql\nup == 0\n``` for=1m", []string{"up == 0", "for=1m"}},
		"a fence after a key":                        {"expr=```\nup\n```", []string{"expr=up"}},
		"a line break in quotes":                     {"\"a\nb\" c", []string{"a\nb", "c"}},
		"a selector":                                 {`{job="a b", x=~"}"} c`, []string{`{job="a b", x=~"}"}`, "c"}},
		"a selector in a word":                       {`expr=up{job="a b"}`, []string{`expr=up{job="a b"}`}},
		"a template":                                 {`summary={{ $labels.instance }} x`, []string{`summary={{ $labels.instance }}`, "x"}},
		"quoted label values":                        {`a="x y",b='z' c`, []string{"a=x y,b=z", "c"}},
		"a regular expression label":                 {`job=~"a b"`, []string{"job=~a b"}},
		"a full-width equals sign":                   {`ｆｏｒ＝5m`, []string{"for=5m"}},
		"a full-width colon":                         {`for：5m CPU：高い`, []string{"for=5m", "CPU：高い"}},
		"values keep their width":                    {`summary=＝：ａ`, []string{"summary=＝：ａ"}},
		"empty quotes":                               {`"" x`, []string{"", "x"}},
		"nothing":                                    {" \t\n ", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			words, err := scanAll(c.text, 0)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range words {
				got = append(got, w.value)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScanMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text   string
		offset int
		fixes  []string
	}{
		"no closing quote":                  {`add x "Ban`, 6, []string{`add x "Ban"`}},
		"no closing quote before an option": {`add x expr="up == 0 for=5m`, 11, []string{`add x expr="up == 0" for=5m`}},
		"no closing curly quote":            {`add x “Ban`, 6, []string{`add x “Ban”`}},
		"no closing quote on a line":        {"add x \"Ban\nmore", 6, []string{"add x \"Ban\"\nmore"}},
		"no closing fence":                  {"add ```yaml\nx", 4, nil},
		"the same quotes inside":            {`expr='up{job='x'}'`, 14, []string{`expr="up{job='x'}"`}},
		"no closing brace":                  {`add x {job="}"`, 6, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := scanAll(c.text, 0)
			var e *rules.Error
			if !errors.As(err, &e) {
				t.Fatalf("no mistake was found: %v", err)
			}
			if e.Offset != c.offset {
				t.Errorf("offset %d, want %d", e.Offset, c.offset)
			}
			if diff := cmp.Diff(c.fixes, e.Fixes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	text := `add x expr="up{job=\"x\"} == bad" 　ｆｏｒ＝"q"`
	words, err := scanAll(text, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		word int
		find string
	}{{0, "add"}, {1, "x"}, {2, "bad"}, {2, "job"}, {2, "} =="}, {3, "q"}} {
		w := words[c.word]
		at := w.place(strings.Index(w.value, c.find))
		if !strings.HasPrefix(text[at:], c.find) {
			t.Errorf("%q of word %d is placed at %q", c.find, c.word, text[at:])
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, seed := range []string{
		`add sshd-ban job=amane_fail2ban_log "Ban" 5m`, `expr='up{job="x"} == 0' for=1m`, `expr="a\"b"`, "``` a ```", "`` ` ``", `{a="}"}`,
		`“a “b” c”`, `‘don’t’`, "a\u3000b", `a="b",c='d'`, `ｆｏｒ＝5m`, `for：5m`, `"\"`, "```yaml\n- a\n```", "a`", `\'"` + "`", "\xff\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words, err := scanAll(text, 0)
		end := 0
		for _, w := range words {
			if w.start < end || w.end < w.start || w.end > len(text) {
				t.Fatalf("word %q stands at %d to %d after %d in %q", w.value, w.start, w.end, end, text)
			}
			end = w.end
			for i := 0; i <= len(w.value); i++ {
				if at := w.place(i); at < w.start || at > w.end {
					t.Fatalf("byte %d of %q is placed at %d, outside of %d to %d", i, w.value, at, w.start, w.end)
				}
			}
			if w.keyLen > len(w.value) || w.key != "" && (w.keyEnd < w.start || w.keyEnd > w.end) {
				t.Fatalf("the key %q of %q ends at %d", w.key, w.value, w.keyEnd)
			}
			sameAgain(t, w.value)
		}
		var e *rules.Error
		if errors.As(err, &e) && (e.Offset < 0 || e.Offset > len(text)) {
			t.Fatalf("a mistake at %d in %q", e.Offset, text)
		}
		if utf8.ValidString(text) {
			sameAgain(t, text)
		}
	})
}

// sameAgain quotes a value and takes the quotes off again.
func sameAgain(t *testing.T, value string) {
	t.Helper()
	words, err := scanAll(quote(value), 0)
	if err != nil {
		t.Fatalf("quoted as %q: %v", quote(value), err)
	}
	if len(words) != 1 || words[0].value != value {
		t.Fatalf("%q quoted as %q is read as %+v", value, quote(value), words)
	}
}
