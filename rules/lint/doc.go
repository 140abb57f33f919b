// Package lint looks for what will hurt in rules that their rulers take: alerts that always fire or never can, that flap, or that tell
// nothing. A check sees rules and nothing more: no ruler, no clock, no disk.
//
// Each check is a value in a file of its own, and they all stand in one table, in table.go. Both examples of a check are its test, and
// CHECKS.md is generated from them.
package lint
