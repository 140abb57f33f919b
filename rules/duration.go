package rules

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// ParseDuration reads a duration as Prometheus and Loki write it (30s, 5m, 1h30m, 1d), or as people do where that can mean one thing only:
// "5 min", "1.5h", "PT5M", "5分". field is the argument's name for the error, an *Error of kind Invalid, whose Fixes are what a text with
// several meanings can mean: "300".
func ParseDuration(field, text string) (time.Duration, error) {
	parsed, err := model.ParseDuration(text)
	if err == nil {
		return time.Duration(parsed), nil
	}
	if d := spokenDuration(text); d > 0 {
		return d, nil
	}
	e := invalid(field, "%q is no duration. Write a number and a unit (s, m, h, d, w), such as 30s, 5m or 1h30m.", text)
	e.Cause = err
	e.Fixes = meantDurations(text)
	return 0, e
}

// FormatDuration returns a duration as rule files write it: 1h30m.
func FormatDuration(d time.Duration) string { return model.Duration(d).String() }

// units are the ways in which people write the units, after fold.
var units = unitsOf(map[time.Duration]string{
	time.Millisecond:   "ms msec millisecond milliseconds ミリ秒",
	time.Second:        "s sec secs second seconds sek sekunde sekunden seconde secondes 秒 秒間 びょう 초",
	time.Minute:        "m min mins minute minutes minuten 分 分間 ふん ぷん ふん間 分钟 분",
	time.Hour:          "h hr hrs hour hours std stunde stunden heure heures 時間 じかん 小时 小時 시간",
	24 * time.Hour:     "d day days tag tage tagen jour jours 日 日間 天 일",
	7 * 24 * time.Hour: "w week weeks woche wochen semaine semaines 週 週間 周 주",
})

func unitsOf(spellings map[time.Duration]string) map[string]time.Duration {
	units := map[string]time.Duration{}
	for unit, all := range spellings {
		for spelling := range strings.FieldsSeq(all) {
			units[spelling] = unit
		}
	}
	return units
}

// durationPart is a number, its unit, and 半 where half a unit more is said, or 半 alone and a unit of which half is meant. isoDuration is what ISO 8601 makes of minutes and hours.
var (
	durationPart = regexp.MustCompile(`^\s*(\d{1,6}(?:[.,]\d{1,3})?|[半一二三四五六七八九十])\s*(\p{Latin}+|[^\PL\p{Latin}半]+)(半?)[\s.]*`)
	isoDuration  = regexp.MustCompile(`^p(?:(\d{1,4}d))?(?:t((?:\d{1,6}[hms])+))?$`)
)

// longestSpoken is the longest duration that is read where its spelling is not the rulers' own.
const longestSpoken = 10 * 365 * 24 * time.Hour

// spokenDuration returns the one duration that a text means which the rulers do not read; 0 for none.
func spokenDuration(text string) time.Duration {
	rest := strings.TrimSpace(fold(text))
	if m := isoDuration.FindStringSubmatch(rest); m != nil {
		rest = m[1] + m[2]
	}
	var total time.Duration
	for rest != "" {
		m := durationPart.FindStringSubmatch(rest)
		if m == nil || units[m[2]] == 0 {
			return 0
		}
		number, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", "."), 64)
		switch half := m[1] == "半"; {
		case half && units[m[2]] < time.Hour:
			return 0 // 半分 is half of anything
		case half:
			number = 0.5
		case err != nil: // what the expression lets through is then a numeral of Japanese
			number = float64(strings.Index("一二三四五六七八九十", m[1])/len("一") + 1)
		}
		if m[3] != "" {
			number += 0.5
		}
		if number *= float64(units[m[2]]); number > float64(longestSpoken-total) {
			return 0
		}
		total += time.Duration(number).Round(time.Millisecond)
		rest = rest[len(m[0]):]
	}
	return total
}

var (
	bareNumber = regexp.MustCompile(`^\d{1,9}$`)
	clockTime  = regexp.MustCompile(`^(\d{1,2}):([0-5]\d)$`)
)

// meantDurations returns what a text may mean that is no duration: a number without a unit, a time as on a clock, a duration below zero.
func meantDurations(text string) []string {
	text = strings.TrimSpace(fold(text))
	if m := clockTime.FindStringSubmatch(text); m != nil {
		return onlyDurations(m[1]+"h"+m[2]+"m", m[1]+"m"+m[2]+"s")
	}
	if bareNumber.MatchString(text) {
		return onlyDurations(text+"m", text+"s", text+"h")
	}
	return onlyDurations(strings.TrimPrefix(text, "-"))
}

// onlyDurations returns those of the texts that are durations and more than zero, as rule files write them.
func onlyDurations(texts ...string) []string {
	var some []string
	for _, text := range texts {
		if d, err := model.ParseDuration(text); err == nil && d > 0 {
			some = append(some, text)
		}
	}
	return some
}
