{{/* The name of the chart's objects: the release's, with the chart's where it does not say that already. */}}
{{- define "perch.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "perch.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "perch.labels" -}}
{{ include "perch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "perch.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "perch.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The shop's services as lines “name port”, by which its templates go through them. */}}
{{- define "perch.shop.services" -}}
gateway 8080
catalog 8081
orders 8082
users 8083
payments 8084
shipping 8085
inventory 8086
recommendations 8087
{{- end -}}

{{/* What Prometheus and OTLP call a service, of its command. */}}
{{- define "perch.shop.job" -}}
{{- if eq . "catalog" -}}product-catalog{{- else if eq . "orders" -}}order-management{{- else if eq . "load" -}}shop-load{{- else -}}{{ . }}{{- end -}}
{{- end -}}
