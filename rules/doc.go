// Package rules is the domain: rules, the files that hold them, the intents that change them, and the applier that
// walks the one path from an intent to a rule that is live.
//
// It knows no HTTP, no chat, no Git, no clock and no disk: a plan is run again when a race is lost, so everything
// that plans is a pure function of an intent and a rulebook. What touches the world stands behind Store and Ruler.
package rules
