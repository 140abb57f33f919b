package rules

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// FuzzFields holds of the fields of a rule that are changed in whatever file: it says then what is wanted, every other rule is byte for byte as it
// was, to change it again changes nothing, and to change it back makes it say what it said. Where that cannot be, the error says why.
func FuzzFields(f *testing.F) {
	for _, test := range editFiles {
		f.Add([]byte(test.file), uint8(1), "up == 2", uint8(0xff), "a: b # c")
		f.Add([]byte(test.file), uint8(0), "", uint8(0x55), "line\nline\n")
	}
	f.Add([]byte(changeFile), uint8(0), "up{a='#'} == 1", uint8(3), "{{ $value }}")
	f.Add([]byte("groups: [{name: g, rules: [{alert: A, expr: up}]}]\n"), uint8(0), "up", uint8(9), "x")
	f.Fuzz(func(t *testing.T, content []byte, pick uint8, expression string, fields uint8, value string) {
		before := readFile("", expr.PromQL, content)
		if len(before.problems) > 0 || len(before.groups) == 0 || len(before.groups[int(pick)%len(before.groups)].Rules) == 0 {
			return
		}
		groupIndex := int(pick) % len(before.groups)
		index := int(pick) / len(before.groups) % len(before.groups[groupIndex].Rules)
		was := before.groups[groupIndex].Rules[index].Rule
		wanted := was
		wanted.Labels, wanted.Annotations = merged(was.Labels, nil), merged(was.Annotations, nil)
		given := func(i int) bool { return fields&(1<<i) != 0 }
		if given(0) && expression != "" {
			wanted.Expr = expression
		}
		if given(1) && was.Alert != "" {
			wanted.For = 7 * time.Minute
		}
		if given(2) {
			wanted.Labels = merged(wanted.Labels, map[string]string{"severity": value})
		}
		if given(3) && was.Alert != "" {
			wanted.Annotations = merged(wanted.Annotations, map[string]string{"summary": value})
		}
		if given(4) {
			wanted.Labels = nil
		}
		if given(5) {
			wanted.For, wanted.KeepFiringFor = 0, 0
		}
		set := func(f *file, wanted Rule) (*file, bool) {
			edit, err := f.edit()
			if err == nil {
				err = edit.setRule(groupIndex, index, wanted)
			}
			var done *file
			if err == nil {
				done, err = edit.done()
			}
			if kind := KindOf(err); err != nil && kind != Conflict && kind != Unavailable && kind != Invalid {
				t.Fatalf("kind %q: %v", kind, err)
			}
			return done, err == nil
		}
		after, ok := set(before, wanted)
		if !ok {
			return
		}
		if got := after.groups[groupIndex].Rules[index].Rule; !sameRule(got, wanted) {
			t.Errorf("it says %+v, want %+v:\n%s", got, wanted, after.content)
		}
		for g := range before.groups {
			for i, r := range before.groups[g].Rules {
				if (g != groupIndex || i != index) && after.groups[g].Rules[i].source != r.source {
					t.Errorf("another rule became\n%s, it was\n%s", after.groups[g].Rules[i].source, r.source)
				}
			}
		}
		if again, ok := set(after, wanted); !ok || !bytes.Equal(again.content, after.content) {
			t.Errorf("the same once more: %v\n%s", ok, cmp.Diff(string(after.content), string(again.content)))
		}
		if back, ok := set(after, was); !ok || !sameRule(back.groups[groupIndex].Rules[index].Rule, was) {
			t.Errorf("it cannot be changed back: %v\n%s", ok, after.content)
		}
	})
}
