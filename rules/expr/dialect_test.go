package expr

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDialects(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]Dialect{PromQL, LogQL}, Dialects()); diff != "" {
		t.Error(diff)
	}
	if _, err := Dialect("sql").Canonical("1"); err == nil {
		t.Error("an unknown dialect parsed something")
	}
	if Dialect("sql").CheckFile(nil) == nil {
		t.Error("an unknown dialect accepted a file")
	}
}

// The canonical forms are what real rulers list: Prometheus 3.15 and Loki 3.7.8.
func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialect  Dialect
		in, want string
	}{
		{PromQL, "up==0", "up == 0"},
		{PromQL, "sum  (rate(a{b='c'}[5m])) by(d)\n>1", `sum by (d) (rate(a{b="c"}[5m])) > 1`},
		{PromQL, `{"http.requests", "k 8"="é"}`, `{"k 8"="é",__name__="http.requests"}`},
		{PromQL, "rate(a[1m*2])", "rate(a[1m * 2])"}, // duration expressions are on by default
		{PromQL, "# why\nup", "up"},
		{LogQL, `rate({a="b"} [5m])`, `rate({a="b"}[5m])`},
		{LogQL, "sum by(job)(count_over_time({job=`x`}|=`Ban`[300s]))>0", `(sum by (job)(count_over_time({job="x"} |= "Ban"[5m])) > 0)`},
		{LogQL, "vector(1)", "vector(1.000000)"},
		{LogQL, "1+1", "2"},
	} {
		got, err := c.dialect.Canonical(c.in)
		if err != nil {
			t.Errorf("%s %q: %v", c.dialect, c.in, err)
		} else if got != c.want {
			t.Errorf("%s %q is %q, want %q", c.dialect, c.in, got, c.want)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialect Dialect
		in      string
		offset  int
		text    string // a part of it
	}{
		{PromQL, "", 0, "no expression found"},
		{PromQL, "up == ", 6, "unexpected end of input"},
		{PromQL, `up{job="é"} =! 3`, 13, `unexpected "="`},
		{PromQL, "rate(foo)", 5, "expected type range vector"},
		{PromQL, `sort_by_label(up, "a")`, 0, "is not enabled"}, // experimental functions are off by default
		{PromQL, "up\x00", 2, "NUL"},
		{PromQL, "up{a=\"\xff\"}", 6, "UTF-8"},
		{PromQL, strings.Repeat("a", MaxAdopted+1), MaxAdopted, "at most 65536"},
		{PromQL, `{job="x"} |= "y"`, 10, "unexpected character: '|'"},
		{LogQL, "", -1, "unexpected $end"},
		{LogQL, `sum(rate({a="b"}[5m])`, 21, "unexpected $end"},
		{LogQL, "sum(\n  rate({a=\"é\"}[5m])\n  ==)", 30, "unexpected"},
		{LogQL, `{a="b"} |= "x"`, 0, `count_over_time({a="b"} |= "x" [5m]) > 0`},
		{LogQL, `sum(rate({a="b", é="d"}[5m]))`, 17, `"é" is no label name`},
		{LogQL, `{a=~".*"}`, -1, "at least one"},
		{LogQL, `rate({a="b"} |~ "(" [5m])`, 13, "missing closing )"},
		{LogQL, `1 + rate({a="b"} | line_format "{{" [5m])`, 17, "unclosed action"},
		{LogQL, `sum by (a) (rate({a="b"} |= "x"[5m])) > sum(rate({a="b"} |= ip("x") [5m]))`, 57, "invalid pattern"},
		{LogQL, "{a=\"b\"}\x00", 7, "NUL"},
	} {
		_, err := c.dialect.Canonical(c.in)
		var failed *SyntaxError
		if !errors.As(err, &failed) {
			t.Errorf("%s %.40q: %v, want a *SyntaxError", c.dialect, c.in, err)
			continue
		}
		if failed.Offset != c.offset || !strings.Contains(failed.Text, c.text) {
			t.Errorf("%s %.40q: %q at %d, want %q at %d", c.dialect, c.in, failed.Text, failed.Offset, c.text, c.offset)
		}
		if strings.Contains(failed.Text, "parse error") || failed.Field != "" {
			t.Errorf("%s %.40q: the text is not clean: %+v", c.dialect, c.in, failed)
		}
	}
}

// Building the stages of an expression must not change what is printed.
func TestCanonicalPrintsBeforeBuilding(t *testing.T) {
	t.Parallel()
	in := `rate({a="b"} |= "1" |= "2" | json |~ "3"[5m])`
	if got, err := LogQL.Canonical(in); err != nil || got != in {
		t.Errorf("got %q, %v", got, err)
	}
}
