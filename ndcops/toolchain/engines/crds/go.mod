module ndcops.local/engines/crds

go 1.26.0

require (
	github.com/cloudnative-pg/cloudnative-pg v1.28.0
	github.com/csi-addons/kubernetes-csi-addons v0.13.0
	github.com/kubernetes-csi/external-snapshotter/client/v8 v8.4.0
	sigs.k8s.io/gateway-api v1.4.1
)
