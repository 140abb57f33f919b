// Package ruler holds the programs that evaluate rules, each behind rules.Ruler: how rule files get in front of them, how they are
// made to read them, and what they say that they run.
//
// It knows no chat and no Git, and judges no rule: whether what a ruler runs is what was wanted is the applier's question.
package ruler
