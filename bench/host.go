package bench

// Host names what results of this machine and this tree are marked with: the commit that
// the tree in root is at, and the processor.
func Host(root string) (commit, cpu string) { return commitOf(root), cpuName() }
