package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// measureStart measures how long the real program needs from its start until it says that it is ready, with everything there that it
// keeps between two runs, and its memory: the most that it ever had, by then and after some commands.
func measureStart(ctx context.Context, l *lab) ([]result, error) {
	service, err := l.service(ctx, large)
	if err != nil {
		return nil, err
	}
	var taken times
	for range 5 {
		if err := service.quit(); err != nil {
			return nil, err
		}
		took, err := service.start(ctx)
		if err != nil {
			return nil, err
		}
		taken = append(taken, took)
	}
	atStart, err := service.memory()
	if err != nil {
		return nil, err
	}
	some := &changes{service: service, shape: large, prefix: "start"}
	if _, err := some.times(ctx, 100); err != nil {
		return nil, err
	}
	peak, err := service.memory()
	if err != nil {
		return nil, err
	}
	l.say("memory, most ever: %d MB when ready, %d MB after 100 changes", atStart>>20, peak>>20)
	const limit = 200 << 20
	return []result{
		under("start", "start with a warm index, until ready", taken.median(), time.Second),
		{"memory", "memory, the most ever", fmt.Sprintf("%d MB", peak>>20), "-", "-", "< 200 MB", peak < limit},
	}, nil
}

// memory returns the most memory that the process ever had resident, in bytes.
func (s *service) memory() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), "VmHWM:"); found {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("the kernel does not tell the memory of process %d", s.process.Process.Pid)
}
