package bot

import "strings"

// JoinWords makes one command of the words that a shell made of a line. A word that the chat takes for one word too stays as it
// is; any other was quoted in the shell, so it is quoted again. A single word is a whole command.
func JoinWords(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	joined := make([]string, len(words))
	for i, w := range words {
		joined[i] = asOneWord(w)
	}
	return strings.Join(joined, " ")
}

// DryRun returns a command with --dry-run behind its name, where it is a word of its own whatever follows: text in quotes or pasted YAML.
func DryRun(command string) string {
	name, _, end := firstWord(command, 0)
	for end < len(command) && isBefore(name, "/alert") {
		name, _, end = firstWord(command, end)
	}
	rest := command[end:]
	if below := strings.TrimLeftFunc(rest, isSpace); ruleStart.MatchString(below) { // YAML that begins on the line of the name
		rest = "\n" + below
	}
	return command[:end] + " --dry-run" + rest
}

// asOneWord returns a text so that it is scanned as one word: with quotes, where needed, around it or the value of `key=`.
func asOneWord(text string) string {
	if words, next, err := scanLine(text, 0); err == nil && len(words) == 1 && words[0].end == len(text) && next == len(text) {
		return text
	}
	if key, value, found := strings.Cut(text, "="); found && key != "" && strings.IndexFunc(key, func(r rune) bool { return !isKeyRune(r) }) < 0 {
		return key + "=" + quote(value)
	}
	return quote(text)
}
