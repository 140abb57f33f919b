package rules

// gitRemove returns the command of Git, for a clone, that removes a path with all that is below it: that path alone, whatever signs are in its name.
func gitRemove(path string) string { return "git --literal-pathspecs rm -rq -- " + ShellWord(path) }

// gitRestore returns the command of Git that makes a path what it was in a commit.
func gitRestore(revision, path string) string {
	return "git --literal-pathspecs checkout -q " + ShortRevision(revision) + " -- " + ShellWord(path)
}

// gitPushed returns commands of Git with those around them that make a commit of what they do on top of the newest state, and push it.
func gitPushed(lines []string, message string) []string {
	all := append([]string{"git pull"}, lines...)
	return append(all, "git commit -m "+ShellWord(message), "git push")
}
