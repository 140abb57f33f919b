package rules

import "strings"

// ShellWord returns a text as one word of a shell.
func ShellWord(text string) string {
	if !strings.ContainsAny(text, " \t\n'\"\\$`!*?[]{}()<>|&;#~") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
