package chunkofone

// broken has a worker process hash all items.
func broken(items []uint64, hash func([]uint64) ([]uint64, error)) (hashes []uint64, err error) {
	for i := range items {
		answers, err := hash(items[i : i+1]) // WRONG: a round trip between processes for each item
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, answers...)
	}
	return hashes, nil
}
