package rules

import "regexp"

var mattermostID = regexp.MustCompile(`^[a-z0-9]{26}$`)

// IsMattermostID reports whether a text is an id as Mattermost 11 writes those of everything: 26 lower-case letters and digits.
func IsMattermostID(text string) bool { return mattermostID.MatchString(text) }
