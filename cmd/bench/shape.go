package main

import "time"

// shape is the size of a rulebook of the benchmark.
type shape struct {
	name        string
	directories int
	files       int // in each directory
	rules       int // in each file
	commits     int
}

// The rulebooks. large is the one that the targets are about; the others are what it is compared with.
var (
	large = shape{name: "large", directories: 100, files: 10, rules: 10, commits: 100_000}
	short = shape{name: "short", directories: 100, files: 10, rules: 10, commits: 1_000} // as large, but with little history
	small = shape{name: "small", directories: 10, files: 1, rules: 10, commits: 1_000}   // 100 rules
)

// The histories end at a fixed day, whenever they are built, and have some 55 commits on each day.
var historyEnd = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

const commitEvery = 1577 * time.Second // 100,000 commits in five years

// formatVersion is to be changed with everything that changes what is built: rulebooks that another version built are not used.
const formatVersion = "1"

// ruler is the ruler's name, and its directory in the rulebook.
const ruler = "prometheus"
