package rules

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	percentNumber  = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*%$`)
	thousandNumber = regexp.MustCompile(`^\d{1,3}(?:,\d{3})+$`)
	sizedNumber    = regexp.MustCompile(`^(\d+)([km])$`)
	wordyNumber    = regexp.MustCompile(`^(?:>|more than|over)?\s*(\d+(?:\.\d+)?)\s*(?:回|件|行|lines?|times|x)?(?:以上)?$`)
	wordyPercent   = regexp.MustCompile(`^(?:>=?|more than|over|above)?\s*(\d+(?:\.\d+)?)\s*(?:%|percent|パーセント)?\s*(?:以上|を?超)?$`)
)

// MeantNumbers returns what a text that is no number may mean: a percentage, thousands, a number with its unit or comparison.
func MeantNumbers(text string) []string {
	text = strings.TrimSpace(fold(text))
	switch {
	case percentNumber.MatchString(text):
		number := strings.TrimSpace(strings.TrimSuffix(text, "%"))
		part, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return nil
		}
		return []string{number, strconv.FormatFloat(part/100, 'f', -1, 64)}
	case thousandNumber.MatchString(text):
		return []string{strings.ReplaceAll(text, ",", "")}
	case sizedNumber.MatchString(text):
		return []string{strings.NewReplacer("k", "000", "m", "000000").Replace(text)}
	}
	if m := wordyNumber.FindStringSubmatch(text); m != nil {
		return []string{m[1]}
	}
	return nil
}

// meantPercentage returns what a text that is no percentage means, where it has one with words around it.
func meantPercentage(text string) []string {
	m := wordyPercent.FindStringSubmatch(strings.TrimSpace(fold(text)))
	if m == nil {
		return nil
	}
	if n, err := strconv.ParseFloat(m[1], 64); err == nil && n <= 100 {
		return m[1:]
	}
	return nil
}

// Doubt returns an error for a value which somebody has typed for the parameter, and which is one, but can be meant otherwise: 0.9 for a percentage.
// nil for any other.
func (p Parameter) Doubt(typed string) error {
	n, err := strconv.ParseFloat(fold(typed), 64)
	if doubtful := err == nil && 0 < n && n < 1; !doubtful || p.Type != percentageType {
		return nil
	}
	hundredfold := strconv.FormatFloat(n*100, 'g', 10, 64)
	e := invalid(p.Name, "%s= is a percentage: %s is less than one of a hundred. If so little is meant, write %[2]s%%.", p.Name, strings.TrimSpace(fold(typed)))
	e.Fixes = []string{hundredfold, strings.TrimSpace(fold(typed)) + "%"}
	return e
}
