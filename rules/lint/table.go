package lint

import "slices"

// checks are all there are, in the order of their names; one file each.
var checks = []Check{
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
	promqlComparison,
}

// Checks returns every check, in the order of their names.
func Checks() []Check { return slices.Clone(checks) }
