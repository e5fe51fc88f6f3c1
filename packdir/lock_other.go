//go:build !linux && !darwin

package packdir

import "os"

func tryLock(*os.File) bool { return true } // two commands at once are not noticed here
