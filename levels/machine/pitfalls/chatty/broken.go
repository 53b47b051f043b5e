package chatty

// broken reads the values of keys from a server on another machine.
func broken(server *Server, keys []string) ([]string, error) {
	var values []string
	for _, key := range keys {
		value, err := server.Get(key) // WRONG: no key leaves before the last is back
		if err != nil {
			return nil, err
		}
		values = append(values, value...)
	}
	return values, nil
}
