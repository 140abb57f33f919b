package rules

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// ParseDuration reads a duration as Prometheus and Loki write it: 30s, 5m, 1h30m, 1d. field is the argument's name for the error,
// an *Error of kind Invalid, which knows what people write instead ("5 min", "5分") and offers it in Fixes.
func ParseDuration(field, text string) (time.Duration, error) {
	parsed, err := model.ParseDuration(text)
	if err == nil {
		return time.Duration(parsed), nil
	}
	e := invalid(field, "%q is no duration. Write a number and a unit (s, m, h, d, w), such as 30s, 5m or 1h30m.", text)
	e.Cause = err
	e.Fixes = meantDurations(text)
	return 0, e
}

// FormatDuration returns a duration as rule files write it: 1h30m.
func FormatDuration(d time.Duration) string { return model.Duration(d).String() }

// units are the ways in which people write the units, after fold.
var units = map[string]time.Duration{
	"ms": time.Millisecond, "msec": time.Millisecond, "ミリ秒": time.Millisecond,
	"s": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second, "秒": time.Second, "秒間": time.Second,
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute, "分": time.Minute, "分間": time.Minute, "分钟": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hrs": time.Hour, "hour": time.Hour, "hours": time.Hour, "時間": time.Hour, "小时": time.Hour, "std": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour, "日": 24 * time.Hour, "日間": 24 * time.Hour, "天": 24 * time.Hour, "tage": 24 * time.Hour,
	"w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour, "weeks": 7 * 24 * time.Hour, "週間": 7 * 24 * time.Hour, "周": 7 * 24 * time.Hour,
}

var durationPart = regexp.MustCompile(`^\s*(\d{1,6}(?:[.,]\d{1,3})?)\s*(\pL*)[\s.]*`)

// meantDurations returns what a text that is no duration may mean.
func meantDurations(text string) []string {
	rest := strings.TrimSpace(fold(text))
	if _, err := strconv.ParseUint(rest, 10, 32); err == nil {
		return []string{rest + "m", rest + "s", rest + "h"}
	}
	var total time.Duration
	for rest != "" {
		m := durationPart.FindStringSubmatch(rest)
		if m == nil || units[m[2]] == 0 {
			return nil
		}
		number, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", "."), 64)
		if err != nil {
			return nil
		}
		total += time.Duration(number * float64(units[m[2]])).Round(time.Millisecond)
		rest = rest[len(m[0]):]
	}
	if total <= 0 {
		return nil
	}
	return []string{FormatDuration(total)}
}
