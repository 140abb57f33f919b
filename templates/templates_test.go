package templates_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/templates"
)

// all returns the templates that are built in.
func all(t testing.TB) []rules.Template {
	t.Helper()
	read, err := rules.ReadTemplates(templates.Files, func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// Every template says in both languages what it is for, has a summary, a description and a severity, and a test in which it fires and
// one in which it does not.
func TestComplete(t *testing.T) {
	t.Parallel()
	for _, template := range all(t) {
		if template.DescriptionJA == "" {
			t.Errorf("%s: no description in Japanese", template.Name)
		}
		if template.Rule.Annotations["summary"] == "" || template.Rule.Annotations["description"] == "" || template.Rule.Labels["severity"] == "" {
			t.Errorf("%s: no summary, description or severity", template.Name)
		}
		fires, silent := false, strings.HasPrefix(template.Name, "dead-mans-switch") // which is never silent
		for _, test := range template.Tests {
			for _, moment := range test.Alerts {
				fires = fires || len(moment.Alerts) > 0
				silent = silent || len(moment.Alerts) == 0
			}
			if (len(test.Series) > 0 && template.Dialect != expr.PromQL) || (len(test.Streams) > 0 && template.Dialect != expr.LogQL) {
				t.Errorf("%s: %s: the input is of the other language", template.Name, test.Name)
			}
		}
		if !fires || !silent {
			t.Errorf("%s: the tests see it fire: %v, and not fire: %v", template.Name, fires, silent)
		}
	}
}

// unitTest is one test of one template, with the rule that it is about.
type unitTest struct {
	rules.TemplateTest
	name string
	rule rules.Rule
}

// unitTests returns the tests of all templates of a dialect.
func unitTests(t testing.TB, d expr.Dialect) []unitTest {
	t.Helper()
	var tests []unitTest
	for _, template := range all(t) {
		if template.Dialect != d {
			continue
		}
		for _, test := range template.Tests {
			rule, err := template.Render(template.Name, arguments(template, test.Parameters))
			if err != nil {
				t.Fatalf("%s: %s: %v", template.Name, test.Name, err)
			}
			if test.Interval == 0 {
				test.Interval = model.Duration(time.Minute)
			}
			tests = append(tests, unitTest{test, template.Name + ": " + test.Name, rule})
		}
	}
	return tests
}

// arguments returns the examples with other values for some of them.
func arguments(template rules.Template, given map[string]string) []rules.Argument {
	all := template.Examples()
	for i, a := range all {
		if value, said := given[a.Name]; said {
			all[i].Value = value
		}
	}
	return all
}

// need returns the path of a program, or skips the test where it is missing; in CI that is a failure.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := local.Find(program)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, NOT TESTED: ", err)
	}
	return path
}

// end returns the time of the test's last moment.
func (u unitTest) end() time.Duration {
	var end time.Duration
	for _, moment := range u.Alerts {
		end = max(end, time.Duration(moment.At))
	}
	return end
}
