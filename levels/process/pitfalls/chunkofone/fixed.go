package chunkofone

import "slices"

// fixed sends 512 items at a time.
func fixed(items []uint64, hash func([]uint64) ([]uint64, error)) (hashes []uint64, err error) {
	for chunk := range slices.Chunk(items, 512) {
		answers, err := hash(chunk)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, answers...)
	}
	return hashes, nil
}
