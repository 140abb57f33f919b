package expr

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReads(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dialect    Dialect
		expression string
		want       []Read
	}{
		"metric":  {PromQL, `up{job="node"} == 0`, []Read{{Selector: `{job="node", __name__="up"}`, Metric: "up", Matchers: []Matcher{{"job", "=", "node"}}, Text: `up{job="node"}`}}},
		"rate":    {PromQL, `sum(rate(a_total[5m] offset 1h)) / sum(rate(a_total[5m]))`, []Read{{Selector: `{__name__="a_total"}`, Metric: "a_total", Function: "rate", Window: 5 * time.Minute, Text: "a_total"}}},
		"absent":  {PromQL, `absent({__name__="up"})`, []Read{{Selector: `{__name__="up"}`, Metric: "up", Absent: true, Text: `{__name__="up"}`}}},
		"names":   {PromQL, `count({__name__=~"node_.+"})`, []Read{{Selector: `{__name__=~"node_.+"}`, Text: `{__name__=~"node_.+"}`}}},
		"nothing": {PromQL, `vector(1)`, nil},
		"lines": {LogQL, `sum(count_over_time({job="a"} |= "x" [5m])) / sum(count_over_time({job="a"}[5m])) > 0 or absent_over_time({job="b", host!=""}[1m])`, []Read{
			{Selector: `{job="a"}`, Matchers: []Matcher{{"job", "=", "a"}}, Window: 5 * time.Minute, Text: `{job="a"}`},
			{Selector: `{job="b", host!=""}`, Matchers: []Matcher{{"job", "=", "b"}, {"host", "!=", ""}}, Window: time.Minute, Absent: true, Text: `{job="b", host!=""}`},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.dialect.Reads(c.expression)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}
