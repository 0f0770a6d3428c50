package main

import (
	"context"

	"k8s.io/apimachinery/pkg/labels"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	fwk "k8s.io/kube-scheduler/framework"
	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/defaultpreemption"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/feature"
)

// preemption returns the victims of each node on which evicting pods of less priority would make room, by the
// dry run of the real plugin; it tries every candidate node where the scheduler would stop at enough of them.
func (c *filterCycle) preemption(ctx context.Context) (map[string][]string, error) {
	candidates := map[string][]string{}
	arguments := &schedulerapi.DefaultPreemptionArgs{MinCandidateNodesPercentage: 100, MinCandidateNodesAbsolute: 100}
	gates := feature.NewSchedulerFeaturesFromGates(utilfeature.DefaultFeatureGate)
	plugin, err := defaultpreemption.New(ctx, arguments, c.profile, gates)
	if err != nil {
		return nil, err
	}
	statuses := c.diagnosis.NodeToStatus
	nominated := statuses.Get(c.world.pod.Status.NominatedNodeName)
	if eligible, _ := plugin.PodEligibleToPreemptOthers(ctx, c.world.pod, nominated); !eligible {
		return candidates, nil
	}
	helped, err := statuses.NodesForStatusCode(c.snapshot.NodeInfos(), fwk.Unschedulable)
	if err != nil || len(helped) == 0 {
		return candidates, err
	}
	budgets, err := c.profile.SharedInformerFactory().Policy().V1().PodDisruptionBudgets().Lister().List(labels.Everything())
	if err != nil {
		return nil, err
	}
	found, _, err := plugin.Evaluator.DryRunPreemption(ctx, c.state, c.world.pod, helped, budgets, 0, int32(len(helped)+1))
	for _, candidate := range found {
		victims := []string{}
		for _, victim := range candidate.Victims().Pods {
			victims = append(victims, keyOf(victim))
		}
		candidates[candidate.Name()] = victims
	}
	return candidates, err
}
