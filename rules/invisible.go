package rules

import (
	"unicode"
	"unicode/utf8"
)

// Invisible reports whether a rune is one that nobody sees and that can change what others look like: control characters,
// marks that turn the direction of writing, invalid bytes.
func Invisible(r rune) bool {
	return unicode.IsControl(r) || r == utf8.RuneError ||
		r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff || r >= 0xe0000 && r <= 0xe0fff
}
