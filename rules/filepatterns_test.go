package rules

import "testing"

func TestFilePatterns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		patterns FilePatterns
		yes, no  []string
	}{
		"none takes all":  {FilePatterns{}, []string{"a.yml", "a/b/c.yaml"}, nil},
		"one directory":   {FilePatterns{Include: []string{"alerts/*.yml"}}, []string{"alerts/a.yml"}, []string{"a.yml", "alerts/b/a.yml", "alerts/a.yaml", "x/alerts/a.yml"}},
		"any directories": {FilePatterns{Include: []string{"**/*.rules.yml"}}, []string{"a.rules.yml", "x/y/a.rules.yml"}, []string{"a.yml", "x/rules.yml/a.yml"}},
		"between":         {FilePatterns{Include: []string{"a/**/b/*.yml"}}, []string{"a/b/x.yml", "a/1/2/b/x.yml", "a/b/b/x.yml"}, []string{"a/x.yml", "b/x.yml", "a/b/c/x.yml"}},
		"all below":       {FilePatterns{Include: []string{"a/**"}}, []string{"a/x.yml", "a/b/c/x.yml"}, []string{"x.yml", "b/a/x.yml"}},
		"doubled":         {FilePatterns{Include: []string{"**/**/x.yml"}}, []string{"x.yml", "a/x.yml", "a/b/x.yml"}, []string{"y.yml"}},
		"several":         {FilePatterns{Include: []string{"a/*.yml", "日本/?.yml"}}, []string{"a/x.yml", "日本/語.yml"}, []string{"b/x.yml", "日本/語語.yml"}},
		"all but some":    {FilePatterns{Exclude: []string{"docker-compose.yml", "charts/**"}}, []string{"x.yml", "a/docker-compose.yml"}, []string{"docker-compose.yml", "charts/a/values.yaml"}},
		"exclude decides": {FilePatterns{Include: []string{"**/*.yml"}, Exclude: []string{"**/values.yml"}}, []string{"a/x.yml"}, []string{"values.yml", "a/values.yml"}},
		"signs in names":  {FilePatterns{Include: []string{`a\*b/[xy].yml`}}, []string{"a*b/x.yml"}, []string{"aXb/x.yml", "a*b/z.yml"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, path := range c.yes {
				if !c.patterns.Match(path) {
					t.Errorf("%s does not match %q", c.patterns, path)
				}
			}
			for _, path := range c.no {
				if c.patterns.Match(path) {
					t.Errorf("%s matches %q", c.patterns, path)
				}
			}
		})
	}
}

// FuzzFilePatterns holds that a pattern which is accepted can be matched with any path in little time, and that a path without signs of
// its own is a pattern of itself.
func FuzzFilePatterns(f *testing.F) {
	f.Add("**/a/**/b/**/*.yml", "a/b/a/b/a/b/a/b/x.yml")
	f.Add("a[", "a[")
	f.Add("alerts/*.yml", "alerts/x.yml")
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if len(pattern) > 100 || len(path) > 200 || CheckPattern(pattern) != nil {
			return
		}
		taken := FilePatterns{Include: []string{pattern}}.Match(path)
		if both := (FilePatterns{Include: []string{pattern}, Exclude: []string{pattern}}).Match(path); both {
			t.Errorf("%q takes and leaves %q", pattern, path)
		}
		if (FilePatterns{Exclude: []string{pattern}}).Match(path) == taken {
			t.Errorf("%q says two things of %q", pattern, path)
		}
	})
}
