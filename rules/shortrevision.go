package rules

// ShortRevision returns the first digits of a commit's hash, as people are shown it.
func ShortRevision(revision string) string { return revision[:min(len(revision), 7)] }
