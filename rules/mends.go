package rules

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The mends of expressions. Each sees the code of an expression with one character, matched by \p{Co}, in the place of each string.

// replacement is a slip and what is written for it.
type replacement struct {
	slip *regexp.Regexp
	by   string
}

func replace(text string, replacements []replacement) string {
	for _, r := range replacements {
		text = r.slip.ReplaceAllString(text, r.by)
	}
	return text
}

// halfQuoted are values of label matchers that lack one of their quotes.
var halfQuoted = []replacement{
	{regexp.MustCompile(`([=~]\s*)"([^"{},]*)([,}])`), `$1"$2"$3`},
	{regexp.MustCompile(`([=~]\s*)([^"{},\s]+)"(\s*[,}])`), `$1"$2"$3`},
}

// openString closes the string of a label matcher: {job="sshd}, {job=sshd"}.
func openString(text string) []string {
	if strings.Count(text, `"`)%2 == 0 {
		return only(text)
	}
	for _, r := range halfQuoted {
		if mended := r.slip.ReplaceAllString(text, r.by); strings.Count(mended, `"`)%2 == 0 {
			return only(mended)
		}
	}
	return only(text)
}

var (
	escapedSign = regexp.MustCompile(`\\([_*~\[\](){}<>|=#-])`)
	inBraces    = regexp.MustCompile(`\{[^{}]*\}`)
	// Slips in the braces of a selector: bare values, the signs of other languages between name and value, and between matchers.
	matcherSlips = []replacement{
		{regexp.MustCompile(`\s*;\s*|\s+(?i:and)\s+|\s+&&\s+`), ", "},
		{regexp.MustCompile(`([{,]\s*\w+\s*)(?:===?|:)(\s*[\w\p{Co}])`), "$1=$2"},
		{regexp.MustCompile(`~=`), "=~"},
		{regexp.MustCompile(`(\p{Co})\s+(\w+\s*[=!])`), "$1, $2"},
	}
	bareValue = regexp.MustCompile(`([{,]\s*\w+\s*(?:=~|!~|!=|=)\s*)([^\s"=~!{},()\p{Co}]+)(\s*[,}])`)
	jsonKey   = regexp.MustCompile(`(\p{Co})\s*:\s*(\p{Co})`)
	labelName = regexp.MustCompile(`^["'][A-Za-z_]\w*["']$`)
)

// matchersOnly mends what stands in braces.
func matchersOnly(code string, literals []string) []string {
	code = escapedSign.ReplaceAllString(code, "$1")
	return only(inBraces.ReplaceAllStringFunc(code, func(braces string) string {
		braces = jsonKey.ReplaceAllStringFunc(braces, func(pair string) string {
			runes := []rune(pair)
			key := literals[runes[0]-firstHidden]
			if !labelName.MatchString(key) {
				return pair
			}
			return key[1:len(key)-1] + "=" + string(runes[len(runes)-1])
		})
		braces = replace(braces, matcherSlips)
		for range 2 { // two neighbours share their comma, so that one pass takes every second
			braces = bareValue.ReplaceAllString(braces, `$1"$2"$3`)
		}
		return singleQuoted(braces, literals)
	}))
}

// singleQuoted gives the values of matchers the quotes that LogQL takes too.
func singleQuoted(braces string, literals []string) string {
	for _, r := range braces {
		if isHidden(r) {
			if s := literals[r-firstHidden]; s[0] == '\'' && !strings.ContainsAny(s, "\"\\") {
				literals[r-firstHidden] = `"` + s[1:len(s)-1] + `"`
			}
		}
	}
	return braces
}

// bracketSlips are other brackets in the place of a selector's, or one that is missing.
var bracketSlips = []replacement{
	{regexp.MustCompile(`(\w)\((\w+\s*(?:=~|!~|!=|=)\s*\p{Co}(?:\s*,\s*\w+\s*(?:=~|!~|!=|=)\s*\p{Co})*)\s*\)`), "$1{$2}"},
	{regexp.MustCompile(`(\w)\s+(?i:where)\s+(\w+\s*(?:=~|!~|!=|=)\s*\p{Co}(?:\s*,\s*\w+\s*(?:=~|!~|!=|=)\s*\p{Co})*)`), "$1{$2}"},
	{regexp.MustCompile(`^\[(\w+\s*(?:=~|!~|!=|=)\s*\p{Co}[^\[\]{}]*)\]`), "{$1}"},
	{regexp.MustCompile(`(\{[^{}\[\]]*\p{Co})(\s*(?:[<>=!|+*/\[-].*)?)$`), "$1}$2"},
}

// brackets mends the braces of a selector: up(job="x"), up{job="x" == 0.
func brackets(code string, _ []string) []string { return only(replace(code, bracketSlips)) }

// operatorSlips are signs of other languages, and signs that were taken apart.
var operatorSlips = []replacement{
	{regexp.MustCompile(`[;。.,、!]+\s*$`), ""},
	{regexp.MustCompile(`===|=\s+=`), "=="},
	{regexp.MustCompile(`!\s+=`), "!="},
	{regexp.MustCompile(`=>|>\s+=`), ">="},
	{regexp.MustCompile(`=<|<\s+=`), "<="},
	{regexp.MustCompile(`<>`), "!="},
	{regexp.MustCompile(`\s*&&\s*`), " and "},
	{regexp.MustCompile(`\s*\|\|\s*`), " or "},
	{regexp.MustCompile(`(\w|[)}\]])\s+is\s+not\s+(-?[0-9.])`), "$1 != $2"},
	{regexp.MustCompile(`(\w|[)}\]])\s+is\s+(-?[0-9.])`), "$1 == $2"},
	{regexp.MustCompile(`([^=!<>~\s])\s*=\s*(-?[0-9.]+)`), "$1 == $2"},
}

// spokenSlips are comparisons in words, which stand behind the number or before it.
var spokenSlips = slices.Concat(spokenSlip("以上", ">="), spokenSlip("以下", "<="), spokenSlip("未満|より小さい", "<"), spokenSlip("超|を超える|を超えたら|より大きい", ">"))

func spokenSlip(words, sign string) []replacement {
	return []replacement{
		{regexp.MustCompile(`(?:\s*(?:が|は)\s*|\s+|([)}\]]))(-?[0-9.]+)\s*(?:` + words + `)(?:の(?:場合|とき|時))?$`), "$1 " + sign + " $2"},
		{regexp.MustCompile(`\s*(?:が|は)?\s*(?:` + words + `)\s*(-?[0-9.]+)$`), " " + sign + " $1"},
	}
}

// operators mends signs that compare and join, and words for them.
func operators(code string, _ []string) []string {
	return only(replace(replace(code, operatorSlips), spokenSlips))
}

var function = regexp.MustCompile(`\b[A-Z][A-Z_]+\s*\(`)

// names writes functions as the languages do.
func names(code string, _ []string) []string {
	return only(function.ReplaceAllStringFunc(code, strings.ToLower))
}

var (
	rangeBrackets = regexp.MustCompile(`\[([^\[\]:]*)\]`)
	rangeOpen     = regexp.MustCompile(`\[\s*(\d+\s*[a-z]+)(\s*(?:\)|$|[<>=!]))`)
	rangeClosing  = regexp.MustCompile(`([\w}])\s+(\d+[a-z]+)\s*\]`)
)

// ranges mends [5 min], [5m and 5m]. A number without a unit has several readings.
func ranges(code string, _ []string) []string {
	if strings.Count(code, "[") > strings.Count(code, "]") {
		code = rangeOpen.ReplaceAllString(code, "[$1]$2")
	} else if strings.Count(code, "[") < strings.Count(code, "]") {
		code = rangeClosing.ReplaceAllString(code, "$1[$2]")
	}
	code = rangeBrackets.ReplaceAllStringFunc(code, func(brackets string) string {
		d, err := ParseDuration("", strings.TrimSpace(brackets[1:len(brackets)-1]))
		if err != nil || d == 0 {
			return brackets
		}
		return "[" + FormatDuration(d) + "]"
	})
	if m := rangeBrackets.FindStringSubmatchIndex(code); m != nil {
		var readings []string
		for _, d := range meantDurations(code[m[2]:m[3]]) {
			readings = append(readings, code[:m[2]]+d+code[m[3]:])
		}
		if readings != nil {
			return readings
		}
	}
	return only(code)
}

var (
	percentage = regexp.MustCompile(`(\d+(?:\.\d+)?)\s*%(\s*(?:$|\)|(?i:and|or|unless)\b))`)
	ofRatio    = regexp.MustCompile(`_ratio\b`)
	ofHundred  = regexp.MustCompile(`_(?:percent|percentage|pct)\b|\*\s*100\b|\b100\s*\*`)
)

// percentages mends > 80%. What it is a part of tells whether 80 or 0.8 is meant, if anything does.
func percentages(code string, _ []string) []string {
	if !percentage.MatchString(code) {
		return only(code)
	}
	hundred := percentage.ReplaceAllString(code, "$1$2")
	ratio := percentage.ReplaceAllStringFunc(code, func(typed string) string {
		m := percentage.FindStringSubmatch(typed)
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return typed
		}
		return strconv.FormatFloat(n/100, 'f', -1, 64) + m[2]
	})
	switch inHundred := ofHundred.MatchString(code); {
	case inHundred == ofRatio.MatchString(code):
		return []string{hundred, ratio}
	case inHundred:
		return only(hundred)
	}
	return only(ratio)
}

var (
	thousands = regexp.MustCompile(`\b\d{1,3}(?:,\d{3})+\b`)
	byteSize  = regexp.MustCompile(`\b(\d+(?:\.\d+)?)\s*([kKMGT])(i?)[Bb]\b`)
)

// sizes mends 1,000 and 5GB. Bytes are counted by the thousand or by 1024, where no i says which.
func sizes(code string, _ []string) []string {
	code = thousands.ReplaceAllStringFunc(code, func(n string) string { return strings.ReplaceAll(n, ",", "") })
	m := byteSize.FindStringSubmatchIndex(code)
	if m == nil {
		return only(code)
	}
	number, power := code[m[2]:m[3]], 1+strings.Index("KMGT", strings.ToUpper(code[m[4]:m[5]]))
	binary := code[:m[0]] + number + strings.Repeat(" * 1024", power) + code[m[1]:]
	if m[6] < m[7] {
		return only(binary)
	}
	return []string{code[:m[0]] + number + "e" + strconv.Itoa(3*power) + code[m[1]:], binary}
}

var comparison = regexp.MustCompile(`\s*(?:==|!=|>=|<=|>|<)[^<>=!]*$`)

// parentheses adds the one that is missing, before the last comparison or at the end, or leaves out what is too much.
func parentheses(code string, _ []string) []string {
	switch missing := strings.Count(code, "(") - strings.Count(code, ")"); {
	case missing > 0:
		more := strings.Repeat(")", missing)
		if at := comparison.FindStringIndex(code); at != nil {
			return []string{code[:at[0]] + more + code[at[0]:], code + more}
		}
		return only(code + more)
	case missing == -1:
		if at := strings.LastIndex(code, "))"); at >= 0 {
			return only(code[:at] + code[at+1:])
		}
	}
	return only(code)
}

var rangeless = regexp.MustCompile(`\b(rate|irate|increase|delta|idelta|deriv|resets|changes|[a-z]+_over_time)\(\s*([a-zA-Z_:][\w:]*(?:\{[^{}]*\})?|\{[^{}]*\}[^()\[\]]*?)\s*\)`)

// missingRange gives a function of a range the one that is used most.
func missingRange(code string, _ []string) []string {
	return only(rangeless.ReplaceAllString(code, "$1($2[5m])"))
}

// meantSelector returns a selector with its slips mended.
func meantSelector(text string) string {
	text = strings.TrimSpace(PlainSigns(text))
	for _, mend := range []func(string) []string{openString, codeOnly(matchersOnly), codeOnly(brackets)} {
		text = mend(text)[0]
	}
	return text
}

// withExpressions returns pasted YAML with another expression, once for each that may be meant; nothing where it is not certain which text
// in the YAML is the expression.
func withExpressions(yaml, typed string, meant []string) []string {
	if strings.Count(yaml, typed) != 1 || strings.Contains(typed, "\n") {
		return nil
	}
	var all []string
	for _, m := range meant {
		if needsQuotes.MatchString(m) {
			m = quotedScalar(m)
		}
		all = append(all, strings.Replace(yaml, typed, m, 1))
	}
	return all
}
