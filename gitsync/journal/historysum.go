package journal

import "strings"

// What the index of the history says is proved by sums (see rowsum.go).

var (
	historyTips     = summed{"history", strings.Fields("one fingerprint tips commits rules versions"), "'its only row'"}
	historyCommits  = summed{"history_commits", strings.Fields("position revision parents time author_name author_email author_id who who_id action request_id subject body trailers undoes did line"), "'position ' || position"}
	historyRules    = summed{"history_rules", strings.Fields("id ruler path grp name nth"), "'id ' || id"}
	historyVersions = summed{"history_versions", strings.Fields("position n kind rule came_from name was nth"), "'position ' || position || ', n ' || n"}
)

var (
	addCommit  = historyCommits.insert("INSERT")
	addRule    = historyRules.insert("INSERT")
	addVersion = historyVersions.insert("INSERT")
	setHistory = historyTips.insert("INSERT OR REPLACE")
)
