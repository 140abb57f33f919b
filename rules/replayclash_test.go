package rules

import (
	"strings"
	"testing"
)

// TestFieldsInALine names what somebody pushed in the reason why a change is not kept, which is one line: the name of a label may be any text, of any length.
func TestFieldsInALine(t *testing.T) {
	got := clash{fields: []string{"expr", "label x\n\nnot kept: all is well" + strings.Repeat(" and more", 1000)}}.fieldsText()
	if want := " (expr, label x not kept: all is well and more and more and more and…)"; got != want {
		t.Errorf("named as %.200q, want %q", got, want)
	}
	if got := (clash{fields: strings.Split("abcdefg", "")}).fieldsText(); got != " (a, b, c, d, e, and 2 more)" {
		t.Errorf("seven are named as %q", got)
	}
}
