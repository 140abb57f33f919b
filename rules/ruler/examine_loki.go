package ruler

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// muchToRead is how many bytes a rule may read a day without a warning.
const muchToRead = 100e9

// lookInLoki asks Loki (3.7.8 was tried) for the streams of a selector, and how much was logged there within a day.
func lookInLoki(ctx context.Context, x *examination, read expr.Read) error {
	day := x.lastDay()
	query := url.Values{"query": {read.Selector}}
	maps.Copy(query, day)
	var stats struct {
		Streams int     `json:"streams"`
		Bytes   float64 `json:"bytes"`
	}
	if err := x.get(ctx, []string{"loki", "api", "v1", "index", "stats"}, query, &stats); err != nil {
		return err
	}
	if stats.Streams == 0 {
		var series struct {
			Data []struct{} `json:"data"`
		}
		day.Set("match[]", read.Selector)
		if err := x.get(ctx, []string{"loki", "api", "v1", "series"}, day, &series); err != nil {
			return err
		}
		if stats.Streams = len(series.Data); stats.Streams == 0 {
			return x.missingStreams(ctx, read)
		}
	}
	streams := fmt.Sprintf("%d streams", stats.Streams)
	if stats.Streams == 1 {
		streams = "1 stream"
	}
	if stats.Bytes == 0 { // the index knows only what was written to storage, which takes Loki up to two hours
		x.reads(rules.SeverityInfo, read, streams)
		return nil
	}
	times := max(1, float64(read.Window)/float64(cmp.Or(x.entry.Interval, time.Minute)))
	severity := rules.SeverityInfo
	if stats.Bytes*times > muchToRead {
		severity = rules.SeverityWarning
	}
	x.reads(severity, read, fmt.Sprintf("%s; %s were stored of them within 1d, and each line is read %.3g times while it is in the window: %s a day",
		streams, size(stats.Bytes), times, size(stats.Bytes*times)))
	return nil
}

// lastDay returns the parameters that ask for the last 24 hours.
func (x *examination) lastDay() url.Values {
	return url.Values{"start": {strconv.FormatInt(x.now.Add(-24*time.Hour).UnixNano(), 10)}, "end": {strconv.FormatInt(x.now.UnixNano(), 10)}}
}

// missingStreams finds out what of a selector Loki does not know.
func (x *examination) missingStreams(ctx context.Context, read expr.Read) error {
	typed, known, err := unknown(read.Matchers,
		func() ([]string, error) { return x.list(ctx, []string{"loki", "api", "v1", "labels"}, x.lastDay()) },
		func(label string) ([]string, error) {
			return x.list(ctx, []string{"loki", "api", "v1", "label", label, "values"}, x.lastDay())
		})
	if err == nil {
		x.missing(read, "had no log stream within 1d", typed, known)
	}
	return err
}

// size writes a number of bytes for a person.
func size(bytes float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if bytes < 1000 {
			return fmt.Sprintf("%.3g %s", bytes, unit)
		}
		bytes /= 1000
	}
	return fmt.Sprintf("%.3g TB", bytes)
}
