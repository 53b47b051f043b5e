package child

import "errors"

// Pause stops the process where it is, on systems that can.
func (p *Process) Pause() error { return errors.ErrUnsupported }

// Resume has it go on.
func (p *Process) Resume() error { return errors.ErrUnsupported }
