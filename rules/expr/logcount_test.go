package expr

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLogCountRender(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   LogCount
		want string
	}{
		{LogCount{Selector: `{job="amane_fail2ban_log"}`, Substring: "Ban", Window: "5m"},
			`sum by (job) (count_over_time({job="amane_fail2ban_log"} |= "Ban" [5m])) > 0`},
		{LogCount{Selector: `{job=~"a|b", env!="dev",job!="c"}`, Regexp: `(?i)fail(ed)?\s`, Window: "90s", Threshold: 2.5},
			`sum by (job, env) (count_over_time({job=~"a|b", env!="dev", job!="c"} |~ "(?i)fail(ed)?\\s" [1m30s])) > 2.5`},
		{LogCount{Selector: `{job="x"}`, Window: "1h", Threshold: 1e21},
			`sum by (job) (count_over_time({job="x"} [1h])) > 1000000000000000000000`},
		{LogCount{Selector: `{job="x"}`, Substring: "a\"} [1m])) or vector(1) #`\n\\", Window: "1d"},
			`sum by (job) (count_over_time({job="x"} |= "a\"} [1m])) or vector(1) #` + "`" + `\n\\" [1d])) > 0`},
	} {
		got, err := c.in.Render()
		if err != nil {
			t.Errorf("%+v: %v", c.in, err)
			continue
		}
		if got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		if _, err := LogQL.Canonical(got); err != nil {
			t.Errorf("%s does not parse: %v", got, err)
		}
	}
}

func TestLogCountRefuses(t *testing.T) {
	t.Parallel()
	good := LogCount{Selector: `{job="x"}`, Substring: "Ban", Window: "5m"}
	with := func(change func(*LogCount)) LogCount { c := good; change(&c); return c }
	for _, c := range []struct {
		in   LogCount
		want SyntaxError // Text: a part of it
	}{
		{with(func(c *LogCount) { c.Selector = "" }), SyntaxError{"label", -1, "unexpected $end"}},
		{with(func(c *LogCount) { c.Selector = `{job="x"` }), SyntaxError{"label", 8, "unexpected $end"}},
		{with(func(c *LogCount) { c.Selector = `{job=""}` }), SyntaxError{"label", 0, "at least one label must have a value"}},
		{with(func(c *LogCount) { c.Selector = `{job=~".*"}` }), SyntaxError{"label", 0, "at least one label must have a value"}},
		{with(func(c *LogCount) { c.Selector = `{job="x"} |= "y"` }), SyntaxError{"label", 0, "more than a stream selector"}},
		{with(func(c *LogCount) { c.Selector = `rate({job="x"}[5m])` }), SyntaxError{"label", 0, "more than a stream selector"}},
		{with(func(c *LogCount) { c.Selector = `{job=~"("}` }), SyntaxError{"label", -1, "missing closing )"}},
		{with(func(c *LogCount) { c.Selector = strings.Repeat("#\n", 4000) }), SyntaxError{"label", -1, "too much"}},
		{with(func(c *LogCount) { c.Regexp = "x" }), SyntaxError{"pattern", -1, "not both"}},
		{with(func(c *LogCount) { c.Substring = "a\x00" }), SyntaxError{"pattern", 1, "NUL"}},
		{with(func(c *LogCount) { c.Substring = "é\xff" }), SyntaxError{"pattern", 2, "UTF-8"}},
		{with(func(c *LogCount) { c.Substring = strings.Repeat("a", MaxExpression+1) }), SyntaxError{"pattern", MaxExpression, "at most"}},
		{with(func(c *LogCount) { c.Substring, c.Regexp = "", "a(b" }), SyntaxError{"pattern", 0, `missing closing ): "a(b"`}},
		{with(func(c *LogCount) { c.Substring, c.Regexp = "", "ab(?<!x)" }), SyntaxError{"pattern", 2, "invalid named capture"}},
		{with(func(c *LogCount) { c.Substring, c.Regexp = "", "a**" }), SyntaxError{"pattern", 1, "invalid nested repetition operator"}},
		{with(func(c *LogCount) { c.Substring, c.Regexp = "", strings.Repeat(`\pL`, 2000) }), SyntaxError{"pattern", -1, "too much"}},
		{with(func(c *LogCount) { c.Window = "5" }), SyntaxError{"time", -1, `"5" is no time to count over`}},
		{with(func(c *LogCount) { c.Window = "0s" }), SyntaxError{"time", -1, "no time to count over"}},
		{with(func(c *LogCount) { c.Window = "1m] or [1m" }), SyntaxError{"time", -1, "no time to count over"}},
		{with(func(c *LogCount) { c.Threshold = -1 }), SyntaxError{"threshold", -1, "zero or greater"}},
		{with(func(c *LogCount) { c.Threshold = math.NaN() }), SyntaxError{"threshold", -1, "zero or greater"}},
		{with(func(c *LogCount) { c.Threshold = math.Inf(1) }), SyntaxError{"threshold", -1, "zero or greater"}},
	} {
		_, err := c.in.Render()
		var got *SyntaxError
		if !errors.As(err, &got) {
			t.Errorf("%+v: %v, want a *SyntaxError", c.in, err)
			continue
		}
		if got.Field != c.want.Field || got.Offset != c.want.Offset || !strings.Contains(got.Text, c.want.Text) {
			t.Errorf("%.60v: got %+v, want %+v", c.in, *got, c.want)
		}
	}
}

func TestParseSelector(t *testing.T) {
	t.Parallel()
	canonical, names, err := ParseSelector("{ job=\"a\\\"} |= `x`\\n\\\\é\", env=``,job!=\"b\" }")
	if err != nil {
		t.Fatal(err)
	}
	if want := "{job=\"a\\\"} |= `x`\\n\\\\é\", env=\"\", job!=\"b\"}"; canonical != want {
		t.Errorf("got %s, want %s", canonical, want)
	}
	if again, _, err := ParseSelector(canonical); err != nil || again != canonical {
		t.Errorf("%s is not canonical: %s, %v", canonical, again, err)
	}
	if diff := cmp.Diff([]string{"job", "env"}, names); diff != "" {
		t.Error(diff)
	}
	for _, selector := range []string{"{}", `{job=""}`, `{a-b="x"}`, `{1a="x"}`, `{="x"}`, `{é="x"}`, "{a=\"\xff\"}", "{a=\"\x00\"}"} {
		if s, _, err := ParseSelector(selector); err == nil {
			t.Errorf("%q is taken as %s", selector, s)
		} else if failed, ok := errors.AsType[*SyntaxError](err); !ok || failed.Field != "label" {
			t.Errorf("%q: %v, want a *SyntaxError about the label", selector, err)
		}
	}
}
