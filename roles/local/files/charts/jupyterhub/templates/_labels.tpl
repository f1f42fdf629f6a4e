{{- /*
  Labels. Each helper takes (list ROOT COMPONENT) and prints YAML at column 0. The older three (app, component, release)
  are what Services, Deployments and NetworkPolicies select by; KubeSpawner puts the same on the users' pods.
*/}}
{{- define "standin.selector" -}}
{{- $root := index . 0 -}}
app: {{ $root.Chart.Name }}
component: {{ index . 1 }}
release: {{ $root.Release.Name | quote }}
{{- end }}

{{- define "standin.podLabels" -}}
{{- $root := index . 0 -}}
{{ include "standin.selector" . }}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
{{- end }}

{{- define "standin.labels" -}}
{{- $root := index . 0 -}}
{{- $chart := printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" -}}
{{ include "standin.podLabels" . }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $chart }}
chart: {{ $chart }}
heritage: {{ $root.Release.Service }}
{{- end }}

{{- /*
  Labels that open a door in a NetworkPolicy. Takes the names of doors, for instance (list "hub" "singleuser").
*/}}
{{- define "standin.access" -}}
{{- range . }}
hub.jupyter.org/network-access-{{ . }}: "true"
{{- end }}
{{- end }}
