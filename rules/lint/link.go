package lint

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var link = Check{
	Name:     "link",
	Dialects: inBoth,
	Severity: rules.SeverityWarning,
	What:     "an annotation whose name ends in _url or _link and that is no absolute address",
	Why:      "whoever is paged clicks it; a relative address or a bare word leads nowhere from a chat message",
	Bad: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    annotations:
      runbook_url: wiki/Down
`,
	Good: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    annotations:
      runbook_url: https://wiki.example.com/Down
`,
	find: func(s *subject) (found []finding) {
		for _, field := range s.Rule.Fields() {
			name, ok := strings.CutPrefix(field.Name, "annotation ")
			if !ok || !strings.HasSuffix(name, "_url") && !strings.HasSuffix(name, "_link") || strings.HasPrefix(strings.TrimSpace(field.Value), "{{") {
				continue // a template may write the whole address
			}
			address, _, _ := strings.Cut(field.Value, "{{") // what a template writes into an address is not known
			u, err := url.Parse(strings.TrimSpace(address))
			if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				found = append(found, finding{field: field.Name, text: fmt.Sprintf("the %s is no address that begins with http:// or https://", field.Name)})
			}
		}
		return found
	},
}
