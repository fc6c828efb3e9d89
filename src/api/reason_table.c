/* SPDX-License-Identifier: Apache-2.0 */
#include "api/reason.h"

static const struct reason_form forms[] = {
	/* ---- upstream's own words */
	[REASON_NONE] = {"", "", "", "", ""},
	[REASON_PARAMETER] = {"parameter", "400, 405, 422",
			      "A parameter of the request cannot be read, or has no meaning here. The message is "
			      "upstream's.",
			      "", ""},
	[REASON_UNAUTHORIZED] = {"unauthorized", "401", "The request has no valid credential. The log says why.", "",
				 ""},
	[REASON_FORBIDDEN] = {"forbidden", "403",
			      "The caller may not. The message is the kube-apiserver's, with its authorizer's reason.",
			      "", ""},
	[REASON_NO_ROUTE] = {"no-route", "404", "There is nothing at the path. The message is upstream's.", "", ""},
	[REASON_METHOD] = {"method", "405", "Only GET is answered. The message is upstream's.", "", ""},
	[REASON_NOT_ACCEPTABLE] = {"not-acceptable", "406", "`Accept` does not name JSON. The message is upstream's.",
				   "", ""},

	/* ---- the metric is not there */
	[REASON_NO_SERIES] =
		{"no-series", "404", "The rule's seriesQuery matches no series in Prometheus, or none any more.",
		 "{rule} finds no series: {series} matched 0 in the last {age}, looked for {looked} ago; the "
		 "next request[ after {next}] looks again",
		 "look for it in Prometheus; --metrics-max-age must be longer than the scrape interval "
		 "and than --metrics-relist-interval"},
	[REASON_NEVER_FOUND] =
		{NULL, NULL, NULL,
		 "{what}: {query} matched 0 in the last {age}[, looked for {looked} ago], and Prometheus has no "
		 "series {name}, nor had it any at other times of the last 7 days",
		 "correct the name in {key}, or check that the target that has it is scraped"},
	[REASON_NO_SERIES_QUERY] = {"no-series-query", "404", "The rule does not say which series to look for.",
				    "{rule} has no seriesQuery, so that it finds no series", "write one"},
	[REASON_NO_OBJECT_LABEL] =
		{"no-object-label", "404",
		 "The rule found series, but they lack the label that stands for the resource asked.",
		 "{rule} finds {count} of it, but none has the label \"{label}\", which stands for {resource}; they "
		 "have {labels}[; it is there for {others}]",
		 "write the label that they have under resources.overrides, or change resources.template"},
	[REASON_NO_OBJECT_LABEL_AT_ALL] = {NULL, NULL, NULL,
					   "{rule} finds {count} of it, but no label of the rule stands for "
					   "{resource}; they have {labels}",
					   "write one of these under resources.overrides"},
	[REASON_SERIES_LABEL] = {NULL, NULL, NULL,
				 "{what}: {query}; {matcher} empties it: the series have no label {label}; they have "
				 "{labels}",
				 "write {near} for {label} in seriesQuery, and {near}: {resource: {resource}} under "
				 "resources.overrides"},
	[REASON_OBJECT_LABEL] = {NULL, NULL, NULL,
				 "{what}: {query}; {matcher} empties it, and the series have {near} for it; they have "
				 "{labels}",
				 "write {near}: {resource: {resource}} under resources.overrides, in place of {label}"},
	[REASON_NO_NAMESPACE_LABEL] = {"no-namespace-label", "404",
				       "No label of the rule stands for the namespace, and the request is in one.",
				       "{rule} has no label for the namespace[; its series have \"{found}\"], and "
				       "the request is in one",
				       "write it under resources.overrides, or a resources.template: {label}: "
				       "{resource: namespace}"},
	[REASON_UNKNOWN_RESOURCE] = {"unknown-resource", "404", "The cluster does not know the resource asked.",
				     "the cluster does not know the resource {resource}[; the nearest one it knows is "
				     "{near}]",
				     "kubectl api-resources lists what it knows"},
	[REASON_UNKNOWN_RESOURCES] = {NULL, NULL, NULL, "the resources of the cluster are not known yet",
				      "wait for API discovery, or see the log"},
	[REASON_OTHER_RESOURCE] = {"other-resource", "404", "The metric exists, but for other resources.",
				   "{rule} has it for {others}",
				   "ask for these (/{first}/NAME/{metric}, or describedObject in the HPA), or write a "
				   "label of {resource} under resources.overrides"},
	[REASON_RENAMED] = {"renamed", "404", "`name.as` or `name.matches` gives the series another name.",
			    "{rule} gives the series another name", "ask for {name}"},
	[REASON_NEAR_NAME] = {"near-name", "404", "There is no such metric, but one whose name is nearly the same.",
			      "there is no such metric", "the nearest name is {near}[, of {resource}]"},
	[REASON_OTHER_API_NAME] = {NULL, NULL, NULL, "there is no such metric",
				   "the nearest name is {near}, of {group}: its type in the HPA is {type}"},
	[REASON_NO_RULE] = {"no-rule", "404", "No rule gives a metric of that name, and none is near.",
			    "none of the {count} gives it ({custom} of rules, {external} of externalRules)",
			    "available names are listed at /apis/{group}/v1beta1[; names of GKE's adapter are written "
			    "{gke}]"},
	[REASON_NO_RULE_FOR_SERIES] = {NULL, NULL, NULL,
				       "Prometheus has series {name}, but none of the {count} looks for them",
				       "write a rule with {name} in its seriesQuery, under {section}"},
	[REASON_NEAR_SERIES] = {"near-series", "404",
				"Prometheus has no series of the name in the query, but some whose name is nearly the "
				"same: `:` for `_`, a `_bucket` or `_total` more.",
				"{what}: {query}; Prometheus has no series {name}, but {found}",
				"write {near} for {name} in {key}"},
	[REASON_FILTERED] = {"filtered", "404",
			     "`seriesFilters` or `name.matches` drop all series that the rule finds.",
			     "{rule} drops {dropped} of the {count} that it finds, {series} among them: {key} "
			     "\"{pattern}\"",
			     "correct {correct}"},
	[REASON_NAMELESS] = {"nameless", "404",
			     "`name.as` expands to nothing, so the series have no name (`$1_total` is the group "
			     "`1_total`).",
			     "{rule} gives the series {series} no name, since as: \"{as}\" expands to nothing",
			     "{write} under name.as"},
	[REASON_HARD_PATTERN] =
		{"hard-pattern", "404",
		 "A regular expression of the rule takes too many steps, so its series have no name.",
		 "{rule} cannot tell whether it takes {series}: {key} \"{pattern}\" takes too many steps",
		 "write it without repetitions inside repetitions, as ^a+$ for ^(a+)+$"},
	[REASON_HIDES_RULE] = {"hides-rule", "404",
			       "Two rules give the same name; the later one counts, and it has no answer.",
			       "two rules give it, {hidden} and {place}, of which the later one counts: {cause}",
			       "give one of them another name.as; and then: {then}"},
	[REASON_DISCOVERY_FAILS] =
		{"discovery-fails", "404", "Prometheus has never answered the request for the rule's series.",
		 "{rule}: the request for its series has failed for {since}, last {looked} ago: {text}; "
		 "{series}; the next request[ after {next}] tries again",
		 "{fix}"},
	[REASON_DISCOVERY_WAITS] =
		{"discovery-waits", "404",
		 "The first search for the rule's series has not ended yet, shortly after the start.",
		 "{rule}: discovery of its series has not finished yet, {since} after the start",
		 "wait for the next try"},
	[REASON_MISSING_CRD] = {"missing-crd", "404",
				"A label of the rule stands for a resource that the cluster does not know.",
				"{rule}: its label \"{label}\" stands for {resource}, which the cluster does not know",
				"install its CRD (CustomResourceDefinition), which is missing, or correct "
				"resources.overrides; kubectl api-resources lists what there is"},
	[REASON_GKE_NAME] = {"gke-name", "404", "A name of GKE's adapter that cannot be translated.", "{cause}",
			     "{fix}"},
	[REASON_GKE_NAMES_OFF] = {NULL, NULL, NULL, "no rule gives it, and names of GKE's adapter are not translated",
				  "start with --gke-names"},
	[REASON_GKE_EXTERNAL] = {NULL, NULL, NULL,
				 "a metric of kubernetes.io is given for external.metrics.k8s.io alone",
				 "its type in the HPA is External"},
	[REASON_GKE_OBJECT] = {NULL, NULL, NULL, "no label of a series stands for it",
			       "ask for pods, or write a rule for it"},

	/* ---- the request */
	[REASON_WRONG_API] = {"wrong-api", "404",
			      "An external metric is asked of the custom metrics API, or the other way round.",
			      "{rule} has it for {group}", "its type in the HPA is {type}"},
	[REASON_NO_EXTERNAL_RULES] = {NULL, NULL, NULL, "{file} has no externalRules, so there is no external metric",
				      "write a rule for it under externalRules in {file}"},
	[REASON_NO_EXTERNAL_RULES_CUSTOM] =
		{NULL, NULL, NULL, "{file} has no externalRules; {rule} has it for {group}",
		 "its type in the HPA is {type}, or write a rule for it under externalRules"},
	[REASON_WRONG_SCOPE] = {"wrong-scope", "404",
				"A cluster-scoped resource is asked in a namespace, or a namespaced one outside.",
				"{resources} are {scope}, and {asked} is asked", "ask {path}/NAME/{metric}"},
	[REASON_NOT_NAMESPACED] = {"not-namespaced", "404",
				   "`namespaced: false` works in `externalRules` only, and the rule has no label for "
				   "the namespace.",
				   "{rule} has no label for the namespace[; its series have \"{found}\"], and "
				   "namespaced: false works under externalRules only",
				   "move it to externalRules, or write a label under resources.overrides, as {label}: "
				   "{resource: namespace}"},
	[REASON_BAD_SELECTOR] = {"bad-selector", "400", "`labelSelector` or `metricLabelSelector` cannot be parsed.",
				 "the parameter {parameter} cannot be parsed",
				 "label values hold A-Z a-z 0-9 - _ . only, at most 63 of them"},
	[REASON_BAD_LIST_SELECTOR] = {NULL, NULL, NULL, "",
				      ""}, /* said before the parser's words, which come last there */
	[REASON_GKE_SELECTOR] = {"gke-selector", "400",
				 "A selector on a name of GKE's adapter that this adapter refuses, too.", "{cause}",
				 "{fix}"},
	[REASON_NO_OPERATOR] = {"no-operator", "404, 500", "PromQL has no matcher for `<` and `>` in a selector.",
				"the query of {rule} cannot be built: {text}", "name the values with `in`"},
	[REASON_STANDALONE] = {"standalone", "400", "`labelSelector` needs a cluster that knows the labels of objects.",
			       "labelSelector cannot be used with --standalone, since there is no cluster that knows "
			       "the labels of objects",
			       "ask without labelSelector, or start without --standalone"},
	[REASON_MAY_NOT_REVIEW] = {"may-not-review", "500",
				   "The adapter may not ask the kube-apiserver who may do what (SubjectAccessReview). "
				   "For the caller's token (TokenReview) the log says the same, and the answer is 401.",
				   "{cause}", "{fix}"},
	[REASON_CANNOT_REVIEW] = {"cannot-review", "500", "The kube-apiserver does not say who may do what.", "{cause}",
				  "check the kube-apiserver, which knows who may do what"},
	[REASON_OVERLOADED] =
		{"overloaded", "503",
		 "Clients do not read their answers, or answers of Prometheus are too large together, and no "
		 "memory is left for more. Of clients that do not read the log says once a "
		 "minute how many of them were closed, and where most come from.",
		 "no memory is left for this answer, as other clients have not read theirs",
		 "ask again, find the clients that do not read, or raise --max-response-bytes and the "
		 "container's memory limit"},
	[REASON_OVERLOADED_READING] =
		{NULL, NULL, NULL, "{text}[ ({query})]",
		 "ask again, aggregate more in metricsQuery, or raise --max-samples-bytes and the "
		 "container's memory limit"},

	/* ---- the query cannot be built */
	[REASON_TEMPLATE] =
		{"template", "404, 500", "The template of `metricsQuery` fails while it runs.",
		 "the query of {rule} cannot be built: {text}",
		 "correct metricsQuery; there are .Series, .LabelMatchers, .LabelValuesByName, .GroupBy and "
		 ".GroupBySlice"},
	[REASON_EMPTY_QUERY] = {"empty-query", "404, 500", "`metricsQuery` gives an empty text.",
				"the query of {rule} cannot be built: {text}", "metricsQuery must give a text"},
	[REASON_EXTERNAL_NAMESPACE] = {"external-namespace", "500",
				       "No label of the external rule stands for the namespace.",
				       "{rule} has no label for the namespace[; its series have \"{found}\"], so the "
				       "query cannot be built",
				       "write namespaced: false under resources, or a label for the namespace under "
				       "resources.overrides"},
	[REASON_LARGE_QUERY] = {"large-query", "404, 500", "The query would be larger than allowed.",
				"the query of {rule} cannot be built: {text}",
				"ask for fewer objects, by a narrower selector"},

	/* ---- the objects */
	[REASON_NO_OBJECTS] = {"no-objects", "404", "No object fits the selector.",
			       "no {resource}[ in namespace {namespace}][ fit the selector {selector}]{exist}",
			       "see their labels with kubectl get {resource} --show-labels"},
	[REASON_NO_LISTED_OBJECTS] = {NULL, NULL, NULL, "no object has a series of it at the moment",
				      "look for it in Prometheus[: {query}]"},
	[REASON_NO_LIVE_OBJECTS] = {"no-live-objects", "404",
				    "Objects fit, but all of them are being deleted, or not ready as the rule wants.",
				    "{count} found, and none counts: being deleted",
				    "wait for those that come after them"},
	[REASON_NO_READY_OBJECTS] = {NULL, NULL, NULL,
				     "{count} found, and none counts: being deleted, or not ready "
				     "for as long as x-gaugelet wants in {rule}",
				     "see kubectl get {resource}, or change that rule's notReady or minReadySeconds"},
	[REASON_MAY_NOT_LIST] = {"may-not-list", "500", "The adapter's ServiceAccount may not list the objects.",
				 "{resource}: {text}",
				 "the adapter's ServiceAccount needs a role with list and watch on {resource}"},
	[REASON_CANNOT_LIST] = {"cannot-list", "500", "The kube-apiserver does not list the objects.",
				"{resource}: {text}", "check the kube-apiserver and the way to it"},
	[REASON_MANY_OBJECTS] = {"many-objects", "500", "More objects fit than are taken.", "{resource}: {text}",
				 "ask with a narrower selector"},

	/* ---- Prometheus */
	[REASON_REFUSED] = {"connection-refused", "500", "Prometheus refuses the connection.", "{text}[ ({query})]",
			    "check --prometheus-url and that Prometheus is running"},
	[REASON_UNRESOLVED] = {"unknown-host", "500", "The host name of Prometheus cannot be resolved.",
			       "{text}[ ({query})]", "check the host name in --prometheus-url"},
	[REASON_TIMEOUT] = {"timeout", "500", "Prometheus has not answered in time.", "{text}[ ({query})]",
			    "make the query cheaper with a recording rule, or allow it a longer timeout"},
	[REASON_TLS] = {"tls", "500", "No TLS connection to Prometheus can be made.", "{text}[ ({query})]",
			"check --prometheus-ca-file and the certificate of Prometheus"},
	[REASON_CREDENTIAL] = {"credential", "500", "Prometheus does not accept the credential (401, 403).",
			       "{text}[ ({query})]", "renew the credential in use: {credential}"},
	[REASON_NO_CREDENTIAL] = {NULL, NULL, NULL, "{text}[ ({query})]",
				  "no credential is in use: give one with --prometheus-token-file or "
				  "--prometheus-header"},
	[REASON_CREDENTIAL_SOURCE] = {NULL, NULL, NULL, "{text}[ ({query})]",
				      "check what gives the credential: {credential}"},
	[REASON_PATH] = {"wrong-path", "500", "There is no API at the path that was asked (404, 405).",
			 "{text}[ ({query})]", "check the base path in --prometheus-url"},
	[REASON_QUERY_REFUSED] = {"query-refused", "500", "Prometheus refuses the query (400, 422).",
				  "{text}[ ({query})]", "correct {key}, or the selector whose key is no label name"},
	[REASON_THROTTLED] = {"throttled", "500", "Prometheus has had too many requests (429).", "{text}[ ({query})]",
			      "ask fewer or cheaper queries"},
	[REASON_UPSTREAM_STATUS] = {"upstream-status", "500", "Prometheus answers with another error.",
				    "{text}[ ({query})]", "check Prometheus, or the proxy in front of it"},
	[REASON_NOT_JSON] = {"not-json", "500", "The answer is not JSON: a login page, for instance.",
			     "{text}[ ({query})]",
			     "check --prometheus-url: a login page or a user interface answers there"},
	[REASON_CUT_OFF] = {"cut-off", "500", "The answer ended early, or the connection was closed.",
			    "{text}[ ({query})]", "check the proxy between and its limits"},
	[REASON_TOO_BIG] = {"too-big", "500", "The answer is larger than allowed.", "{text}[ ({query})]",
			    "aggregate more in metricsQuery, or narrow the selector"},
	[REASON_NO_VECTOR] = {"no-vector", "500", "The result of the query is no instant vector.",
			      "Prometheus {upstream} gives a {type}, not an instant vector[ ({query})]",
			      "metricsQuery must give an instant vector, without a range at its end"},
	[REASON_PARTIAL] = {"partial", "500", "Prometheus warns that data is missing.", "{text}[ ({query})]",
			    "look at the store behind it, or take what is there with --allow-partial"},
	[REASON_MALFORMED] = {"malformed", "500", "The answer is JSON, but not what the API of Prometheus promises.",
			      "{text}[ ({query})]", "check what answers at --prometheus-url"},
	[REASON_NO_SAMPLE_AT_ALL] = {NULL, NULL, NULL, "the query of {rule} gives {count} that cannot be read",
				     "see what Prometheus {upstream} answers"},
	[REASON_CHANGED_OVER] = {"changed-over", "500",
				 "One Prometheus told how old the series are, and another one their numbers.",
				 "one Prometheus told how old the series are, and another one, which may lag behind, "
				 "their numbers",
				 "ask again, it lasts as long as a change between those of --prometheus-url"},
	[REASON_CLOCK_SKEW] =
		{"clock-skew", "404, 500",
		 "The clock of Prometheus and that of gaugelet's node differ, or samples are of the future: "
		 "what is asked at one time and stamped at another is no number.",
		 "{text}[ ({query})]",
		 "set the clocks of this node and of Prometheus right, or raise --max-clock-skew"},
	[REASON_CLOCK_SKEW_SEARCH] = {NULL, NULL, NULL,
				      "{rule}: the request for its series has failed for {since}: {text}; {series}",
				      "set the clocks of this node and of Prometheus right, or raise --max-clock-skew"},
	[REASON_FUTURE_SAMPLES] =
		{NULL, NULL, NULL,
		 "the query of {rule} gives no usable number: {values}, further ahead of the clock here than "
		 "{ahead}",
		 "set the clocks of this node and of Prometheus right, or raise --max-clock-skew"},
	[REASON_REDIRECT] =
		{"redirect", "500",
		 "Prometheus redirects to another origin (scheme, host and port), to no usable URL, or in a circle.",
		 "{text}[ ({query})]",
		 "set --prometheus-url to where it leads, or follow it without credentials with "
		 "--prometheus-redirects=any"},
	[REASON_UPSTREAM] = {"upstream", "500", "Prometheus cannot be asked.", "{text}[ ({query})]",
			     "check what answers at --prometheus-url"},

	/* ---- the samples */
	[REASON_NO_LABEL] = {"no-label", "404", "The result has no label that names the object.",
			     "the query of {rule} gives {count} without the label \"{label}\"; they have {labels}",
			     "aggregate by ({by}) {where} metricsQuery"},
	[REASON_OTHER_OBJECTS] = {"other-objects", "404", "All samples are of other objects than those asked for.",
				  "the query of {rule} gives {count} of other objects, as {stranger}, and none of the "
				  "{asked} asked for",
				  "use <<.LabelMatchers>> in metricsQuery"},
	[REASON_OTHER_PODS] =
		{NULL, NULL, NULL,
		 "{what}: {query}; there are samples of others: {label} is [{values}, ]not one of those",
		 "where one of them speaks for all, ask for it with type: Object on the Namespace or Service, "
		 "or with type: External and a rule under externalRules; or name the label that holds the "
		 "objects asked for under resources.overrides"},
	[REASON_FOREIGN_ITEM] =
		{NULL, NULL, NULL,
		 "the query of {rule} gives a sample with {label}=\"{value}\", and {asked} was asked for",
		 "use <<.LabelMatchers>> in metricsQuery"},
	[REASON_FOREIGN_NAMESPACE] =
		{NULL, NULL, NULL,
		 "the query of {rule} gives a sample of another namespace[, {value}], than the one "
		 "asked, {asked}",
		 "use <<.LabelMatchers>> in metricsQuery"},
	[REASON_NO_SAMPLES] = {"no-samples", "404", "The query gives no sample.",
			       "the query of {rule} gives no sample for {count} ({names}): {query}",
			       "run this query in Prometheus"},
	[REASON_NO_SUCH_SERIES] = {NULL, NULL, NULL, "{what}: {query}; Prometheus has no series {name}",
				   "correct the name in {key}, or check that the target that has it is scraped"},
	[REASON_ENDED] = {NULL, NULL, NULL, "{what}: {query}; the series {name} have ended",
			  "check the target that had them and its scrape"},
	[REASON_GKE_NO_SAMPLES] = {NULL, NULL, NULL,
				   "the query of {rule} gives no sample[ for {count} ({names})]: {query}",
				   "[its series need the labels {needs}; ][{unknown}; ]run this query in Prometheus"},
	[REASON_SELECTOR_VALUE] =
		{"empty-matcher", "404", "One matcher of the query leaves no series; without it there are some.",
		 "{what}: {query}; {matcher} of the request's selector empties it[: {label} is {values} "
		 "there]",
		 "ask with a selector that fits[, as {label}={first}]"},
	[REASON_SELECTOR_LABEL] =
		{NULL, NULL, NULL,
		 "{what}: {query}; {matcher} of the request's selector empties it: the series have no "
		 "label {label}; they have {labels}",
		 "ask with a selector on one of their labels"},
	[REASON_MATCHER_VALUE] = {NULL, NULL, NULL,
				  "{what}: {query}; {matcher} empties it[: {label} is {values} there]",
				  "correct {matcher} in {key}[, as {label}=\"{first}\"]"},
	[REASON_MATCHER_LABEL] = {NULL, NULL, NULL,
				  "{what}: {query}; {matcher} empties it: the series have no label {label}; they have "
				  "{labels}",
				  "take {matcher} out of {key}, or use one of their labels"},
	[REASON_MATCHERS] = {NULL, NULL, NULL,
			     "{what}: {query}; there are series of that name, but none fits all of its matchers, and "
			     "to drop one does not help; they have {labels}",
			     "compare the matchers with the labels of the series"},
	[REASON_OTHER_NAMESPACE] =
		{"other-namespace", "404",
		 "The namespace's matcher leaves no series; there are some of other namespaces.",
		 "{what}: {query}; there are series of another namespace: [{label} is {values}, ]not "
		 "\"{asked}\"",
		 "ask in the namespace that has them, or write the label that holds the objects' "
		 "namespace under resources.overrides"},
	[REASON_OTHER_EXTERNAL_NAMESPACE] = {NULL, NULL, NULL,
					     "{what}: {query}; there are series of another namespace: [{label} is "
					     "{values}, ]not \"{asked}\"",
					     "write namespaced: false under resources of the rule, if every namespace "
					     "may have it"},
	[REASON_NAMESPACE_LABEL] =
		{NULL, NULL, NULL, "{what}: {query}; {matcher} empties it, and the series have \"{asked}\" in {near}",
		 "write {near}: {resource: namespace} under resources.overrides, in place of {label}"},
	[REASON_SHORT_RANGE] =
		{"short-range", "404", "The range holds fewer samples than its function needs.",
		 "{what}: {query}; {function} over {range} finds too few samples in it[: they come every "
		 "{spacing}]",
		 "write a longer range in {key}: {longer}"},
	[REASON_TWO_SIDES] =
		{"two-sides", "404",
		 "The two sides of an operator have series, but none of the left fits one of the right.",
		 "{what}: {query}; the sides of {operator} do not match: the left one has {left}, the right "
		 "one {right}",
		 "where the right side is one number write scalar(...) around it, or {operator} on () "
		 "group_left () before it; else name the labels to compare with on(...)"},
	[REASON_COMMON_SIDES] =
		{NULL, NULL, NULL,
		 "{what}: {query}; the sides of {operator} do not match: the left one has {left}, the right "
		 "one {right}",
		 "compare by the labels that both have: {operator} on ({common}) group_left ()"},
	[REASON_EQUAL_SIDES] =
		{NULL, NULL, NULL,
		 "{what}: {query}; the sides of {operator} do not match: both have {common}, but no values in "
		 "common",
		 "compare by fewer labels with on(...) or ignoring(...)"},
	[REASON_COMPARISON] = {"comparison", "404", "A comparison leaves out all samples.",
			       "{what}: {query}; there are samples, and the comparison {expression} leaves none",
			       "that is what it says; for a number all the same write {operator} bool"},
	[REASON_UNLESS] = {NULL, NULL, NULL, "{what}: {query}; there are samples, and {expression} leaves none",
			   "that is what it says; take the {operator} out for a number all the same"},
	[REASON_LOST_LE] =
		{"no-buckets", "404", "histogram_quantile needs series of buckets, with their label le.",
		 "{what}: {query}; histogram_quantile needs the label le, and the aggregation in it loses le",
		 "write by ({labels}) inside histogram_quantile"},
	[REASON_NO_BUCKETS] = {NULL, NULL, NULL,
			       "{what}: {query}; histogram_quantile needs the label le, and {name} has none",
			       "use {bucket} in {key}"},
	[REASON_LEFT_OUT] = {"left-out", "200", "A list lacks objects that were asked for; the rest is answered.",
			     "the query of {rule} leaves {count} of {all} out: {objects}",
			     "see what the query gives for these in Prometheus"},
	[REASON_SEVERAL_ITEMS] =
		{"several-items", "200",
		 "An external metric has several items, which the HPA adds up. That may be right.",
		 "the query of {rule} gives {count}, which differ in {labels}, and the HPA adds them up[ to "
		 "{sum}]",
		 "where one of them is meant, aggregate in metricsQuery, or name it in the selector"},
	[REASON_BAD_VALUES] = {"bad-values", "404", "No sample is a usable number: NaN, infinite, out of range.",
			       "the query of {rule} gives no usable number: {values}",
			       "leave them out with >= 0 behind metricsQuery[, or {infinite} with < Inf, or write the "
			       "number that it stands for as infinite in x-gaugelet]"},
	[REASON_DIVIDED] =
		{NULL, NULL, NULL,
		 "the query of {rule} gives no usable number: {values}; it divides by {divisor}, which is 0 "
		 "there",
		 "write (divisor > 0) for the divisor, which leaves the object out while it is 0[, or write the "
		 "number that {infinite} stands for as infinite in x-gaugelet]"},
	[REASON_BAD_GKE_VALUES] = {NULL, NULL, NULL, "the query of {rule} gives no usable number: {values}",
				   "write a rule for it with a guard in metricsQuery; the query is {query}"},
	[REASON_SEVERAL_SAMPLES] =
		{"several-samples", "404",
		 "The query gives several samples of one object, whose values differ. Which one is meant "
		 "nobody knows.",
		 "the query of {rule} gives {object} several samples, {one} and {other}[, which differ in {labels}]",
		 "aggregate in metricsQuery, as sum(...) by (<<.GroupBy>>), or write sum or max as "
		 "onDuplicate in x-gaugelet"},
	[REASON_TWINS] = {NULL, NULL, NULL, "the query of {rule} gives no usable number: {values}",
			  "check what answers at --prometheus-url, since Prometheus never gives the same labels "
			  "twice"},
	[REASON_UNKNOWN_AGE] = {NULL, NULL, NULL, "the query of {rule} gives no usable number: {values}",
				"see in Prometheus whether the series still get samples, or switch sampleAge off"},
	[REASON_OLD_SAMPLES] = {"old-samples", "404", "All samples are older than `--max-sample-age`.",
				"the query of {rule} gives no usable number: {values}; the newest is {age} old, the "
				"limit is {limit}",
				"check the scrape, or raise --max-sample-age, or maxSampleAge in x-gaugelet"},
	[REASON_NO_EXTERNAL_SAMPLES] = {"no-external-samples", "404",
					"The query of an external metric gives no sample.",
					"the query of {rule} gives no sample: {query}",
					"compare the selector with the labels of the series; write namespaced: false "
					"under resources if the series has another namespace"},

	/* ---- resource metrics */
	[REASON_NO_RESOURCE_LABEL] = {"no-resource-label", "500",
				      "No label of `resourceRules` stands for the pod, the namespace or the node.",
				      "none of the labels of resourceRules.{kind} ({place}) stands for the {missing}",
				      "write one under resources.overrides, as {missing}: {resource: {missing}}"},
	[REASON_STANDALONE_RESOURCE] = {"no-cluster", "404",
					"Resource metrics need a cluster that knows its pods and nodes.",
					"{resource} of metrics.k8s.io need a cluster that knows them",
					"start without --standalone"},
	[REASON_NO_SUCH_NODE] = {"no-such-object", "404",
				 "The cluster has no such pod or node, or the pod is not running.",
				 "the cluster has no such node", "see kubectl get nodes"},
	[REASON_NO_SUCH_POD] = {NULL, NULL, NULL, "there is no such pod in namespace {namespace}",
				"see kubectl get pods -n {namespace}"},
	[REASON_NOT_RUNNING] = {NULL, NULL, NULL,
				"it is not running, and only running pods use anything, in namespace {namespace}",
				"see kubectl get pods -n {namespace}"},
	[REASON_NO_USAGE] = {"no-usage", "404", "The queries of `resourceRules` give no number for the pod or node.",
			     "{object}the {kind} query of rule {place} gives no number for it among {count}",
			     "run it in Prometheus: {query}"},
	[REASON_NO_USAGE_LABEL] =
		{NULL, NULL, NULL,
		 "{object}the {kind} query of rule {place} gives {count} without the label of the object",
		 "aggregate by (<<.GroupBy>>)"},
	[REASON_BAD_USAGE] =
		{NULL, NULL, NULL, "{object}the {kind} query of rule {place} gives {what} a sample that is {verdict}",
		 "correct {key}, which must give numbers from zero up[, or take this for 0 with {flag}]; it "
		 "asks {query}"},
	[REASON_SEVERAL_USAGE] = {NULL, NULL, NULL,
				  "{object}the {kind} query of rule {place} gives {what} several samples whose values "
				  "differ",
				  "aggregate by (<<.GroupBy>>) in {key}; it asks {query}"},
	[REASON_OLD_USAGE] = {NULL, NULL, NULL,
			      "{object}the {kind} query of rule {place} gives {what} a sample that is {age} old, and "
			      "the limit is {limit}",
			      "check the scrape, or raise --max-sample-age"},
	[REASON_MANY_CONTAINERS] = {"many-containers", "500", "More containers fit than are taken.",
				    "there are more containers than we answer for in one request",
				    "ask for fewer pods"},
	[REASON_USAGE_FAILS] = {"usage-fails", "500", "A query of `resourceRules` fails.",
				"[{left} are left out: ]the {kind} query of rule {place}: {text}", "{fix}"},
};
_Static_assert(COUNT_OF(forms) == REASON_COUNT, "one form for each code");

const struct reason_form *reason_form(enum reason_code code)
{
	return &forms[code];
}

/* The row that says what the code is to the reader. */
static enum reason_code first_of(enum reason_code code)
{
	while (forms[code].code == NULL)
		code--;
	return code;
}

const char *reason_name(enum reason_code code)
{
	return forms[first_of(code)].code;
}

/* ---- docs/errors.md */

static const struct {
	enum reason_code first;
	const char *title;
} sections[] = {
	{REASON_NO_SERIES, "The metric is not there"},
	{REASON_WRONG_API, "The request"},
	{REASON_TEMPLATE, "The query cannot be built"},
	{REASON_NO_OBJECTS, "The objects"},
	{REASON_REFUSED, "Prometheus"},
	{REASON_NO_LABEL, "The samples"},
	{REASON_NO_RESOURCE_LABEL, "Resource metrics"},
	{REASON_PARAMETER, "Upstream's own words"},
};

static enum reason_code end_of(enum reason_code first)
{
	enum reason_code end = REASON_COUNT;

	for (size_t i = 0; i < COUNT_OF(sections); i++)
		if (sections[i].first > first && sections[i].first < end)
			end = sections[i].first;
	return end;
}

static void write_cell(struct buf *out, const char *label, const char *text)
{
	if (text[0])
		buf_printf(out, "- %s: `` %s ``\n", label, text);
}

static void write_entry(struct buf *out, enum reason_code code)
{
	if (forms[code].code)
		buf_printf(out, "\n### %s\n\n%s (%s)\n\n", forms[code].code, forms[code].doc, forms[code].status);
	write_cell(out, "cause", forms[code].cause);
	write_cell(out, "fix", forms[code].fix);
}

void reason_write_page(struct buf *out)
{
	buf_puts(
		out,
		"# Errors\n\n"
		"Each refusal says what is wrong, then `fix:` and what to do, and ends with a code in brackets, "
		"which stays the\nsame whatever the words are: `kubectl describe hpa` shows it, and scripts may look "
		"for it. Find the code below; in\nbraces stands what a message fills in, in brackets what it says only "
		"where it applies. With `--empty-list=ok` the text\nstands in the `Warning` header.\n\n"
		"This page is made from the program's own table: `tests/page.sh errors.md build/dev/tests/errors_page "
		"--write`.\n");
	for (size_t i = 0; i < COUNT_OF(sections); i++) {
		buf_printf(out, "\n## %s\n", sections[i].title);
		for (enum reason_code code = sections[i].first; code < end_of(sections[i].first); code++)
			write_entry(out, code);
	}
}
