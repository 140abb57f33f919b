package lint

import "slices"

// checks are all there are, in the order of their names; one file each.
var checks = []Check{
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
	reject,
	required,
	templateValue,
}

// Checks returns every check, in the order of their names.
func Checks() []Check { return slices.Clone(checks) }

// Names returns the names of all checks, sorted.
func Names() []string {
	names := make([]string, len(checks))
	for i, c := range checks {
		names[i] = c.Name
	}
	return names
}
