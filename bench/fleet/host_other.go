//go:build !linux

package fleet

import (
	"context"
	"errors"
)

func (h *Host) startApart(context.Context, Config, string) (token string, err error) {
	return "", errors.New("network namespaces are a thing of Linux")
}
