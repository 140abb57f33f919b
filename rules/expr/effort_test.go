package expr

import (
	"strings"
	"testing"
)

// stretched returns head, unit n times, middle, tail n times and end, n as large as fits into MaxExpression.
func stretched(head, unit, middle, tail, end string) string {
	n := (MaxExpression - len(head) - len(middle) - len(end)) / (len(unit) + len(tail))
	return head + strings.Repeat(unit, n) + middle + strings.Repeat(tail, n) + end
}

// Each of these took from 0.1 s to minutes, or ended the process, before the parsers were guarded.
func hostile() map[string]struct {
	dialect Dialect
	text    string
} {
	type e = struct {
		dialect Dialect
		text    string
	}
	return map[string]e{
		"promql brackets":          {PromQL, stretched("", "(", "1", ")", "")},
		"promql open brackets":     {PromQL, stretched("", "(", "", "", "")},
		"promql sum":               {PromQL, stretched("", "1+", "1", "", "")},
		"promql powers":            {PromQL, stretched("", "a^", "a", "", "")},
		"promql signs":             {PromQL, stretched("", "-", "a", "", "")},
		"promql durations":         {PromQL, stretched("a[", "1+", "1", "", "]")},
		"promql repetitions":       {PromQL, stretched(`a{b=~"`, "(a{99}){9}b", "", "", `"}`)},
		"promql classes":           {PromQL, stretched(`a{b=~"`, `\\pL`, "", "", `"}`)},
		"promql folded ranges":     {PromQL, stretched(`a{b=~"(?i)`, "[b-𞥃]", "", "", `"}`)},
		"promql escaped classes":   {PromQL, stretched(`a{b=~"`, `\x5cpL\x7b9}`, "", "", `"}`)},
		"promql mended by a group": {PromQL, stretched(`a{b=~"a)|(`, `\\pL{9}`, "", "", `"}`)},
		"promql nested groups":     {PromQL, stretched(`a{b=~"`, "(?:a?", "", ")", `"}`)},
		"promql label_replace":     {PromQL, stretched("", "label_replace(", "a", `,"a","b","c","(a{99}){9}")`, "")},
		"logql comments":           {LogQL, stretched("", "#\n", "1", "", "")},
		"logql comments in range":  {LogQL, stretched(`rate({a="b"}`, "#\n", "", "", "[5m])")},
		"logql numbers":            {LogQL, stretched("", "1+", "1", "", "")},
		"logql vectors":            {LogQL, stretched("", "vector(1)+", "vector(1)", "", "")},
		"logql nesting":            {LogQL, stretched("", "sum(", "vector(1)", ")", "")},
		"logql functions as names": {LogQL, stretched(`rate({a="b"`, `,sum=""`, "", "", "}[5m])")},
		"logql label filters":      {LogQL, stretched(`rate({a="b"}`, `|a=~"(\\pL{99}){9}"`, "", "", "[5m])")},
		"logql alternatives":       {LogQL, stretched(`rate({a="b"}!=""`, `or""`, "", "", "[5m])")},
		"logql folded ranges":      {LogQL, stretched(`rate({a="b"}|~"(?i)`, "[b-𞥃]", "", "", `"[5m])`)},
	}
}

func TestHostileExpressionsAreRefusedUnparsed(t *testing.T) {
	t.Parallel()
	for name, h := range hostile() {
		_, err := h.dialect.Canonical(h.text)
		if err == nil || !strings.HasPrefix(err.Error(), "this is too much for one expression: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestLimitsLeaveRoom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialect Dialect
		in      string
	}{
		{PromQL, strings.Repeat("a or ", 400) + "a"},
		{PromQL, strings.Repeat("(", 90) + "a" + strings.Repeat(")", 90)},
		{PromQL, `a{instance=~"` + strings.Repeat("host-1234.example.com:9100|", 2000) + `x"}`},
		{PromQL, `a{b=~"([0-9]{1,3}\\.){3}[0-9]{1,3}|[a-z0-9-]{1,63}", c=~"api-\\d+", d=~"(?i)[а-я]+", e=~"\\p{L}{1,16}"}`},
		{LogQL, `rate({a="b"}` + strings.Repeat(` |= "x"`, 300) + "[5m])"},
		{LogQL, `sum by (count) (rate({a="b"} | json | count > 5 | rate != "1" [5m])) # why` + "\n"},
		{LogQL, strings.Repeat("# a line of prose\n", 40) + "vector(1)"},
		{LogQL, `rate({a="b"} |~ "(?i)failed|` + strings.Repeat("error-[0-9]+|", 200) + `x"[5m])`},
		{LogQL, `rate({a="b"} |= "` + strings.Repeat("(((", 1000) + `"[5m])`}, // a text is no regular expression
	} {
		if _, err := c.dialect.Canonical(c.in); err != nil {
			t.Errorf("%s %.60q: %v", c.dialect, c.in, err)
		}
	}
}

// BenchmarkHostile shows what refusing takes, and BenchmarkLargest what parsing takes that is just not refused.
func BenchmarkHostile(b *testing.B) {
	for name, h := range hostile() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := h.dialect.Canonical(h.text); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}

func BenchmarkLargest(b *testing.B) {
	rep := strings.Repeat
	for name, l := range map[string]struct {
		dialect Dialect
		text    string
	}{
		"promql sum":         {PromQL, rep("1+", 499) + "1"},
		"promql signs":       {PromQL, rep("-", 999) + "a"},
		"promql regexps":     {PromQL, `a{` + rep(`a=~"a{20}",`, 249) + "}"},
		"promql class":       {PromQL, `a{a=~"\\pL{28}"}`},
		"promql folded":      {PromQL, `a{a=~"(?i)[b-𞥃]"}`},
		"logql numbers":      {LogQL, rep("1+", 63) + "1"},
		"logql nesting":      {LogQL, rep("sum(", 62) + "vector(1)" + rep(")", 62)},
		"logql label filter": {LogQL, `rate({a="b"}` + rep("|a=1", 63) + "[5m])"},
		"logql alternatives": {LogQL, `rate({a="b"}!=""` + rep(`or""`, 490) + "[5m])"},
		"logql names":        {LogQL, `rate({a="b"` + rep(`,sum=""`, 55) + "}[5m])"},
		"logql class":        {LogQL, `rate({a="b"}|a=~"\\pL{28}"[5m])`},
		"logql folded":       {LogQL, `rate({a="b"}|a=~"(?i)[b-𞥃]"[5m])`},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := l.dialect.Canonical(l.text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
