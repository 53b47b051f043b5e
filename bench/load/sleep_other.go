//go:build !linux

package load

import "time"

// nap is the longest sleep that the thread itself sleeps: none here.
const nap = 0

func punctual() (undo func()) { return func() {} }

func doze(time.Duration) {}
