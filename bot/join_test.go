package bot

import "testing"

func TestJoinWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		words []string
		want  string
	}{
		{"one word is the whole command", []string{`add down expr='up == 0'`}, `add down expr='up == 0'`},
		{"plain", []string{"add", "ban", "job=sshd", "Ban", "5m"}, `add ban job=sshd Ban 5m`},
		{"pattern with a space", []string{"add", "ban", "job=sshd", "Ban user", "5m"}, `add ban job=sshd "Ban user" 5m`},
		{"option with a space", []string{"add", "down", "expr=up == 0"}, `add down expr="up == 0"`},
		{"quotes inside", []string{"add", "down", `expr=up{job="node"} == 0`}, `add down expr='up{job="node"} == 0'`},
		{"both kinds inside", []string{"add", "down", `expr=a{b="c"} == d{e='f'}`}, `add down expr="a{b=\"c\"} == d{e='f'}"`},
		{"empty", []string{"add", "ban", "sshd", "", "5m"}, `add ban sshd "" 5m`},
		{"selector", []string{"add", "ban", `{job="sshd", host="a b"}`, "Ban", "5m"}, `add ban {job="sshd", host="a b"} Ban 5m`},
		{"the chat's own quotes", []string{"add", "ban", "sshd", `"Ban user"`, `reason="a b"`}, `add ban sshd "Ban user" reason="a b"`},
		{"JSON", []string{"add", "ban", "sshd", `"level":"error"`, "5m"}, `add ban sshd '"level":"error"' 5m`},
		{"regular expression", []string{"add", "ban", "sshd", `/a\d b/`, "5m"}, `add ban sshd "/a\d b/" 5m`},
		{"line break", []string{"add", "ban", "description=one\ntwo"}, "add ban description=\"one\ntwo\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := JoinWords(tt.words)
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if len(tt.words) == 1 {
				return
			}
			if words, err := scanAll(got, 0); err != nil || len(words) != len(tt.words) {
				t.Errorf("%d words became %d: %v", len(tt.words), len(words), err)
			}
		})
	}
}

func TestDryRunBehindTheName(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"list":                              "list --dry-run",
		`add x expr="up == 0"`:              `add --dry-run x expr="up == 0"`,
		` /alert  add x expr="up == 0"`:     ` /alert  add --dry-run x expr="up == 0"`,
		"add\ngroups:\n- name: g":           "add --dry-run\ngroups:\n- name: g",
		"add groups:\n- name: g":            "add --dry-run\ngroups:\n- name: g",
		"add channel=ops\n- alert: a\n":     "add --dry-run channel=ops\n- alert: a\n",
		"追加　x up == 0":                      "追加 --dry-run　x up == 0",
		"edit x\n```\nexpr: up == 1\n```\n": "edit --dry-run x\n```\nexpr: up == 1\n```\n",
	} {
		if got := DryRun(command); got != want {
			t.Errorf("%q becomes %q, want %q", command, got, want)
		}
	}
}
