{{- /*
  Parts of the two core pods, hub and proxy. Each helper prints whole keys at column 0, or nothing.
*/}}

{{- /* Where a core pod may run. Takes (list ROOT VALUES), VALUES with nodeSelector and tolerations. */}}
{{- define "standin.placement" -}}
{{- $core := (index . 0).Values.scheduling.corePods -}}
{{- $own := index . 1 -}}
{{- $purpose := $core.nodeAffinity.matchNodePurpose -}}
{{- $term := list (dict "key" "hub.jupyter.org/node-purpose" "operator" "In" "values" (list "core")) -}}
{{- with $own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat $core.tolerations $own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if eq $purpose "require" }}
affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchExpressions:
            {{- toYaml $term | nindent 12 }}
{{- else if eq $purpose "prefer" }}
affinity:
  nodeAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        preference:
          matchExpressions:
            {{- toYaml $term | nindent 12 }}
{{- end }}
{{- end }}

{{- /* Credentials for pulling an image. Takes (list ROOT IMAGE). A secret is a name or {name: ...}. */}}
{{- define "standin.pullSecrets" -}}
{{- $values := (index . 0).Values -}}
{{- $made := $values.imagePullSecret -}}
{{- $own := and $made.create $made.automaticReferenceInjection | ternary (list "image-pull-secret") list -}}
{{- with concat (index . 1).pullSecrets $values.imagePullSecrets $own | uniq }}
imagePullSecrets:
  {{- range . }}
  - {{ kindIs "map" . | ternary . (dict "name" .) | toJson }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* Which image a container runs. Takes IMAGE. */}}
{{- define "standin.image" -}}
image: {{ printf "%s:%s" .name .tag | quote }}
{{- with .pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end }}

{{- /* Environment variables as list items. Takes {NAME: text}, or {NAME: {valueFrom: ...}}. */}}
{{- define "standin.env" -}}
{{- range $name, $value := . }}
- {{ merge (dict) (kindIs "map" $value | ternary $value (dict "value" $value)) (dict "name" $name) | toJson }}
{{- end }}
{{- end }}

{{- /* One probe. Takes (list KEY VALUES PATH): KEY is livenessProbe or readinessProbe. */}}
{{- define "standin.probe" -}}
{{- $probe := index . 1 -}}
{{- if $probe.enabled }}
{{ index . 0 }}:
  httpGet: {path: {{ index . 2 }}, port: http}
  {{- omit $probe "enabled" | toYaml | nindent 2 }}
{{- end }}
{{- end }}

{{- /* What a container must not do. Takes (list UID GID). */}}
{{- define "standin.securityContext" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ index . 0 }}
  runAsGroup: {{ index . 1 }}
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
{{- end }}
