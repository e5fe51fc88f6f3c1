package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// chromium is a running browser with a profile of its own.
type chromium struct {
	cmd     *exec.Cmd
	profile string
	ended   chan struct{}

	mu   sync.Mutex
	said tail
}

func find() (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if name := os.Getenv("MIXTAB_CHROMIUM"); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no browser (looked for %s): `apt-get install chromium`, or set MIXTAB_CHROMIUM", strings.Join(names, ", "))
}

func start(browser, url string) (*chromium, error) {
	profile, err := os.MkdirTemp("", "gobrowser-")
	if err != nil {
		return nil, err
	}
	adapter := os.Getenv("MIXTAB_CHROMIUM_FLAGS")
	if adapter == "" {
		adapter = "--use-webgpu-adapter=swiftshader"
	}
	args := append([]string{"--headless", "--no-sandbox", "--enable-unsafe-webgpu",
		"--enable-webgpu-developer-features", // else timestamps are multiples of 100 µs
		"--user-data-dir=" + profile, "--no-first-run", "--no-default-browser-check",
		"--enable-blink-features=ForceEagerMeasureMemory", // else a page waits 14 s for its measure
		"--disable-extensions", "--disable-component-update", "--disable-background-networking",
		"--disable-background-timer-throttling", "--disable-renderer-backgrounding"},
		strings.Fields(adapter)...)
	c := &chromium{cmd: exec.Command(browser, append(args, url)...), profile: profile, ended: make(chan struct{})}
	c.cmd.Stderr, c.cmd.Stdout = c, c
	c.cmd.SysProcAttr = ownGroup()
	c.cmd.WaitDelay = time.Second
	if err := c.cmd.Start(); err != nil {
		os.RemoveAll(profile)
		return nil, err
	}
	go func() {
		c.cmd.Wait()
		close(c.ended)
	}()
	return c, nil
}

// Write keeps what Chromium logs, for when something fails.
func (c *chromium) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said.Write(p)
}

// log is what Chromium said last, but for its complaints about a missing D-Bus.
func (c *chromium) log() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var kept strings.Builder
	for line := range strings.Lines(c.said.String()) {
		if !strings.Contains(line, "dbus/") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// kill ends Chromium with all its processes and removes the profile.
func (c *chromium) kill() {
	killGroup(c.cmd)
	<-c.ended
	for range 20 { // processes that are just ending still write
		if err := os.RemoveAll(c.profile); err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
