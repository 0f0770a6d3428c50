"""Does a pod fit: the filters of kube-scheduler over columns of nodes and groups of equal pods. Never says yes
where the scheduler would refuse; what it cannot decide it refuses and says so.
"""

from ndcops.capacity.plan.fit.cluster import Cluster as Cluster
from ndcops.capacity.plan.fit.pod_shape import PodShape as PodShape
from ndcops.capacity.plan.fit.pod_shape import pod_shape as pod_shape
from ndcops.capacity.plan.fit.verdict import Verdict as Verdict
