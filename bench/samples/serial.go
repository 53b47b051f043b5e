package samples

// Serial finds among the cells the serial row to divide c by: of the same benchmark, work
// and size, asked in the same way. Widths and distances are not looked at, for serial has
// none. It returns nil if there is none.
func Serial(among []*Cell, c *Cell) *Cell {
	for _, s := range among {
		n := s.Name
		same := n.Base == c.Name.Base && n.Work == c.Name.Work && n.Grain == c.Name.Grain
		if n.Level == "serial" && same && n.Part("mode") == c.Name.Part("mode") && n.Part("load") == c.Name.Part("load") {
			return s
		}
	}
	return nil
}
