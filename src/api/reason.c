/* SPDX-License-Identifier: Apache-2.0 */
#include "api/reason.h"

#include "base/clean.h"

#include "api/status.h"

static const struct reason_kind kinds[] = {
	[REASON_NONE] = {"", "", "", ""},
	[REASON_NO_SERIES] = {"no-series", "404",
			      "The rule's seriesQuery matches no series in Prometheus, or none any more.",
			      "Run the seriesQuery in Prometheus. `--metrics-max-age` must be longer than the scrape "
			      "interval and than `--metrics-relist-interval`."},
	[REASON_NO_OBJECT_LABEL] =
		{"no-object-label", "404",
		 "The rule found series, but they lack the label that stands for the resource asked.",
		 "Write the label that they have under `resources.overrides`, or change "
		 "`resources.template`."},
	[REASON_NO_NAMESPACE_LABEL] = {"no-namespace-label", "404",
				       "No label of the rule stands for the namespace, and the request is in one.",
				       "Write one under `resources.overrides`, or a `resources.template`."},
	[REASON_UNKNOWN_RESOURCE] = {"unknown-resource", "404", "The cluster does not know the resource asked.",
				     "`kubectl api-resources` lists what it knows."},
	[REASON_OTHER_RESOURCE] = {"other-resource", "404", "The metric exists, but for other resources.",
				   "Ask for one of these (`describedObject` in the HPA), or write a label of the "
				   "resource under `resources.overrides`."},
	[REASON_RENAMED] = {"renamed", "404", "`name.as` or `name.matches` gives the series another name.",
			    "Ask by the new name."},
	[REASON_NEAR_NAME] = {"near-name", "404", "There is no such metric, but one whose name is nearly the same.",
			      "Ask by that name."},
	[REASON_NO_RULE] = {"no-rule", "404", "No rule gives a metric of that name, and none is near.",
			    "The names stand in `/apis/custom.metrics.k8s.io/v1beta1` and "
			    "`/apis/external.metrics.k8s.io/v1beta1`."},
	[REASON_FILTERED] = {"filtered", "404",
			     "`seriesFilters` or `name.matches` drop all series that the rule finds.",
			     "Correct the pattern that the message names."},
	[REASON_NAMELESS] = {"nameless", "404",
			     "`name.as` expands to nothing, so the series have no name (`$1_total` is the group "
			     "`1_total`).",
			     "Write the group in braces: `${1}_total`."},
	[REASON_HARD_PATTERN] = {"hard-pattern", "404",
				 "A regular expression of the rule takes too many steps, so its series have no name.",
				 "Write it without repetitions inside repetitions: `^a+$` for `^(a+)+$`."},
	[REASON_HIDES_RULE] = {"hides-rule", "404",
			       "Two rules give the same name; the later one counts, and it has no answer.",
			       "Give one of them another `name.as`."},
	[REASON_DISCOVERY_FAILS] = {"discovery-fails", "404",
				    "Prometheus has never answered the request for the rule's series.",
				    "The message says what Prometheus answers; see the codes of Prometheus."},
	[REASON_DISCOVERY_WAITS] = {"discovery-waits", "404",
				    "The first look for the rule's series has not ended yet, shortly after the start.",
				    "Wait for the next try."},
	[REASON_MISSING_CRD] = {"missing-crd", "404",
				"A label of the rule stands for a resource that the cluster does not know.",
				"Install the CustomResourceDefinition, or correct `resources.overrides`."},
	[REASON_GKE_NAME] = {"gke-name", "404", "A name of GKE's adapter that cannot be translated.",
			     "The message says what is missing."},
	[REASON_WRONG_API] = {"wrong-api", "404",
			      "An external metric is asked of the custom metrics API, or the other way round.",
			      "Change the `type` of the metric in the HPA: `External`, or `Pods` or `Object`."},
	[REASON_WRONG_SCOPE] = {"wrong-scope", "404",
				"A cluster-scoped resource is asked in a namespace, or a namespaced one outside.",
				"Ask the path that the message names."},
	[REASON_NOT_NAMESPACED] =
		{"not-namespaced", "404",
		 "`namespaced: false` works in `externalRules` only, and the rule has no label for the "
		 "namespace.",
		 "Move the rule to `externalRules`, or write a label of `namespace` under "
		 "`resources.overrides`."},
	[REASON_BAD_SELECTOR] = {"bad-selector", "400", "`labelSelector` or `metricLabelSelector` cannot be parsed.",
				 "Label values hold `A-Z a-z 0-9 - _ .` only, 63 of them at most."},
	[REASON_NO_OPERATOR] = {"no-operator", "404, 500", "PromQL has no matcher for `<` and `>` in a selector.",
				"Name the values with `in`."},
	[REASON_STANDALONE] = {"standalone", "400", "`labelSelector` needs a cluster that knows the labels of objects.",
			       "Ask without it, or start without `--standalone`."},
	[REASON_MAY_NOT_REVIEW] =
		{"may-not-review", "500",
		 "The adapter may not ask the kube-apiserver who may do what (SubjectAccessReview). Of "
		 "who it is that asks (TokenReview) the log says the same, and the answer is 401.",
		 "Bind the ClusterRole `system:auth-delegator` to the adapter's ServiceAccount."},
	[REASON_CANNOT_REVIEW] = {"cannot-review", "500", "The kube-apiserver does not say who may do what.",
				  "See to the kube-apiserver; the message says what it answers."},
	[REASON_TEMPLATE] = {"template", "404, 500", "The template of `metricsQuery` fails while it runs.",
			     "Correct `metricsQuery`; the message names the fields that there are."},
	[REASON_EMPTY_QUERY] = {"empty-query", "404, 500", "`metricsQuery` gives an empty text.",
				"Correct `metricsQuery`."},
	[REASON_EXTERNAL_NAMESPACE] = {"external-namespace", "500",
				       "No label of the external rule stands for the namespace.",
				       "Write `namespaced: false` under `resources`, or a label under "
				       "`resources.overrides`."},
	[REASON_LARGE_QUERY] = {"large-query", "404, 500", "The query would be larger than allowed.",
				"Ask for fewer objects, by a narrower selector."},
	[REASON_NO_OBJECTS] = {"no-objects", "404", "No object fits the selector.",
			       "Compare it with `kubectl get RESOURCE --show-labels`."},
	[REASON_NO_LIVE_OBJECTS] = {"no-live-objects", "404",
				    "Objects fit, but all of them are being deleted, or not ready as the rule wants.",
				    "Wait for others, or change `notReady` or `minReadySeconds` of the rule's "
				    "`x-gaugelet`."},
	[REASON_MAY_NOT_LIST] = {"may-not-list", "500", "The adapter's ServiceAccount may not list the objects.",
				 "Bind it to a role with `list` and `watch` on the resource."},
	[REASON_CANNOT_LIST] = {"cannot-list", "500", "The kube-apiserver does not list the objects.",
				"See to the kube-apiserver; the message says what it answers."},
	[REASON_MANY_OBJECTS] = {"many-objects", "500", "More objects fit than are taken.",
				 "Ask with a narrower selector."},
	[REASON_REFUSED] = {"connection-refused", "500", "Prometheus refuses the connection.",
			    "See to `--prometheus-url`, and that Prometheus runs."},
	[REASON_UNRESOLVED] = {"unknown-host", "500", "The host name of Prometheus cannot be resolved.",
			       "See to `--prometheus-url`."},
	[REASON_TIMEOUT] = {"timeout", "500", "Prometheus has not answered in time.",
			    "Make the query cheaper with a recording rule, or allow a longer timeout."},
	[REASON_TLS] = {"tls", "500", "No TLS connection to Prometheus can be made.",
			"See to `--prometheus-ca-file` and the certificate of Prometheus."},
	[REASON_CREDENTIAL] = {"credential", "500", "Prometheus does not accept the credential (401, 403).",
			       "See to the flag that the message names."},
	[REASON_PATH] = {"wrong-path", "500", "There is no API at the path that was asked (404, 405).",
			 "See to the base path in `--prometheus-url`."},
	[REASON_QUERY_REFUSED] = {"query-refused", "500", "Prometheus refuses the query (400, 422).",
				  "Correct `metricsQuery`, or the selector whose key is no label name."},
	[REASON_THROTTLED] = {"throttled", "500", "Prometheus has had too many questions (429).",
			      "Ask fewer or cheaper queries."},
	[REASON_UPSTREAM_STATUS] = {"upstream-status", "500", "Prometheus answers with another error.",
				    "See to Prometheus, or to the proxy before it."},
	[REASON_NOT_JSON] = {"not-json", "500", "The answer is not JSON: a login page, for instance.",
			     "See to `--prometheus-url`."},
	[REASON_CUT_OFF] = {"cut-off", "500", "The answer ended early, or the connection was closed.",
			    "See to the proxy between and its limits."},
	[REASON_TOO_BIG] = {"too-big", "500", "The answer is larger than allowed.",
			    "Aggregate more in `metricsQuery`, or narrow the selector."},
	[REASON_NO_VECTOR] = {"no-vector", "500", "The result of the query is no instant vector.",
			      "`metricsQuery` must not end in a range."},
	[REASON_PARTIAL] = {"partial", "500", "Prometheus warns that data is missing.",
			    "Look at the store behind it, or take what is there with `--allow-partial`."},
	[REASON_MALFORMED] = {"malformed", "500", "The answer is JSON, but not what the API of Prometheus promises.",
			      "See what stands at `--prometheus-url`."},
	[REASON_CHANGED_OVER] = {"changed-over", "500",
				 "One Prometheus told how old the series are, and another one their numbers.",
				 "Ask again: it lasts as long as a change between those of `--prometheus-url`."},
	[REASON_UPSTREAM] = {"upstream", "500", "Prometheus cannot be asked.",
			     "See what stands at `--prometheus-url`."},
	[REASON_NO_LABEL] = {"no-label", "404", "The result has no label that names the object.",
			     "Aggregate `by (<<.GroupBy>>)` in `metricsQuery`."},
	[REASON_OTHER_OBJECTS] = {"other-objects", "404", "All samples are of other objects than those asked for.",
				  "Use `<<.LabelMatchers>>` in `metricsQuery`."},
	[REASON_NO_SAMPLES] = {"no-samples", "404", "The query gives no sample.",
			       "Run the query of the message in Prometheus."},
	[REASON_BAD_VALUES] = {"bad-values", "404", "No sample is a usable number: NaN, infinite, out of range.",
			       "Put a guard into `metricsQuery`, as `> 0` or `or`."},
	[REASON_OLD_SAMPLES] = {"old-samples", "404", "All samples are older than `--max-sample-age`.",
				"See to the scrape, or raise `--max-sample-age`."},
	[REASON_NO_EXTERNAL_SAMPLES] = {"no-external-samples", "404",
					"The query of an external metric gives no sample.",
					"Compare the selector with the labels of the series; write `namespaced: "
					"false` if they have another namespace."},
};
_Static_assert(COUNT_OF(kinds) == REASON_COUNT, "one kind for each code");

const struct reason_kind *reason_kind(enum reason_code code)
{
	return &kinds[code];
}

static struct str front(struct str text, size_t bytes)
{
	if (text.len <= bytes)
		return text;
	return str_slice(text, 0, str_whole_characters(str_slice(text, 0, bytes)));
}

/* Where `. fix: ` begins the last time: what comes before may quote others, what comes after is ours. */
static size_t find_fix(struct str reason)
{
	const struct str mark = STR_INIT(". fix: ");

	for (size_t at = reason.len; at-- > 0;)
		if (str_starts(str_slice(reason, at, reason.len), mark))
			return at;
	return reason.len;
}

void reason_write(struct buf *out, struct str words, struct str reason, enum reason_code code, size_t max)
{
	CLEANUP(buf_clear) struct buf tail = {0};
	CLEANUP(buf_clear) struct buf head = {0};
	size_t fix = find_fix(reason);
	struct str shown;

	clean_put(&tail, str_slice(reason, fix, reason.len));
	if (code != REASON_NONE)
		buf_printf(&tail, " [%s]", kinds[code].code);
	buf_put(&head, words); /* upstream repeats names as they came */
	buf_puts(&head, words.len ? ": " : "");
	clean_put(&head, str_slice(reason, 0, fix));
	if (tail.len > max / 2) /* a fix that is no fix: somebody's words */
		tail.len = 0;
	shown = buf_str(&head);
	if (head.len + tail.len > max)
		shown = front(shown, max - tail.len - 3);
	buf_put(out, shown);
	if (shown.len < head.len) {
		buf_puts(out, "...");
		buf_put(out, str_slice(buf_str(&tail), str_starts(buf_str(&tail), STR(". ")), tail.len));
		return;
	}
	buf_put(out, buf_str(&tail));
}

static size_t escapes(struct str text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == '"' || text.ptr[i] == '\\';
	return count;
}

void reason_write_warning(struct buf *out, struct str reason, enum reason_code code)
{
	CLEANUP(buf_clear) struct buf text = {0};
	size_t room = REASON_WARNING_BYTES - sizeof("299 - \"\"") + 1, max = STATUS_MESSAGE_BYTES;

	for (reason_write(&text, STR(""), reason, code, max); text.len + escapes(buf_str(&text)) > room; max -= 20) {
		buf_reset(&text);
		reason_write(&text, STR(""), reason, code, max - 20);
	}
	buf_puts(out, "299 - \"");
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, text.ptr[i]);
	}
	buf_putc(out, '"');
}

static const struct {
	enum reason_code first;
	const char *title;
} sections[] = {
	{REASON_NO_SERIES, "The metric is not there"},
	{REASON_WRONG_API, "The request"},
	{REASON_TEMPLATE, "The query cannot be built"},
	{REASON_NO_OBJECTS, "The objects"},
	{REASON_REFUSED, "Prometheus"},
	{REASON_NO_LABEL, "The samples fit nothing"},
};

void reason_write_page(struct buf *out)
{
	buf_puts(out,
		 "# Errors\n\nEach refusal says what is wrong, then `fix:` and what to do, and ends with a code in "
		 "brackets, which stays\nthe same whatever the words are: `kubectl describe hpa` shows it, and "
		 "scripts may look for it. With\n`--empty-list=ok` it stands in the `Warning` header. This page is "
		 "made from the program's own table:\n`tests/page.sh errors.md build/dev/tests/errors_page --write`.\n");
	for (enum reason_code code = REASON_NONE + 1; code < REASON_COUNT; code++) {
		for (size_t i = 0; i < COUNT_OF(sections); i++)
			if (sections[i].first == code)
				buf_printf(out,
					   "\n## %s\n\n| code | status | what happened | fix |\n|---|---|---|---|\n",
					   sections[i].title);
		buf_printf(out, "| `%s` | %s | %s | %s |\n", kinds[code].code, kinds[code].status, kinds[code].title,
			   kinds[code].fix);
	}
}
