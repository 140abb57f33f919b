package lint

import (
	"fmt"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlCardinality = Check{
	Name:     "logql-cardinality",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "grouping by a label that has a value of its own for nearly every line, such as trace_id, without a threshold that few of them reach",
	Why:      "each value is an alert of its own, and with more than 500 of them (Loki's max_query_series) the rule fails and tells nothing: on the very day that much goes wrong",
	Bad: `groups:
- name: checkout
  rules:
  - alert: CheckoutFailed
    expr: sum by (trace_id) (count_over_time({job="checkout"} | logfmt | msg="failed" [5m])) > 0
`,
	Good: `groups:
- name: checkout
  rules:
  - alert: CheckoutFailed
    expr: sum by (job) (count_over_time({job="checkout"} | logfmt | msg="failed" [5m])) > 0
`,
	find: func(s *subject) []finding {
		if narrowed(s.log) {
			return nil
		}
		var found []finding
		for _, e := range nodesOf[*syntax.VectorAggregationExpr](s.log) {
			if e.Grouping == nil || e.Grouping.Without {
				continue
			}
			for _, name := range e.Grouping.Groups {
				if manyValued[strings.ToLower(strings.ReplaceAll(name, "_", ""))] && keeps(s.log, name) {
					found = append(found, s.inOneOf(name).says(fmt.Sprintf("%s may have very many values, and each is an alert of its own: group by less, or demand more than one line of each", name)))
				}
			}
		}
		return found
	},
}

// manyValued are names of labels with many values, without underscores.
var manyValued = set("traceid", "spanid", "requestid", "reqid", "xrequestid", "correlationid", "transactionid", "txid", "uuid", "guid", "sessionid", "session",
	"userid", "uid", "email", "mail", "customerid", "orderid", "messageid", "msgid", "ip", "clientip", "remoteip", "sourceip", "srcip", "remoteaddr", "clientaddr",
	"xforwardedfor", "remoteport", "srcport", "path", "uri", "url", "requesturi", "requestpath", "query", "querystring", "referer", "referrer", "useragent",
	"pid", "tid", "threadid", "message", "msg", "line", "stacktrace", "ts", "time", "timestamp", "duration", "latency", "elapsed")

func set(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

// narrowed reports whether an expression lets few of its series through: those above a number that not every one reaches.
func narrowed(root syntax.SampleExpr) bool {
	for _, c := range comparisonsOf(root) {
		always, _ := c.holds()
		if !always && (c.op == syntax.OpTypeGT || c.op == syntax.OpTypeGTE) && c.number > 0 {
			return true
		}
	}
	for _, e := range nodesOf[*syntax.VectorAggregationExpr](root) {
		if e.Operation == syntax.OpTypeTopK || e.Operation == syntax.OpTypeBottomK || e.Operation == syntax.OpTypeApproxTopK {
			return true
		}
	}
	return false
}

// keeps reports whether a label that an expression groups by somewhere is still one of its result's.
func keeps(root syntax.SampleExpr, name string) bool {
	names, all := labelsOf(root)
	if !all {
		return true
	}
	return names[name]
}
