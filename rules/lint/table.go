package lint

import "slices"

// checks are all there are, in the order of their names; one file each.
var checks = []Check{
	logqlNoComparator,
	promqlComparison,
}

// Checks returns every check, in the order of their names.
func Checks() []Check { return slices.Clone(checks) }
