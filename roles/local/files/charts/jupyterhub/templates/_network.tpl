{{- /*
  One NetworkPolicy. Takes a dict:
    root    the root context
    name    name of the object, and component of its labels
    pods    component of the pods that it protects
    policy  the values of this policy
    doors   {door: port}: a pod labelled hub.jupyter.org/network-access-<door> may reach this named port
    peers   {component: [ports]}: this release's pods which the protected pods may always reach
*/}}
{{- define "standin.networkPolicy" -}}
{{- $root := .root -}}
{{- $policy := .policy -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name }}
  labels:
    {{- include "standin.labels" (list $root .name) | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "standin.selector" (list $root .pods) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- with $policy.allowedIngressPorts }}
    - ports:
        {{- range . }}
        - port: {{ . }}
        {{- end }}
    {{- end }}
    {{- range $door, $port := .doors }}
    {{- $label := include "standin.access" (list $door) }}
    - ports:
        - port: {{ $port }}
      from:
        - podSelector:
            matchLabels:
              {{- $label | indent 14 }}
          {{- if eq $policy.interNamespaceAccessLabels "accept" }}
          namespaceSelector: {}
        - namespaceSelector:
            matchLabels:
              {{- $label | indent 14 }}
          {{- end }}
    {{- end }}
    {{- with $policy.ingress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  egress:
    {{- range $component, $ports := .peers }}
    - to:
        - podSelector:
            matchLabels:
              {{- include "standin.selector" (list $root $component) | nindent 14 }}
      ports:
        {{- range $ports }}
        - port: {{ . }}
        {{- end }}
    {{- end }}
    {{- include "standin.egress" (list $root $policy.egressAllowRules) | indent 4 }}
    {{- with $policy.egress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- /*
  The rules which `egressAllowRules` switches on, each line after a newline. Takes (list ROOT RULES).
*/}}
{{- define "standin.egress" -}}
{{- $rules := index . 1 -}}
{{- $metadata := printf "%s/32" (index . 0).Values.singleuser.cloudMetadata.ip -}}
{{- $private := list "10.0.0.0/8" "172.16.0.0/12" "192.168.0.0/16" -}}
{{- $nameServers := list -}}
{{- if $rules.dnsPortsCloudMetadataServer }}
{{- $nameServers = append $nameServers (dict "ipBlock" (dict "cidr" $metadata)) }}
{{- end }}
{{- if $rules.dnsPortsKubeSystemNamespace }}
{{- $labels := dict "kubernetes.io/metadata.name" "kube-system" }}
{{- $nameServers = append $nameServers (dict "namespaceSelector" (dict "matchLabels" $labels)) }}
{{- end }}
{{- if $rules.dnsPortsPrivateIPs }}
{{- range $private }}
{{- $nameServers = append $nameServers (dict "ipBlock" (dict "cidr" .)) }}
{{- end }}
{{- end }}
{{- with $nameServers }}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
  to:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- if $rules.nonPrivateIPs }}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
          {{- append $private $metadata | toYaml | nindent 10 }}
{{- end }}
{{- if $rules.privateIPs }}
- to:
    {{- range $private }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
{{- end }}
{{- if $rules.cloudMetadataServer }}
- to:
    - ipBlock: {cidr: {{ $metadata }}}
{{- end }}
{{- end }}
