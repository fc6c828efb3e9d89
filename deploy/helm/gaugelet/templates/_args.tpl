{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /* The arguments, one a line. */ -}}
{{- define "gaugelet.args" -}}
{{- $it := .Values.effective -}}
{{- $v := .Values -}}
- --secure-port={{ $it.listenPort }}
{{- if $it.serving.secret }}
- --tls-cert-file=/var/run/serving-cert/tls.crt
- --tls-private-key-file=/var/run/serving-cert/tls.key
{{- else }}
- --cert-dir=/tmp/cert
{{- end }}
{{- range $it.urls }}
- {{ printf "--prometheus-url=%s" . | quote }}
{{- end }}
{{- range $name, $value := $it.headers }}
- {{ printf "--prometheus-header-file=%s=/etc/gaugelet/prometheus/header-%s" $name (lower $name) | quote }}
{{- end }}
{{- range $v.prometheus.headersFrom }}
- {{ printf "--prometheus-header-file=%s=/etc/gaugelet/prometheus/header-%s" .name (lower .name) | quote }}
{{- end }}
{{- if $v.prometheus.tokenFrom }}
- --prometheus-token-file=/etc/gaugelet/prometheus/token
{{- end }}
{{- if $v.prometheus.caFrom }}
- --prometheus-ca-file=/etc/gaugelet/prometheus/ca.crt
{{- end }}
{{- if $v.prometheus.insecure }}
- --prometheus-insecure=true
{{- end }}
- {{ printf "--metrics-relist-interval=%s" $it.relistInterval | quote }}
{{- range $flag, $value := dict "metrics-max-age" $it.maxAge "cache-ttl" $v.cacheTTL "max-sample-age" $v.maxSampleAge
	"empty-list" $v.emptyList }}
{{- with $value }}
- {{ printf "--%s=%v" $flag . | quote }}
{{- end }}
{{- end }}
{{- if $it.externalFromRules }}
- --external-from-rules=true
{{- end }}
{{- if $v.gke.enabled }}
- --gke-names=true
{{- range $flag, $value := dict "gmp-project" $v.gke.projectId "gmp-location" $v.gke.location "gmp-cluster" $v.gke.clusterName
	"google-auth" $it.googleAuth }}
{{- with $value }}
- {{ printf "--%s=%s" $flag . | quote }}
{{- end }}
{{- end }}
{{- end }}
- --v={{ $it.logLevel }}
- --config=/etc/adapter/config.yaml
{{- with $v.extraArguments }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* What of Prometheus' credentials is mounted: a source a Secret or ConfigMap. */ -}}
{{- define "gaugelet.files" -}}
{{- $p := .Values.prometheus -}}
{{- if .Values.effective.headers }}
- secret:
    name: {{ include "gaugelet.fullname" . }}-prometheus
{{- end }}
{{- range $p.headersFrom }}
- secret:
    name: {{ .secret }}
    items:
    - key: {{ .key }}
      path: header-{{ lower .name }}
{{- end }}
{{- with $p.tokenFrom }}
- secret:
    name: {{ .secret }}
    items:
    - key: {{ default "token" .key }}
      path: token
{{- end }}
{{- with $p.caFrom }}
- {{ ternary "configMap" "secret" (hasKey . "configMap") }}:
    name: {{ default .secret .configMap }}
    items:
    - key: {{ default "ca.crt" .key }}
      path: ca.crt
{{- end }}
{{- end -}}
