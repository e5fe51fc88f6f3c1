package box

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/coreos/go-systemd/v22/activation"
)

// listen opens what one entry of Config.Listen asks for.
func listen(spec string, unixMode fs.FileMode) ([]net.Listener, error) {
	if spec == "systemd" {
		return listenSystemd()
	}
	var l net.Listener
	var err error
	if path, unix := strings.CutPrefix(spec, "unix:"); unix {
		l, err = listenUnix(path, unixMode)
	} else {
		l, err = listenTCP(spec)
	}
	if err != nil {
		return nil, err
	}
	return []net.Listener{l}, nil
}

// listenTCP opens host:port.
func listenTCP(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, refusedAs(err, address)
	}
	return l, nil
}

// refusedAs says what to do where the system refuses a port.
func refusedAs(err error, address string) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is taken by another program: stop it, or choose another port", address)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: this user may not open a port below 1024: choose a higher one, let systemd open it (-listen systemd), or allow it with setcap cap_net_bind_service=+ep", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine: use one that it has, or :port for all of them", address)
	}
	return fmt.Errorf("%w: use host:port, unix:PATH or systemd", err)
}

// listenUnix opens a socket in the file system. One that a server left behind when it was
// killed is removed, but only if it is a socket and nobody answers on it.
func listenUnix(path string, mode fs.FileMode) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if errors.Is(err, syscall.EADDRINUSE) {
		if err := removeStale(path); err != nil {
			return nil, err
		}
		l, err = net.Listen("unix", path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("unix:%s: its folder is missing: make it first", path)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("unix:%s: this user may not write to its folder: choose another, or change the folder's owner", path)
	case errors.Is(err, syscall.EINVAL):
		return nil, fmt.Errorf("unix:%s: the path is too long for a socket: the system allows about 100 characters", path)
	case err != nil:
		return nil, err
	}
	// Until here it has the mode that the umask leaves, which lets no others write, and
	// with it connect.
	if err := os.Chmod(path, mode); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // its server has just ended
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("unix:%s is a file and no socket: choose another path, or remove it", path)
	}
	c, err := net.Dial("unix", path)
	if err == nil {
		c.Close()
		return fmt.Errorf("unix:%s is in use by another program: stop it, or choose another path", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("unix:%s is there, and whether somebody listens cannot be told (%w): remove it if nobody does", path, err)
	}
	return os.Remove(path)
}

// listenSystemd takes the sockets that systemd opened for this process.
func listenSystemd() ([]net.Listener, error) {
	all, err := activation.Listeners()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("systemd handed over no socket: start the server by its .socket unit")
	}
	for _, l := range all {
		if l == nil {
			return nil, errors.New("systemd handed over something that is no listening stream socket: use ListenStream in the .socket unit")
		}
		if unix, ok := l.(*net.UnixListener); ok {
			unix.SetUnlinkOnClose(false) // the socket unit keeps it for the next start
		}
	}
	return all, nil
}
