/* SPDX-License-Identifier: Apache-2.0 */
#include "model/resource.h"

/* group/version, then its resources as plural/singular/Kind; "+" before those in a namespace. The order is that of the API
   server's discovery. */
static const struct {
	const char *group, *version;
	const char *resources[24];
} groups[] = {
	{"",
	 "v1",
	 {"+bindings/binding/Binding", "componentstatuses/componentstatus/ComponentStatus",
	  "+configmaps/configmap/ConfigMap", "+endpoints/endpoints/Endpoints", "+events/event/Event",
	  "+limitranges/limitrange/LimitRange", "namespaces/namespace/Namespace", "nodes/node/Node",
	  "+persistentvolumeclaims/persistentvolumeclaim/PersistentVolumeClaim",
	  "persistentvolumes/persistentvolume/PersistentVolume", "+pods/pod/Pod",
	  "+podtemplates/podtemplate/PodTemplate",
	  "+replicationcontrollers/replicationcontroller/ReplicationController",
	  "+resourcequotas/resourcequota/ResourceQuota", "+secrets/secret/Secret",
	  "+serviceaccounts/serviceaccount/ServiceAccount", "+services/service/Service"}},
	{"apps",
	 "v1",
	 {"+controllerrevisions/controllerrevision/ControllerRevision", "+daemonsets/daemonset/DaemonSet",
	  "+deployments/deployment/Deployment", "+replicasets/replicaset/ReplicaSet",
	  "+statefulsets/statefulset/StatefulSet"}},
	{"events.k8s.io", "v1", {"+events/event/Event"}},
	{"autoscaling", "v2", {"+horizontalpodautoscalers/horizontalpodautoscaler/HorizontalPodAutoscaler"}},
	{"batch", "v1", {"+cronjobs/cronjob/CronJob", "+jobs/job/Job"}},
	{"certificates.k8s.io",
	 "v1",
	 {"certificatesigningrequests/certificatesigningrequest/CertificateSigningRequest"}},
	{"networking.k8s.io",
	 "v1",
	 {"ingressclasses/ingressclass/IngressClass", "+ingresses/ingress/Ingress", "ipaddresses/ipaddress/IPAddress",
	  "+networkpolicies/networkpolicy/NetworkPolicy", "servicecidrs/servicecidr/ServiceCIDR"}},
	{"policy", "v1", {"+poddisruptionbudgets/poddisruptionbudget/PodDisruptionBudget"}},
	{"rbac.authorization.k8s.io",
	 "v1",
	 {"clusterrolebindings/clusterrolebinding/ClusterRoleBinding", "clusterroles/clusterrole/ClusterRole",
	  "+rolebindings/rolebinding/RoleBinding", "+roles/role/Role"}},
	{"storage.k8s.io",
	 "v1",
	 {"csidrivers/csidriver/CSIDriver", "csinodes/csinode/CSINode",
	  "+csistoragecapacities/csistoragecapacity/CSIStorageCapacity", "storageclasses/storageclass/StorageClass",
	  "volumeattachments/volumeattachment/VolumeAttachment"}},
	{"scheduling.k8s.io", "v1", {"priorityclasses/priorityclass/PriorityClass"}},
	{"coordination.k8s.io", "v1", {"+leases/lease/Lease"}},
	{"node.k8s.io", "v1", {"runtimeclasses/runtimeclass/RuntimeClass"}},
	{"discovery.k8s.io", "v1", {"+endpointslices/endpointslice/EndpointSlice"}},
	{"inference.networking.k8s.io", "v1", {"+inferencepools/inferencepool/InferencePool"}},
	{"inference.networking.x-k8s.io", "v1alpha2", {"+inferencepools/inferencepool/InferencePool"}},
};

static void add(struct resource_table *table, const char *group, const char *version, const char *text)
{
	struct str rest = str_of(text);
	struct resource resource = {.group = str_of(group), .version = str_of(version)};

	resource.namespaced = rest.ptr[0] == '+';
	rest = str_slice(rest, resource.namespaced, rest.len);
	CHECK(str_split(&rest, '/', &resource.plural) && str_split(&rest, '/', &resource.singular));
	resource.kind = rest;
	resource_table_add(table, &resource);
}

struct resource_table *resource_table_builtin(void)
{
	struct resource_table *table = resource_table_new();

	for (size_t g = 0; g < COUNT_OF(groups); g++)
		for (size_t r = 0; r < COUNT_OF(groups[g].resources) && groups[g].resources[r]; r++)
			add(table, groups[g].group, groups[g].version, groups[g].resources[r]);
	return table;
}
