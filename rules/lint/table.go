package lint

import (
	"slices"

	"github.com/alertsmith/alertsmith/rules"
)

// checks are all there are, in the order of their names; one file each.
var checks = []Check{
	acceptance,
	constant,
	duplicate,
	externalLabel,
	checkFor,
	groupInterval,
	link,
	logqlAbsentRegexp,
	logqlAlwaysFires,
	logqlAlwaysTrue,
	logqlCardinality,
	logqlCase,
	logqlErrorLabel,
	logqlFilterOrder,
	logqlFor,
	logqlGap,
	logqlImpossible,
	logqlLateLines,
	logqlLineFormat,
	logqlLiteralRegexp,
	logqlLongWindow,
	logqlMatching,
	logqlNever,
	logqlNoComparator,
	logqlQuantile,
	logqlRangeLimit,
	logqlRate,
	logqlRegexpAny,
	logqlRegexpLiteral,
	logqlSelector,
	logqlSelf,
	logqlSeries,
	logqlStreamFilter,
	logqlTemplateLabel,
	logqlTopk,
	logqlUnusedParser,
	checkName,
	promqlAbsent,
	promqlAggregate,
	promqlAlwaysTrue,
	promqlComparison,
	promqlContradiction,
	promqlCounter,
	promqlDependency,
	promqlFragile,
	promqlGaugeRate,
	promqlHistogram,
	promqlImpossible,
	promqlLostLabel,
	promqlMatching,
	promqlNameless,
	promqlNaN,
	promqlRange,
	promqlRateAggregate,
	promqlRateRange,
	promqlRecorded,
	promqlRegexp,
	promqlSampling,
	promqlSelector,
	promqlTemplateLabel,
	promqlTemplateNumber,
	promqlTemplateQuery,
	promqlType,
	reject,
	required,
	templateSize,
	templateValue,
}

// Checks returns every check, in the order of their names.
func Checks() []Check { return slices.Clone(checks) }

// online are the findings about what a ruler has of what a rule reads, in the order of their names. Package ruler makes them; no settings are for them.
var online = []Check{
	{
		Name: "online-found", Dialects: inBoth, Severity: rules.SeverityInfo,
		What: "how many series or log streams a selector of the rule reads now, and for logs how many bytes a day; a warning where that is very much",
		Why:  "that is what the rule is evaluated over, each time: a rule over all streams is dear, and one over fewer than expected is mistyped",
	},
	{
		Name: "online-missing", Dialects: inBoth, Severity: rules.SeverityWarning,
		What: "a selector for which the ruler has no series, or no log stream; with the name that was probably meant",
		Why:  "the expression has no result, and the alert stays silent, until there is one",
	},
	{
		Name: "online-type", Dialects: inPromQL, Severity: rules.SeverityWarning,
		What: "a function that does not fit the type that the metric's target tells: rate of a gauge, delta of a counter",
		Why:  "the number is not what its name says, so that the alert fires when nothing is wrong, or does not when it should",
	},
	{
		Name: "online-unanswered", Dialects: inBoth, Severity: rules.SeverityInfo,
		What: "a ruler that could not be asked, or did not answer within two seconds",
		Why:  "a name that is mistyped would be seen only when the alert does not fire",
	},
}

// Names returns the names of all checks, sorted, with those of what a ruler is asked: what can be accepted.
func Names() []string {
	var names []string
	for _, c := range slices.Concat(checks, online) {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}

// checkNames returns the names of the checks that settings are for.
func checkNames() (names []string) {
	for _, c := range checks {
		names = append(names, c.Name)
	}
	return names
}
