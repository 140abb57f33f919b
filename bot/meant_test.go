package bot

import (
	"regexp"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// tried finds the corrected lines of an answer.
var tried = regexp.MustCompile("(?s)\nTry:\n(.*)$")

// A slip is taken as the line that can only be meant, or answered with the one that was probably meant, which works; where what was meant is not certain there is no line.
func TestMeant(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{ // want: the corrected line without "/alert "; "" for none
		{`add y39 job=sshd Ban 5m for 1m`, `add y39 job=sshd Ban 5m for=1m`},
		{`add fw8 "Ban" job=sshd 5m`, `add fw8 job=sshd "Ban" 5m`},
		{`add q14 up == 0 for=1m`, `add q14 expr="up == 0" for=1m`},
		{`add q15 expr 'up == 0'`, `add q15 expr='up == 0'`},
		{`add q8 job = sshd Ban 5m`, `add q8 job=sshd Ban 5m`},
		{`add q8 job= sshd Ban 5m`, `add q8 job=sshd Ban 5m`},
		{`add name=y55 sshd Ban 5m`, `add y55 sshd Ban 5m`},
		{`add --name=y54 job=sshd Ban 5m`, `add y54 job=sshd Ban 5m`},
		{`add job=sshd "Ban" 5m fw7`, `add fw7 job=sshd "Ban" 5m`},
		{`add job=sshd Ban 5m fw7`, ``},
		{`add job=sshd "Ban" 5m`, ``},
		{`add x job=sshd Ban 5m severity = critical`, `add x job=sshd Ban 5m severity=critical`},
		{`add q5 job=sshd Failed password 5m severity=critical summary=SSH login failed`, `add q5 job=sshd "Failed password" 5m severity=critical summary="SSH login failed"`},
		{`add q9 job=sshd, host=web Ban 5m`, `add q9 job=sshd,host=web Ban 5m`},
		{`add q9 job=sshd host=web Ban 5m`, `add q9 job=sshd,host=web Ban 5m`},
		{`add x job=sshd Ban 5m --for=1m`, `add x job=sshd Ban 5m for=1m`},
		{`add fw9 job=sshd 5m "Ban"`, `add fw9 job=sshd "Ban" 5m`},
		{`add x job=sshd "Ban" 5 min`, `add x job=sshd "Ban" 5m`},
		{`add x job=sshd Out for delivery 5m`, ``},
		{`add x job=sshd load > 5 5m`, ``},
		{`add x job=sshd the severity is high 5m`, ``},
		{`add fw8 Ban 5m`, ``},
		{"add ```", ``},
		{"add ~~~", ``},
		{`add q11 expr="sum(rate(x{code="500"}[5m])) > 1"`, `add q11 expr='sum(rate(x{code="500"}[5m])) > 1'`},
		{`add q11 {job=sshd} Ban 5m`, `add q11 {job="sshd"} Ban 5m`},
		{`add q11 job:sshd Ban 5m`, `add q11 job=sshd Ban 5m`},
		{`add q11 job：sshd Ban 5m`, `add q11 job=sshd Ban 5m`},
		{`add q11 expr='up = 0'`, `add q11 expr="up == 0"`},
		{`add q11 expr='{job="sshd"} |= "Ban"'`, `add q11 expr='count_over_time({job="sshd"} |= "Ban" [5m]) > 0'`},
		{`add q11 expr='up{job=sshd} == 0'`, `add q11 expr='up{job="sshd"} == 0'`},
		{`add x job=sshd Ban 5m severity=`, ``},
		{`add x job=sshd Ban 5m summary=""`, ``},
		{`add x job=sshd Ban 5m label.team=`, ``},
		{`add x job=sshd Ban 5m annotation.a=`, ``},
		{`delete y3 reason=old stuff`, `delete y3 reason="old stuff"`},
		{`delete y1 y2`, ``},
		{"- alert: X\n  expr: up == 0", "add\n- alert: X\n  expr: up == 0"},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			c := newChat(t, nil)
			c.say("add y3 expr='up == 1'")
			got := c.say(test.text)
			var line string
			if m := takenAs.FindStringSubmatch(got.Text); m != nil {
				if line = strings.TrimPrefix(m[1], "/alert "); line != test.want {
					t.Errorf("%s\nwant %s", got.Text, test.want)
				}
				return
			}
			if c.last().Outcome.Result != rules.ValidationError {
				t.Fatalf("accepted: %s", got.Text)
			}
			if m := tried.FindStringSubmatch(got.Text); m != nil {
				line = strings.TrimSpace(strings.ReplaceAll(m[1], "```", ""))
				line = strings.TrimPrefix(line, "/alert ")
			}
			if line != test.want {
				t.Fatalf("%s\nwant %s", got.Text, test.want)
			}
			if line == "" {
				return
			}
			if again := c.say(line); c.last().Outcome.Result != rules.Success {
				t.Errorf("the corrected line is refused: %s", again.Text)
			}
		})
	}
}
