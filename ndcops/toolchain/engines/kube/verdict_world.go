package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	resourcev1 "k8s.io/api/resource/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// kindsByPlural are the kinds that the scheduler's filters and its preemption read.
var kindsByPlural = map[string]func() runtime.Object{
	"nodes":                  func() runtime.Object { return &corev1.Node{} },
	"pods":                   func() runtime.Object { return &corev1.Pod{} },
	"namespaces":             func() runtime.Object { return &corev1.Namespace{} },
	"persistentvolumes":      func() runtime.Object { return &corev1.PersistentVolume{} },
	"persistentvolumeclaims": func() runtime.Object { return &corev1.PersistentVolumeClaim{} },
	"storageclasses":         func() runtime.Object { return &storagev1.StorageClass{} },
	"csinodes":               func() runtime.Object { return &storagev1.CSINode{} },
	"csidrivers":             func() runtime.Object { return &storagev1.CSIDriver{} },
	"csistoragecapacities":   func() runtime.Object { return &storagev1.CSIStorageCapacity{} },
	"volumeattachments":      func() runtime.Object { return &storagev1.VolumeAttachment{} },
	"resourceslices":         func() runtime.Object { return &resourcev1.ResourceSlice{} },
	"resourceclaims":         func() runtime.Object { return &resourcev1.ResourceClaim{} },
	"deviceclasses":          func() runtime.Object { return &resourcev1.DeviceClass{} },
	"poddisruptionbudgets":   func() runtime.Object { return &policyv1.PodDisruptionBudget{} },
}

// A world is one case's objects by Go type, and the pod that looks for a node.
type world struct {
	objects map[reflect.Type][]runtime.Object
	nodes   []*corev1.Node
	pods    []*corev1.Pod
	pod     *corev1.Pod
}

// readWorld refuses fields that no type has: a misspelt field of a case would test nothing.
func readWorld(objects map[string]json.RawMessage, pod json.RawMessage) (*world, error) {
	result := &world{objects: map[reflect.Type][]runtime.Object{}, pod: &corev1.Pod{}}
	for plural, list := range objects {
		newObject, known := kindsByPlural[plural]
		if !known {
			continue // a kind that the scheduler does not read, such as daemonsets
		}
		var items []json.RawMessage
		if err := json.Unmarshal(list, &items); err != nil {
			return nil, fmt.Errorf("%s is no list: %w", plural, err)
		}
		for number, item := range items {
			object := newObject()
			if err := decodeStrictly(item, object); err != nil {
				return nil, fmt.Errorf("%s[%d]: %w", plural, number, err)
			}
			result.add(object)
		}
	}
	if err := decodeStrictly(pod, result.pod); err != nil {
		return nil, fmt.Errorf("pod: %w", err)
	}
	result.add(result.pod)
	return result, nil
}

func decodeStrictly(text []byte, object runtime.Object) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(object)
}

func (w *world) add(object runtime.Object) {
	kind := reflect.TypeOf(object)
	w.objects[kind] = append(w.objects[kind], object)
	switch typed := object.(type) {
	case *corev1.Node:
		w.nodes = append(w.nodes, typed)
	case *corev1.Pod:
		w.pods = append(w.pods, typed)
	}
}

// residents are the pods that the scheduler's cache counts: bound, not ended, on a node that is there.
func (w *world) residents() []*corev1.Pod {
	present := map[string]bool{}
	for _, node := range w.nodes {
		present[node.Name] = true
	}
	var found []*corev1.Pod
	for _, pod := range w.pods {
		ended := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
		if pod != w.pod && !ended && present[pod.Spec.NodeName] {
			found = append(found, pod)
		}
	}
	return found
}

func keyOf(object metav1.Object) string {
	return object.GetNamespace() + "/" + object.GetName()
}
