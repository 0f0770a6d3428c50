package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/dynamic-resource-allocation/deviceclass/extendedresourcecache"
	resourceslicetracker "k8s.io/dynamic-resource-allocation/resourceslice/tracker"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/features"
	"k8s.io/kubernetes/pkg/scheduler"
	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/dynamicresources"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodevolumelimits"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
	"k8s.io/kubernetes/pkg/scheduler/util/assumecache"
)

// A filterBench is the default profile of this Kubernetes version, ready to judge one world after the other.
type filterBench struct {
	profile  schedulerapi.KubeSchedulerProfile
	registry frameworkruntime.Registry
}

func newFilterBench() (*filterBench, error) {
	config, err := latest.Default()
	if err != nil {
		return nil, err
	}
	metrics.Register()
	return &filterBench{config.Profiles[0], plugins.NewInTreeRegistry()}, nil
}

func printProfile(output io.Writer) error {
	bench, err := newFilterBench()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	profile, err := bench.framework(ctx, &world{}, cache.NewEmptySnapshot())
	if err != nil {
		return err
	}
	gates := map[string]bool{}
	for name := range utilfeature.DefaultMutableFeatureGate.GetAll() {
		gates[string(name)] = utilfeature.DefaultFeatureGate.Enabled(name)
	}
	listed := map[string]any{"plugins": profile.ListPlugins(), "gates": gates}
	return json.NewEncoder(output).Encode(listed)
}

// framework builds the plugins as scheduler.New does, over fixed objects and the given snapshot.
func (b *filterBench) framework(
	ctx context.Context, objects *world, snapshot *cache.Snapshot,
) (framework.Framework, error) {
	factory := newWorldFactory(objects)
	claims := assumecache.NewAssumeCache(
		klog.FromContext(ctx), factory.Resource().V1().ResourceClaims().Informer(), "ResourceClaim", "", nil,
	)
	sliceOptions := resourceslicetracker.Options{
		EnableDeviceTaintRules:   utilfeature.DefaultFeatureGate.Enabled(features.DRADeviceTaintRules),
		EnableConsumableCapacity: utilfeature.DefaultFeatureGate.Enabled(features.DRAConsumableCapacity),
		SliceInformer:            factory.Resource().V1().ResourceSlices(),
	}
	if sliceOptions.EnableDeviceTaintRules {
		sliceOptions.TaintInformer = factory.Resource().V1beta2().DeviceTaintRules()
		sliceOptions.ClassInformer = factory.Resource().V1().DeviceClasses()
	}
	slices, err := resourceslicetracker.StartTracker(ctx, sliceOptions)
	if err != nil {
		return nil, err
	}
	devices := dynamicresources.NewDRAManager(ctx, claims, slices, factory)
	if utilfeature.DefaultFeatureGate.Enabled(features.DRAExtendedResource) {
		known := devices.DeviceClassResolver().(*extendedresourcecache.ExtendedResourceCache)
		if _, err := factory.Resource().V1().DeviceClasses().Informer().AddEventHandler(known); err != nil {
			return nil, err
		}
	}
	return frameworkruntime.NewFramework(ctx, b.registry, &b.profile,
		frameworkruntime.WithInformerFactory(factory),
		frameworkruntime.WithSnapshotSharedLister(snapshot),
		frameworkruntime.WithSharedDRAManager(devices),
		frameworkruntime.WithSharedCSIManager(nodevolumelimits.NewCSIManager(factory.Storage().V1().CSINodes().Lister())),
		frameworkruntime.WithPodNominator(nobodyNominated{}),
		frameworkruntime.WithWaitingPods(frameworkruntime.NewWaitingPodsMap()),
		frameworkruntime.WithPodsInPreBind(frameworkruntime.NewPodsInPreBindMap()),
	)
}

// judge runs one scheduling cycle up to the filters, on every node: what schedule_one.go's schedulePod does,
// without sampling, extenders and scores.
func (b *filterBench) judge(objects *world) (verdict, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // ends what NewFramework started
	snapshot := cache.NewSnapshot(objects.residents(), objects.nodes)
	profile, err := b.framework(ctx, objects, snapshot)
	if err != nil {
		return verdict{}, err
	}
	if len(objects.nodes) == 0 {
		return verdict{Feasible: []string{}, Message: scheduler.ErrNoNodesAvailable.Error()}, nil
	}
	cycle := &filterCycle{profile: profile, snapshot: snapshot, world: objects, state: framework.NewCycleState()}
	cycle.diagnosis.NodeToStatus = framework.NewDefaultNodeToStatus()
	if status := cycle.preEnqueue(ctx); !status.IsSuccess() {
		return cycle.refusedWhole(status, nil)
	}
	return cycle.run(ctx)
}

// A filterCycle is one pod's way through PreEnqueue, PreFilter and Filter.
type filterCycle struct {
	profile   framework.Framework
	snapshot  *cache.Snapshot
	world     *world
	state     fwk.CycleState
	diagnosis framework.Diagnosis
}

func (c *filterCycle) preEnqueue(ctx context.Context) *fwk.Status {
	for _, plugin := range c.profile.PreEnqueuePlugins() {
		if status := plugin.PreEnqueue(ctx, c.world.pod); !status.IsSuccess() {
			return status.WithPlugin(plugin.Name())
		}
	}
	return nil
}

func (c *filterCycle) run(ctx context.Context) (verdict, error) {
	allowed, status, narrowedBy := c.profile.RunPreFilterPlugins(ctx, c.state, c.world.pod)
	if !status.IsSuccess() {
		answer, err := c.refusedWhole(status, narrowedBy)
		if err == nil {
			answer.Preemption, err = c.preemption(ctx)
		}
		return answer, err
	}
	nodes, err := c.allowedNodes(allowed, narrowedBy)
	if err != nil {
		return verdict{}, err
	}
	answer := verdict{Feasible: []string{}, NarrowedBy: sets.List(narrowedBy), Refused: map[string]refusal{}}
	for _, node := range nodes {
		status := c.profile.RunFilterPluginsWithNominatedPods(ctx, c.state, c.world.pod, node)
		if status.Code() == fwk.Error {
			return verdict{}, fmt.Errorf("plugin %s on node %s: %w", status.Plugin(), node.Node().Name, status.AsError())
		}
		if status.IsSuccess() {
			answer.Feasible = append(answer.Feasible, node.Node().Name)
		} else {
			c.diagnosis.NodeToStatus.Set(node.Node().Name, status)
		}
	}
	sort.Strings(answer.Feasible)
	for _, node := range c.world.nodes {
		if status := c.diagnosis.NodeToStatus.Get(node.Name); !sets.New(answer.Feasible...).Has(node.Name) {
			answer.Refused[node.Name] = refusal{status.Plugin(), status.Reasons()}
		}
	}
	if len(answer.Feasible) == 0 {
		answer.Message = c.fitError().Error()
		answer.Preemption, err = c.preemption(ctx)
	}
	return answer, err
}

// allowedNodes are those that PreFilter left; the others get the status that findNodesThatFitPod gives them.
func (c *filterCycle) allowedNodes(allowed *fwk.PreFilterResult, narrowedBy sets.Set[string]) ([]fwk.NodeInfo, error) {
	if allowed.AllNodes() {
		return c.snapshot.NodeInfos().List()
	}
	var nodes []fwk.NodeInfo
	for name := range allowed.NodeNames {
		if node, err := c.snapshot.NodeInfos().Get(name); err == nil { // a name that no node has is passed over
			nodes = append(nodes, node)
		}
	}
	reason := fmt.Sprintf("node(s) didn't satisfy plugin(s) %v", sets.List(narrowedBy))
	c.diagnosis.NodeToStatus.SetAbsentNodesStatus(fwk.NewStatus(fwk.UnschedulableAndUnresolvable, reason))
	return nodes, nil
}

// refusedWhole is the answer when no node was looked at; an error when the refusal is none but a failure.
func (c *filterCycle) refusedWhole(status *fwk.Status, narrowedBy sets.Set[string]) (verdict, error) {
	if !status.IsRejected() {
		return verdict{}, errors.Join(errors.New("before the filters"), status.AsError())
	}
	c.diagnosis.NodeToStatus.SetAbsentNodesStatus(status)
	c.diagnosis.PreFilterMsg = status.Message()
	return verdict{
		Feasible:   []string{},
		Message:    c.fitError().Error(),
		Prefilter:  &refusal{status.Plugin(), status.Reasons()},
		NarrowedBy: sets.List(narrowedBy),
	}, nil
}

func (c *filterCycle) fitError() *framework.FitError {
	return &framework.FitError{Pod: c.world.pod, NumAllNodes: len(c.world.nodes), Diagnosis: c.diagnosis}
}

// nobodyNominated: no other pod waits for the victims of its own preemption to end.
type nobodyNominated struct{}

func (nobodyNominated) AddNominatedPod(klog.Logger, fwk.PodInfo, *fwk.NominatingInfo) {}
func (nobodyNominated) DeleteNominatedPodIfExists(*corev1.Pod)                        {}
func (nobodyNominated) UpdateNominatedPod(klog.Logger, *corev1.Pod, fwk.PodInfo)      {}
func (nobodyNominated) NominatedPodsForNode(string) []fwk.PodInfo                     { return nil }
