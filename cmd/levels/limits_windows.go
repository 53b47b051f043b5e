package main

// enoughFiles has nothing to say: there is no such limit.
func enoughFiles() error { return nil }
