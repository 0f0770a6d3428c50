//go:build tools

// Package tools keeps cluster-capacity in this module's requirements.
package tools

import _ "sigs.k8s.io/cluster-capacity/cmd/hypercc"
