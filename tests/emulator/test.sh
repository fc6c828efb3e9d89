#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The emulated engines from outside, with the real promtool: names, settings, counters, histograms, faults, bad input.
set -u
export LC_ALL=C
emulator=${1:?usage: test.sh ENGINE_EMULATOR}
home=$(mktemp -d)
passed=0 failed=0 pid=
finish() {
	[ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; }
	rm -rf "$home"
}
trap finish EXIT

# check NAME EXPECTED FOUND
check() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED %s\n  expected: %s\n  found:    %s\n' "$1" "$2" "$3"
	fi
}
# true or false, of a command
holds() { if "$@" >/dev/null 2>&1; then echo true; else echo false; fi; }
get() { curl -sS --max-time 10 "$@"; }
status() { curl -sS --max-time 10 -o "$home/body" -w '%{http_code}' "$@"; }
# value URL NAME [LABEL]: the sum of the samples of that name
value() { get "$1metrics" | awk -v name="$2" -v label="${3-}" '
	index($1, name "{") == 1 && (label == "" || index($1, label)) {sum += $2; seen = 1} END {print seen ? sum : "absent"}'; }
more() { awk -v a="$1" -v b="$2" 'BEGIN {exit !(a > b)}'; }

mkfifo "$home/lines"
"$emulator" --pod vllm-0=vllm:0 --pod old-0=vllm-old:0 --pod sgl-0=sglang:0 --pod dynamo-0=dynamo:0 \
	--pod dynamo-1=dynamo-new:0 --pod web-0=cadvisor:0 --pod qwen-pool=epp:0 >"$home/lines" 2>"$home/log" &
pid=$!
declare -A url
exec 3<"$home/lines"
for _ in 1 2 3 4 5 6 7; do
	read -r -t 10 name address <&3 && url[$name]=$address
done
check 'seven pods listen' 7 "${#url[@]}"
[ "${#url[@]}" -eq 7 ] || { cat "$home/log"; echo "$passed passed, $failed failed"; exit 1; }

# ---- what a scraper sees
declare -A names=(
	[vllm-0]='vllm:num_requests_waiting vllm:num_requests_running vllm:kv_cache_usage_perc vllm:prompt_tokens_total
		vllm:generation_tokens_total vllm:request_success_total vllm:time_to_first_token_seconds_bucket
		vllm:inter_token_latency_seconds_count vllm:request_queue_time_seconds_sum'
	[old-0]='vllm:num_requests_waiting vllm:num_requests_running vllm:gpu_cache_usage_perc vllm:num_requests_swapped
		vllm:avg_generation_throughput_toks_per_s vllm:time_per_output_token_seconds_bucket'
	[sgl-0]='sglang:num_queue_reqs sglang:num_running_reqs sglang:token_usage sglang:gen_throughput
		sglang:num_requests_total sglang:time_to_first_token_seconds_bucket sglang:queue_time_seconds_count'
	[dynamo-0]='nv_llm_http_service_inflight_requests nv_llm_http_service_requests_total
		nv_llm_http_service_time_to_first_token_seconds_bucket'
	[dynamo-1]='dynamo_frontend_inflight_requests dynamo_frontend_queued_requests dynamo_frontend_requests_total'
	[web-0]='container_cpu_usage_seconds_total container_memory_working_set_bytes'
	[qwen-pool]='inference_pool_average_queue_size inference_pool_average_kv_cache_utilization inference_pool_ready_pods'
)
for pod in "${!names[@]}"; do
	get "${url[$pod]}metrics" >"$home/$pod.prom"
	for name in ${names[$pod]}; do
		check "$pod shows $name" true "$(holds grep -q "^$name{" "$home/$pod.prom")"
	done
	# Exit status 3 means remarks. Colons, a histogram called _total and toks_per_s are the engines' own.
	promtool check metrics <"$home/$pod.prom" >"$home/lint" 2>&1
	code=$?
	check "promtool reads $pod" true "$(holds [ $code -eq 0 -o $code -eq 3 ])"
	check "promtool remarks nothing new on $pod" '' "$(grep -v \
		-e 'metric names should not contain .:.' -e 'iteration_tokens_total non-counter metrics' \
		-e '_throughput_toks_per_s metric names should not contain abbreviated units' "$home/lint")"
done
check 'old names are not in the new vLLM' absent "$(value "${url[vllm-0]}" vllm:gpu_cache_usage_perc)"
check 'new names are not in the old vLLM' absent "$(value "${url[old-0]}" vllm:kv_cache_usage_perc)"
check 'vLLM labels' 'vllm:num_requests_waiting{engine="0",model_name="Qwen/Qwen3-32B"} 0.0' \
	"$(grep '^vllm:num_requests_waiting{' "$home/vllm-0.prom")"
check 'SGLang labels' 'engine_type="unified",model_name="Qwen/Qwen3-32B",moe_ep_rank="0",pp_rank="0",tp_rank="0"' \
	"$(sed -n 's/^sglang:num_queue_reqs{\(.*\)} .*/\1/p' "$home/sgl-0.prom")"
check 'Dynamo labels' 'nv_llm_http_service_inflight_requests{model="Qwen/Qwen3-32B"} 0' \
	"$(grep '^nv_llm_http_service_inflight_requests{' "$home/dynamo-0.prom")"
check 'cAdvisor labels of a container' 'container="engine",cpu="total",id="/kubepods/pod-web-0/engine",image="registry.k8s.io/pause:3.10",name="engine-of-web-0",namespace="default",pod="web-0"' \
	"$(sed -n 's/^container_cpu_usage_seconds_total{\(container="engine".*\)} .*/\1/p' "$home/web-0.prom")"
check 'cAdvisor labels of the node' 'container="",id="/",image="",name="",namespace="",pod=""' \
	"$(sed -n 's/^container_memory_working_set_bytes{\(.*id="\/".*\)} .*/\1/p' "$home/web-0.prom")"
check 'the endpoint picker names its pool' 'inference_pool_average_queue_size{name="qwen-pool"} 0' \
	"$(grep '^inference_pool_average_queue_size{' "$home/qwen-pool.prom")"
check 'buckets of the time to the first token' \
	'0.001 0.005 0.01 0.02 0.04 0.06 0.08 0.1 0.25 0.5 0.75 1.0 2.5 5.0 7.5 10.0 20.0 40.0 80.0 160.0 640.0 2560.0 +Inf' \
	"$(sed -n 's/^vllm:time_to_first_token_seconds_bucket.*le="\([^"]*\)".*/\1/p' "$home/vllm-0.prom" | paste -sd' ')"
check 'content type' 'text/plain; version=0.0.4; charset=utf-8' \
	"$(curl -sS -o /dev/null -w '%{content_type}' "${url[vllm-0]}metrics")"

# ---- the load
check 'a load is taken' 200 "$(status "${url[vllm-0]}load?waiting=11&running=4&cache=0.5&ttft=0.8&queue=0.3")"
check 'waiting' 11 "$(value "${url[vllm-0]}" vllm:num_requests_waiting)"
check 'running' 4 "$(value "${url[vllm-0]}" vllm:num_requests_running)"
check 'cache' 0.5 "$(value "${url[vllm-0]}" vllm:kv_cache_usage_perc)"
check 'the other pod keeps its own' 0 "$(value "${url[old-0]}" vllm:num_requests_waiting)"
check 'the load as JSON' 'vllm-0 vllm 11 4 0.5 0.8 none' \
	"$(get "${url[vllm-0]}load" | jq -r '"\(.pod) \(.engine) \(.waiting) \(.running) \(.cache) \(.ttft) \(.fault)"')"
get "${url[sgl-0]}load?waiting=7&running=2&cache=0.25" >/dev/null
check 'SGLang: queue, running, usage' '7 2 0.25' "$(value "${url[sgl-0]}" sglang:num_queue_reqs) $(
	value "${url[sgl-0]}" sglang:num_running_reqs) $(value "${url[sgl-0]}" sglang:token_usage)"
get "${url[dynamo-0]}load?waiting=1&running=5" >/dev/null
get "${url[dynamo-1]}load?waiting=1&running=5" >/dev/null
check 'Dynamo: what waits and what runs is in flight' '6 6 1' "$(
	value "${url[dynamo-0]}" nv_llm_http_service_inflight_requests) $(
	value "${url[dynamo-1]}" dynamo_frontend_inflight_requests) $(
	value "${url[dynamo-1]}" dynamo_frontend_queued_requests)"

get "${url[qwen-pool]}load?waiting=6&cache=0.25&pods=3" >/dev/null
check 'endpoint picker: mean queue, mean cache, ready pods' '6 0.25 3' "$(
	value "${url[qwen-pool]}" inference_pool_average_queue_size) $(
	value "${url[qwen-pool]}" inference_pool_average_kv_cache_utilization) $(
	value "${url[qwen-pool]}" inference_pool_ready_pods)"

# ---- cAdvisor: 2.5 cores of the container, half a core and 2 GiB more of the node
usage() { get "${url[web-0]}metrics" | sed -n "s|^$1{container=\"$2\",.*id=\"$3\",.*} ||p"; }
memory() { usage container_memory_working_set_bytes "$@"; }
cpu() { usage container_cpu_usage_seconds_total "$@"; }
get "${url[web-0]}load?cpu=2.5&memory=536870912" >/dev/null
check 'memory of container, pod and node' '536870912 536870912 2684354560' \
	"$(memory engine /kubepods/pod-web-0/engine) $(memory '' /kubepods/pod-web-0) $(memory '' /)"
before_container=$(cpu engine /kubepods/pod-web-0/engine) before_node=$(cpu '' /)
get "${url[web-0]}advance?seconds=10000" >/dev/null
get "${url[web-0]}load?cpu=0" >/dev/null
check 'CPU seconds of the container, and a few of the real time' true "$(holds awk -v a="$before_container" \
	-v b="$(cpu engine /kubepods/pod-web-0/engine)" 'BEGIN {exit !(b - a >= 25000 && b - a < 25250)}')"
check 'CPU seconds of the node' true "$(holds awk -v a="$before_node" \
	-v b="$(cpu '' /)" 'BEGIN {exit !(b - a >= 30000 && b - a < 30300)}')"
check 'the pod is its container' "$(cpu engine /kubepods/pod-web-0/engine)" "$(cpu '' /kubepods/pod-web-0)"

# ---- what passes with the time: a request takes 0.8 + 127 * 0.02 s, 0.3 of them in the queue
before=$(value "${url[vllm-0]}" vllm:generation_tokens_total)
check 'time is let pass' 200 "$(status "${url[vllm-0]}advance?seconds=3040")"
get "${url[vllm-0]}metrics" >"$home/after"
requests=$(awk '/^vllm:request_success_total/ {sum += $2} END {print sum}' "$home/after")
check '4 * 3040 s / 3.04 s requests have ended, and a few of the real time' true \
	"$(holds [ "$requests" -ge 4000 -a "$requests" -le 4100 ])"
field() { awk -v name="$1" 'index($1, name "{") == 1 {printf "%.6g\n", $2}' "$home/after"; }
check 'tokens have come' true "$(holds more "$(field vllm:generation_tokens_total)" "$before")"
check '128 tokens a request' "$((requests * 128))" \
	"$(awk '/^vllm:generation_tokens_total/ {printf "%.0f", $2}' "$home/after")"
check 'an observation a request' "$requests" "$(field vllm:time_to_first_token_seconds_count)"
check '127 gaps a request' "$((requests * 127))" \
	"$(awk '/^vllm:inter_token_latency_seconds_count/ {printf "%.0f", $2}' "$home/after")"
check 'all first tokens at 0.8 s' '0 all' "$(awk -v all="$requests" '/^vllm:time_to_first_token_seconds_bucket/ {
	if (/le="0.75"/) low = $2; if (/le="1.0"/) high = $2} END {print low + 0, high == all ? "all" : high}' "$home/after")"
check 'their sum' true "$(holds awk -v all="$requests" \
	'/^vllm:time_to_first_token_seconds_sum/ {exit !($2 > all * 0.8 - 0.01 && $2 < all * 0.8 + 0.01)}' "$home/after")"
get "${url[sgl-0]}load?ttft=0.8" >/dev/null
get "${url[sgl-0]}advance?seconds=100" >/dev/null
check 'a bucket holds its own bound' 'all' "$(get "${url[sgl-0]}metrics" | awk '
	/^sglang:time_to_first_token_seconds_bucket/ && /le="0.8"/ {high = $2}
	/^sglang:time_to_first_token_seconds_count/ {print (high > 0 && high == $2) ? "all" : high " of " $2}')"
for pod in vllm-0 old-0 sgl-0 dynamo-0 dynamo-1; do
	get "${url[$pod]}load?running=3" >/dev/null
	get "${url[$pod]}advance?seconds=100" >/dev/null
	get "${url[$pod]}metrics" >"$home/first"
	get "${url[$pod]}load?running=9&ttft=4&queue=0" >/dev/null
	get "${url[$pod]}advance?seconds=100" >/dev/null
	get "${url[$pod]}metrics" >"$home/second"
	check "$pod: buckets do not fall, +Inf is _count, there are observations" '' "$(awk '
		/^#/ {next}
		/_bucket\{/ {name = $1; sub(/_bucket.*/, "", name)
			if (name == last && $2 + 0 < below + 0) print $1 " falls"
			last = name; below = $2; inf[name] = $2}
		/_count\{/ {name = $1; sub(/_count.*/, "", name)
			if (inf[name] != $2 || $2 + 0 == 0) print name ": +Inf " inf[name] ", count " $2}' "$home/second")"
	check "$pod: no counter falls, some rise" 'rise' "$(awk '
		/^# TYPE/ {type[$3] = $4; next}
		/^#/ {next}
		{name = $1; sub(/\{.*/, "", name); base = name; sub(/_(bucket|sum|count)$/, "", base)}
		type[name] != "counter" && type[base] != "histogram" {next}
		FNR == NR {old[$1] = $2; next}
		!($1 in old) {print $1 " is new"}
		$2 + 0 < old[$1] + 0 {print $1 " fell"}
		$2 + 0 > old[$1] + 0 {rise = 1}
		END {if (rise) print "rise"}' "$home/first" "$home/second")"
done

# ---- bad input changes nothing and says why
get "${url[vllm-0]}load?waiting=11" >/dev/null
get "${url[vllm-0]}load" | jq -c 'del(.seconds)' >"$home/load"
while IFS='|' read -r query reason; do
	check "400: $query" 400 "$(status "${url[vllm-0]}load?$query")"
	check "why: $query" "$reason" "$(cat "$home/body")"
done <<'ROWS'
waiting=-1|waiting: '-1' is not a number
waiting=1e12|waiting: 1e12 is not in 0 to 1e+09
waiting=nan|waiting: 'nan' is not a number
waiting=0x10|waiting: '0x10' is not a number
waiting=%2011|waiting: ' 11' is not a number
waiting=11x|waiting: '11x' is not a number
waiting|waiting: '' is not a number
cache=1.5|cache: 1.5 is not in 0 to 1
cpu=2000|cpu: 2000 is not in 0 to 1024
memory=1Gi|memory: '1Gi' is not a number
waiting=5&cache=2|cache: 2 is not in 0 to 1
queue=9&ttft=1|queue: 9 s in the queue, but the first token after 1 s (ttft)
fault=maybe|fault: 'maybe' is none of none, nan, absent, 500, hang
watiing=5|'watiing' is no setting
ROWS
check 'nothing was changed' "$(cat "$home/load")" "$(get "${url[vllm-0]}load" | jq -c 'del(.seconds)')"
for seconds in '' 0 -5 1x 9999999999; do
	check "400: advance by '$seconds'" 400 "$(status "${url[vllm-0]}advance?seconds=$seconds")"
done
check 'unknown path' 404 "$(status "${url[vllm-0]}")"
check 'unknown method' 405 "$(status -X DELETE "${url[vllm-0]}load")"
for argument in vllm-0 vllm-0=vllm vllm-0=ollama:0 vllm-0=vllm:x vllm-0=vllm:70000 =vllm:0 'a"b=vllm:0'; do
	"$emulator" --pod "$argument" >/dev/null 2>&1
	check "command line: --pod $argument" 1 $?
done
"$emulator" >/dev/null 2>&1
check 'command line: no pod' 1 $?

# ---- faults
get "${url[vllm-0]}load?fault=nan" >/dev/null
check 'fault nan' 'NaN' "$(get "${url[vllm-0]}metrics" | sed -n 's/^vllm:num_requests_waiting{.*} //p')"
promtool check metrics < <(get "${url[vllm-0]}metrics") >/dev/null 2>&1
check 'promtool reads NaN' 3 $?
get "${url[vllm-0]}load?fault=absent" >/dev/null
check 'fault absent' absent "$(value "${url[vllm-0]}" vllm:num_requests_waiting)"
get "${url[vllm-0]}load?fault=500" >/dev/null
check 'fault 500' 500 "$(status "${url[vllm-0]}metrics")"
get "${url[vllm-0]}load?fault=hang" >/dev/null
check 'fault hang' 28 "$(curl -sS --max-time 0.3 -o /dev/null "${url[vllm-0]}metrics" 2>/dev/null; echo $?)"
check 'a hanging pod still takes a load' 200 "$(status "${url[vllm-0]}load?waiting=12")"
curl -sS -v --max-time 10 "${url[vllm-0]}metrics" >"$home/late" 2>"$home/trace" &
waiter=$!
until grep -q '^> GET' "$home/trace"; do sleep 0.02; done # it is sent; one thread serves, so the next request is later
get "${url[vllm-0]}load?fault=none" >/dev/null
wait "$waiter"
check 'what hung is answered after the fault' '12.0' "$(sed -n 's/^vllm:num_requests_waiting{.*} //p' "$home/late")"

kill -TERM "$pid"
wait "$pid"
check 'SIGTERM ends it well' 0 $?
pid=
check 'nothing on standard error' '' "$(cat "$home/log")"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
