package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What phones and input methods make of YAML is read as it was meant.
func TestReadTyped(t *testing.T) {
	t.Parallel()
	plain := Rule{Alert: "A", Expr: "up == 0", Labels: map[string]string{"severity": "critical"}}
	for name, test := range map[string]struct {
		text string
		want Rule
	}{
		"plain":                  {"- alert: A\n  expr: up == 0\n  labels:\n    severity: critical", plain},
		"full-width indentation": {"- alert: A\n\u3000expr: up == 0\n\u3000labels:\n\u3000\u3000severity: critical", plain},
		"full-width colons":      {"- alert：A\n  expr： up == 0\n  labels：\n    severity：critical", plain},
		"curly quotes":           {"- alert: “A”\n  expr: “up == 0”\n  labels:\n    severity: “critical”", plain},
		"no first indentation":   {"- alert: A\n    expr: up == 0\n    labels:\n      severity: critical", plain},
		"inside a value": {"- alert: A\n  expr: up == 0\n  labels:\n    severity: \"a：\u3000“b”\"",
			Rule{Alert: "A", Expr: "up == 0", Labels: map[string]string{"severity": "a：\u3000“b”"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			groups, err := readTyped(test.text)
			if err != nil || len(groups) != 1 || len(groups[0].Rules) != 1 {
				t.Fatalf("%+v, %v", groups, err)
			}
			if diff := cmp.Diff(test.want, groups[0].Rules[0].Rule); diff != "" {
				t.Error(diff)
			}
		})
	}
}
