package lint

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/grafana/loki/v3/pkg/logqlmodel"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// TestLineErrors has Loki's own pipelines read lines that are cut, no JSON, or otherwise not as expected: wherever one comes out with an error,
// logql-error-label says so. How often it says so where none of these lines had one is logged.
func TestLineErrors(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for seed := range uint64(600) {
		g := lineGrammar{rand.New(rand.NewPCG(seed, 1))}
		text := g.expression()
		parsed, err := expr.ParseLogQL(text)
		if err != nil {
			seen["refused"]++
			continue
		}
		s := &subject{Entry: rules.Entry{Rule: rules.Rule{Alert: "A", Expr: text}}, dialect: expr.LogQL, settings: defaults, log: parsed}
		found := len(logqlErrorLabel.find(s)) > 0
		line := failingLine(t, g, text)
		switch {
		case line != "" && !found:
			t.Errorf("seed %d: %s: Loki fails at the line %s, and nothing was found", seed, text, line)
		case line != "":
			seen["found, and fails"]++
		case found:
			seen["found, and did not fail"]++
		default:
			seen["nothing found, and did not fail"]++
		}
	}
	t.Log(seen)
	if seen["found, and fails"] < 100 || seen["nothing found, and did not fail"] < 100 {
		t.Error("these are too few to tell anything")
	}
}

// TestLineErrorsOfManyOrs has filters that would double the failures forty times.
func TestLineErrorsOfManyOrs(t *testing.T) {
	t.Parallel()
	var brackets []string
	for i := range 40 {
		brackets = append(brackets, fmt.Sprintf(`(a%d="1" or b%d="2")`, i, i))
	}
	for _, filters := range []string{
		strings.Repeat(` | a!="1" or b!="2"`, 40),
		" | " + strings.Join(brackets, " | "),
		" | " + strings.Join(brackets, " and "),
	} {
		for end, want := range map[string]string{"": "| json", `| __error__=""`: ""} {
			text := `sum(count_over_time({job="a"} | json` + filters + ` ` + end + ` [5m])) > 0`
			parsed, err := expr.ParseLogQL(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := unhandled(parsed, nodesOf[*syntax.LogRangeExpr](parsed)[0]); got != want {
				t.Errorf("%s: %q fails, want %q", text, got, want)
			}
		}
	}
}

// failingLine returns a line which Loki counts with an error; "" when there is none.
func failingLine(t *testing.T, g lineGrammar, text string) string {
	t.Helper()
	parsed, err := syntax.ParseSampleExpr(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	extractors, err := parsed.Extractors()
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	stream := extractors[0].ForStream(labels.FromStrings("job", "a"))
	for range 100 {
		line := g.line()
		samples, _ := stream.ProcessString(0, line, labels.EmptyLabels())
		for _, sample := range samples {
			if sample.Labels.Labels().Has(logqlmodel.ErrorLabel) {
				return line
			}
		}
	}
	return ""
}

// lineGrammar makes random expressions over logs, and lines.
type lineGrammar struct{ *rand.Rand }

func (g lineGrammar) of(alternatives ...string) string { return oneOf(g.Rand, alternatives...) }

func (g lineGrammar) expression() string {
	var pipeline strings.Builder
	for range g.IntN(2) {
		pipeline.WriteString(g.of(` |= "e"`, ` | a="error"`, ` | job="a"`))
	}
	for range 1 + g.IntN(5)/4 {
		pipeline.WriteString(g.of(" | json", " | json", " | json", " | logfmt --strict", " | logfmt", " | unpack", ` | json a="a"`, ` | json a="a", b="b"`, ` | json x="a"`, ` | logfmt --strict a="a", b="b"`))
	}
	for range g.IntN(4) {
		pipeline.WriteString(" | " + g.of(g.filter(), g.filter(), g.filter(), g.filter(), "("+g.filter()+g.of(" or ", " and ")+g.filter()+")",
			`label_format a="error"`, "label_format b=a", `line_format "{{.b}}"`, "drop __error__", "drop b", "keep a"))
	}
	window := g.of("", "", " | __error__=\"\"") + " [5m])"
	count := g.of("count_over_time", "rate", "bytes_over_time", "absent_over_time") + `({job="a"}` + pipeline.String() + window
	if g.IntN(3) == 0 {
		count = g.of("sum_over_time", "max_over_time") + `({job="a"}` + pipeline.String() + " | unwrap n" + window + g.of("", " by (a)", " by ()", " without (b)")
	}
	return fmt.Sprintf(g.of("sum(%s)", "sum by (job) (%s)", "sum by (a) (%s)", "sum by (a, b) (%s)", "sum without (b) (%s)", "max(%s)", "%s"), count)
}

func (g lineGrammar) filter() string {
	return g.of(`a="error"`, `a="error"`, `a=~"error|1"`, `a!="debug"`, `a=~".*"`, `a=~"error|"`, `b="error"`, `b!~"x"`, `b=~".+"`, `x="error"`, `job="a"`, "n > 1", "n <= 5", `__error__=""`, "a > 1")
}

// line is an object, or the like, that may be cut, in JSON or logfmt.
func (g lineGrammar) line() string {
	var pairs []string
	for _, name := range []string{"a", "b", "n", "job", "_entry"} {
		if g.IntN(4) > 0 {
			pairs = append(pairs, fmt.Sprintf(g.of("%q:%q", "%q:%q", "%q:%q", "%q:{\"y\":%q}"), name, g.of("error", "error", "1", "3", "-", "x y")))
		}
	}
	g.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	line := "{" + strings.Join(pairs, ",") + "}"
	if g.IntN(2) == 0 {
		line = strings.NewReplacer(`":"`, "=", `{"`, "", `"}`, "", `","`, " ", `"`, g.of("", `"`)).Replace(line)
	}
	switch g.IntN(4) {
	case 0:
		return line[:g.IntN(len(line)+1)]
	case 1:
		at := g.IntN(len(line) + 1)
		return line[:at] + g.of(`"`, "=", "{", "\x00", "] ", "}") + line[at:]
	}
	return line
}
