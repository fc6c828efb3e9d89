{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /*
What the values mean, worked out once and kept in .Values.effective: ACK's values laid over ours, the rules put together, and the
serving certificate, which must be the same one in the Secret and in the APIServices.
*/ -}}
{{- define "gaugelet.prepare" -}}
{{- if not (hasKey .Values "effective") -}}
{{- $ack := default dict .Values.AlibabaCloudMetricsAdapter -}}
{{- $it := dict "ack" (gt (len $ack) 0) -}}
{{- $_ := set .Values "effective" $it -}}
{{- include "gaugelet.prepare.image" . -}}
{{- include "gaugelet.prepare.names" (dict "root" . "it" $it "ack" $ack) -}}
{{- include "gaugelet.prepare.pods" (dict "root" . "it" $it "ack" $ack) -}}
{{- include "gaugelet.prepare.prometheus" (dict "root" . "it" $it "ack" (default dict $ack.prometheus)) -}}
{{- include "gaugelet.prepare.rules" (dict "root" . "it" $it "ack" (default dict $ack.prometheus)) -}}
{{- include "gaugelet.prepare.apis" (dict "root" . "it" $it) -}}
{{- include "gaugelet.prepare.serving" (dict "root" . "it" $it) -}}
{{- end -}}
{{- end -}}

{{- /* A values file of another adapter names that adapter's image, which would run in our place. */ -}}
{{- define "gaugelet.prepare.image" -}}
{{- $base := regexReplaceAll "^.*/" .Values.image.repository "" -}}
{{- if regexMatch "^(k8s-)?prometheus-adapter(-[a-z0-9]+)?$|^alibaba-cloud-metrics-adapter|^custom-metrics-stackdriver-adapter$" $base -}}
{{- fail (printf "image.repository %s is another adapter's image: set image.repository and image.tag to gaugelet's, behind the other values (--set image.repository=... --set image.tag=...)" .Values.image.repository) -}}
{{- end -}}
{{- end -}}

{{- define "gaugelet.prepare.names" -}}
{{- $v := .root.Values -}}
{{- $_ := set .it "nameOverride" (default $v.nameOverride .ack.nameOverride) -}}
{{- $_ := set .it "fullnameOverride" (default $v.fullnameOverride .ack.fullnameOverride) -}}
{{- $labels := ternary .ack.commonLabels (dict) (kindIs "map" .ack.commonLabels) -}}
{{- $annotations := ternary .ack.annotations (dict) (kindIs "map" .ack.annotations) -}}
{{- $_ := set .it "customLabels" (merge (dict) $labels (default dict $v.customLabels)) -}}
{{- $_ := set .it "customAnnotations" (merge (dict) $annotations (default dict $v.customAnnotations)) -}}
{{- end -}}

{{- define "gaugelet.prepare.pods" -}}
{{- $v := .root.Values -}}
{{- $port := ternary 6443 10250 (eq $v.hostNetwork.enabled true) -}}
{{- $_ := set .it "listenPort" (default (default $port $v.listenPort) .ack.listenPort | int) -}}
{{- $_ := set .it "replicas" (ternary .ack.replicas $v.replicas (hasKey .ack "replicas") | int) -}}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "podAnnotations" -}}
{{- $_ := set $.it $key (default (index $v $key) (index $.ack $key)) -}}
{{- end -}}
{{- $_ := set .it "resources" (default $v.resources (dig "resources" "metricsAdapterDeployment" "resources" (dict) .ack)) -}}
{{- $_ := set .it "serviceType" (default $v.service.type (dig "service" "type" "" .ack)) -}}
{{- end -}}

{{- define "gaugelet.prepare.prometheus" -}}
{{- $v := .root.Values -}}
{{- $p := $v.prometheus -}}
{{- $untouched := eq $p.url "http://prometheus.default.svc" -}}
{{- $url := printf "%s%s%s" (tpl $p.url .root) (ternary (printf ":%v" $p.port) "" (not (empty $p.port))) (default "" $p.path) -}}
{{- if .it.ack -}}
{{- if not .ack.enabled -}}
{{- fail "AlibabaCloudMetricsAdapter.prometheus.enabled is not true: gaugelet serves what Prometheus knows, and nothing else; set it to true, with prometheus.url" -}}
{{- end -}}
{{- $url = default "http://ack-prometheus-operator-prometheus.monitoring.svc:9090" .ack.url -}}
{{- else if and $v.gke.enabled $untouched -}}
{{- $_ := set .it "googleAuth" (default "auto" $v.gke.auth) -}}
{{- $url = "" -}}
{{- with $v.gke.projectId -}}
{{- $url = printf "https://monitoring.googleapis.com/v1/projects/%s/location/global/prometheus" . -}}
{{- end -}}
{{- end -}}
{{- $urls := list -}}
{{- if $url -}}{{- $urls = append $urls $url -}}{{- end -}}
{{- range default list $p.urls -}}{{- $urls = append $urls (tpl . $.root) -}}{{- end -}}
{{- $_ := set .it "urls" $urls -}}
{{- $headers := merge (dict) (default dict $p.headers) -}}
{{- $given := default list .ack.prometheusHeader -}}
{{- range $pair := ternary (list $given) $given (kindIs "map" $given) -}}
{{- range $name, $value := $pair -}}{{- $_ := set $headers $name $value -}}{{- end -}}
{{- end -}}
{{- $_ := set .it "headers" $headers -}}
{{- $_ := set .it "relistInterval" (default $v.metricsRelistInterval .ack.metricsRelistInterval) -}}
{{- /* ACK's adapter looks back 20 minutes by default. */ -}}
{{- $_ := set .it "maxAge" (default (ternary "20m" "" .it.ack) $v.metricsMaxAge) -}}
{{- $_ := set .it "logLevel" (ternary .ack.logLevel $v.logLevel (hasKey .ack "logLevel")) -}}
{{- $_ := set .it "files" (or $headers $p.headersFrom $p.tokenFrom $p.caFrom | empty | not) -}}
{{- end -}}

{{- define "gaugelet.prepare.rules" -}}
{{- $v := .root.Values -}}
{{- $ack := default dict (default dict .ack.adapter).rules -}}
{{- $default := $v.rules.default -}}
{{- if kindIs "invalid" $default -}}{{- $default = not (or .it.ack $v.gke.enabled) -}}{{- end -}}
{{- if and .it.ack (hasKey $ack "default") -}}{{- $default = $ack.default -}}{{- end -}}
{{- $sets := default list $v.rules.sets -}}
{{- if $default -}}{{- $sets = prepend $sets "default" -}}{{- end -}}
{{- $rules := list -}}
{{- $external := list -}}
{{- $resource := default dict $v.rules.resource -}}
{{- range $set := uniq $sets -}}
{{- $file := printf "rules/%s.yaml" $set -}}
{{- $text := $.root.Files.Get $file -}}
{{- if not $text -}}{{- fail (printf "rules.sets: the chart has no %s" $file) -}}{{- end -}}
{{- $parsed := fromYaml $text -}}
{{- $rules = concat $rules (default list $parsed.rules) -}}
{{- $external = concat $external (default list $parsed.externalRules) -}}
{{- with $parsed.resourceRules -}}{{- $resource = default . $resource -}}{{- end -}}
{{- end -}}
{{- with $v.rules.custom -}}{{- $rules = concat $rules (tpl (toYaml .) $.root | fromYamlArray) -}}{{- end -}}
{{- $rules = concat $rules (default list $ack.custom) -}}
{{- $external = concat $external (default list $v.rules.external) -}}
{{- $_ := set .it "rules" $rules -}}
{{- $_ := set .it "externalRules" $external -}}
{{- $_ := set .it "resourceRules" $resource -}}
{{- $_ := set .it "externalFromRules" (or .it.ack $v.externalFromRules) -}}
{{- end -}}

{{- /* Which APIs to register. rules.existing cannot be looked into; as in prometheus-adapter's chart, the lists say then. */ -}}
{{- define "gaugelet.prepare.apis" -}}
{{- $v := .root.Values -}}
{{- $auto := dict "custom" (or .it.rules $v.gke.enabled) "resource" .it.resourceRules -}}
{{- $_ := set $auto "external" (or .it.externalRules $v.gke.enabled (and .it.externalFromRules .it.rules)) -}}
{{- range $api, $needed := $auto -}}
{{- $wanted := index $v.apiServices $api | toString -}}
{{- $_ := set $.it $api (ternary (not (empty $needed)) (eq $wanted "true") (eq $wanted "auto")) -}}
{{- end -}}
{{- end -}}

{{- /* mode, secret (empty: none is mounted), ca; with made: crt and key of a Secret that this chart writes */ -}}
{{- define "gaugelet.prepare.serving" -}}
{{- $tls := .root.Values.tls -}}
{{- $name := include "gaugelet.fullname" .root -}}
{{- $serving := dict "mode" "pod" "secret" "" "ca" "" "made" false -}}
{{- if .root.Values.certManager.enabled -}}
{{- $serving = dict "mode" "certManager" "secret" $name "ca" "" "made" false -}}
{{- else if $tls.enable -}}
{{- if not (and $tls.ca $tls.certificate $tls.key) -}}{{- fail "tls.enable needs tls.ca, tls.certificate and tls.key" -}}{{- end -}}
{{- $serving = dict "mode" "given" "secret" $name "ca" $tls.ca "made" true "crt" $tls.certificate "key" $tls.key -}}
{{- else if $tls.existingSecret -}}
{{- $there := lookup "v1" "Secret" (include "gaugelet.namespace" .root) $tls.existingSecret -}}
{{- $ca := default (dig "data" "ca.crt" "" (default dict $there) | b64dec) $tls.ca -}}
{{- $serving = dict "mode" "existing" "secret" $tls.existingSecret "ca" $ca "made" false -}}
{{- else if $tls.selfSigned -}}
{{- $serving = include "gaugelet.selfSigned" .root | fromJson -}}
{{- end -}}
{{- $_ := set .it "serving" $serving -}}
{{- end -}}

{{- /* The pair that is there already, or a new one when it is none or near its end. For as long as pods may still have the old
one, both CAs are trusted. */ -}}
{{- define "gaugelet.selfSigned" -}}
{{- $name := include "gaugelet.fullname" . -}}
{{- $namespace := include "gaugelet.namespace" . -}}
{{- $secret := printf "%s-serving" $name -}}
{{- $days := int .Values.tls.selfSignedDays -}}
{{- $there := default dict (lookup "v1" "Secret" $namespace $secret) -}}
{{- $old := default dict $there.data -}}
{{- $renew := dig "metadata" "annotations" "gaugelet/renew-after" "0" $there -}}
{{- $whole := and (index $old "tls.crt") (index $old "tls.key") (index $old "ca.crt") -}}
{{- if and $whole (gt (int64 $renew) (now | unixEpoch | int64)) -}}
{{- dict "mode" "selfSigned" "secret" $secret "made" true "renewAfter" $renew "ca" (index $old "ca.crt" | b64dec)
	"crt" (index $old "tls.crt" | b64dec) "key" (index $old "tls.key" | b64dec) | toJson -}}
{{- else -}}
{{- $host := printf "%s.%s" $name $namespace -}}
{{- $names := list (printf "%s.svc" $host) $host $name (printf "%s.svc.cluster.local" $host) "localhost" -}}
{{- $ca := genCA (printf "%s-ca" $name | trunc 60) $days -}}
{{- $pair := genSignedCert (printf "%s.svc" $host | trunc 64) (list "127.0.0.1") $names $days $ca -}}
{{- $after := add (now | unixEpoch | int64) (div (mul $days 86400 4) 5) | toString -}}
{{- $trusted := printf "%s%s" $ca.Cert (index $old "ca.crt" | default "" | b64dec) -}}
{{- dict "mode" "selfSigned" "secret" $secret "made" true "renewAfter" $after "ca" $trusted "crt" $pair.Cert "key" $pair.Key
	| toJson -}}
{{- end -}}
{{- end -}}
