{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}

{{- define "gaugelet.name" -}}
{{- include "gaugelet.prepare" . -}}
{{- default .Chart.Name .Values.effective.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "gaugelet.fullname" -}}
{{- include "gaugelet.prepare" . -}}
{{- $name := default .Chart.Name .Values.effective.nameOverride -}}
{{- if .Values.effective.fullnameOverride -}}
{{- .Values.effective.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "gaugelet.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "gaugelet.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "gaugelet.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- /* The very labels of prometheus-adapter's chart: with its name, its Deployment can be upgraded to ours. */ -}}
{{- define "gaugelet.selectorLabels" -}}
app.kubernetes.io/name: {{ include "gaugelet.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gaugelet.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/component: metrics
app.kubernetes.io/part-of: {{ include "gaugelet.name" . }}
{{ include "gaugelet.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with .Values.effective.customLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* metadata, of: root, name; optional: namespace (`-`: none), annotations, labels */ -}}
{{- define "gaugelet.metadata" -}}
metadata:
  name: {{ .name }}
  {{- if ne (default "" .namespace) "-" }}
  namespace: {{ default (include "gaugelet.namespace" .root) .namespace }}
  {{- end }}
  labels:
    {{- include "gaugelet.labels" .root | nindent 4 }}
    {{- with .labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with merge (dict) (default dict .annotations) .root.Values.effective.customAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "gaugelet.subject" -}}
- kind: ServiceAccount
  name: {{ include "gaugelet.serviceAccountName" . }}
  namespace: {{ include "gaugelet.namespace" . }}
{{- end -}}

{{- /* Where the API server looks for the serving certificate's CA. */ -}}
{{- define "gaugelet.trust" -}}
{{- include "gaugelet.prepare" . -}}
{{- $serving := .Values.effective.serving -}}
{{- if eq $serving.mode "certManager" -}}
insecureSkipTLSVerify: false
{{- else if $serving.ca -}}
caBundle: {{ $serving.ca | b64enc }}
{{- else -}}
insecureSkipTLSVerify: true
{{- end -}}
{{- end -}}
