//go:build unix

package box

import (
	"log/slog"
	"syscall"
)

// affordable is how many connections may be open, or fewer where the system does not let
// this process have so many descriptors: beside connections, running downloads have a file
// each. At the very limit, no log and no shard could be opened any more.
func affordable(l Limits, log *slog.Logger) int {
	const others = 64
	var have syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &have); err != nil {
		return l.Connections
	}
	most := int(min(have.Cur, 1<<30)) - others
	if most -= min(l.Requests, most/2); l.Connections == 0 || l.Connections > most {
		log.Info("the system's limit of open files is what bounds connections: raise it (LimitNOFILE, ulimit -n) for more", "connections", most, "files", have.Cur)
		return most
	}
	return l.Connections
}
