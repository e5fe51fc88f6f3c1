package process

import "syscall"

// dieWithParent keeps no server running behind a measurement that was killed.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
