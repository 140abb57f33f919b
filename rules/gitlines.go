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

// Occupied returns the error about what stands at a path in the rulebook where a change needs a file, or a directory, and why it can be none: a Conflict with
// InTheWay as its cause, and the commands of Git that take away what stands there, which no command of ours does.
func Occupied(path, why string) error {
	return &Error{
		Kind: Conflict, Offset: -1, Cause: InTheWay{path}, Shell: gitPushed([]string{gitRemove(path)}, "make room for "+path),
		Text: path + " " + why + ". Whoever may push takes away what stands there, with all that is in it, with Git, in a clone of the rulebook; then say this again.",
	}
}
