{{- /*
  A random value that stays what it is. Takes (list ROOT KEY GIVEN): GIVEN when it is set, else what the release's
  Secret holds under KEY, else 256 random bits in hexadecimal.
*/}}
{{- define "standin.kept" -}}
{{- $held := lookup "v1" "Secret" (index . 0).Release.Namespace "hub" | dig "data" (index . 1) "" | b64dec -}}
{{- coalesce (index . 2) $held (randAlphaNum 64 | sha256sum) -}}
{{- end }}

{{- /* The token by which hub and proxy know each other. Takes ROOT. */}}
{{- define "standin.proxyToken" -}}
{{- $given := .Values.hub.config | dig "ConfigurableHTTPProxy" "auth_token" "" -}}
{{- include "standin.kept" (list . "hub.config.ConfigurableHTTPProxy.auth_token" $given) -}}
{{- end }}

{{- /*
  Files as `data` of a Secret, each line after a newline. Takes {key: {mountPath, and one of data, stringData,
  binaryData}}; `data` is written in the format that the extension of mountPath names (the schema knows which).
*/}}
{{- define "standin.files" -}}
{{- range $key, $file := . }}
{{- $content := $file.binaryData | default "" | nospace }}
{{- $text := $file.stringData | default "" }}
{{- with $file.data }}
{{- $formats := dict ".json" (toJson .) ".toml" (toToml .) }}
{{- $text = get $formats (ext $file.mountPath) | default (toYaml .) }}
{{- end }}
{{ $key | quote }}: {{ $content | default (trimSuffix "\n" $text | printf "%s\n" | b64enc) }}
{{- end }}
{{- end }}
