// Copyright: (c) 2026, the openhubs.fleet authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package netpol

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/yaml"
)

const podRange = "10.244.0.0/24"

// pod returns a running pod on the node "here" with one container port, 8888 called "http".
func pod(namespace, component, address string) *corev1.Pod {
	port := corev1.ContainerPort{Name: "http", ContainerPort: 8888, Protocol: corev1.ProtocolTCP}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: component, Labels: map[string]string{"component": component}},
		Spec:       corev1.PodSpec{NodeName: "here", Containers: []corev1.Container{{Ports: []corev1.ContainerPort{port}}}},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, PodIP: address},
	}
}

// policy returns a NetworkPolicy of the namespace "hub" from the YAML of its spec.
func policy(t *testing.T, spec string) *networkingv1.NetworkPolicy {
	t.Helper()
	result := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "hub", Name: "policy"}}
	if err := yaml.NewYAMLOrJSONDecoder(strings.NewReader(spec), len(spec)).Decode(&result.Spec); err != nil {
		t.Fatal(err)
	}
	return result
}

// world has a hub and a user's server in the namespace "hub", and a pod of another namespace.
func world(policies ...*networkingv1.NetworkPolicy) State {
	return State{
		Pods: []*corev1.Pod{
			pod("hub", "hub", "10.244.0.2"), pod("hub", "server", "10.244.0.3"), pod("other", "hub", "10.244.0.4"),
		},
		Namespaces: map[string]labels.Set{"hub": {"name": "hub"}, "other": {"name": "other"}},
		Policies:   policies,
	}
}

// chain returns the lines of a chain of the ruleset, without the last, which drops; nil when there is none.
func chain(ruleset, name string) []string {
	_, rest, found := strings.Cut(ruleset, "  chain "+name+" {\n")
	if !found {
		return nil
	}
	body, _, _ := strings.Cut(rest, "  }\n")
	lines := []string{}
	for line := range strings.Lines(body) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

func TestAllowedTraffic(t *testing.T) {
	const ingressChain, egressChain = "ingress_10_244_0_3", "egress_10_244_0_3"
	cases := []struct {
		name, spec, chain string
		want              []string
	}{
		{
			"a label of the own namespace", `{ingress: [{from: [{podSelector: {matchLabels: {component: hub}}}]}]}`,
			ingressChain, []string{"ip saddr { 10.244.0.2 } return"},
		},
		{
			"a label in every namespace", `{ingress: [{from: [{podSelector: {matchLabels: {component: hub}}, namespaceSelector: {}}]}]}`,
			ingressChain, []string{"ip saddr { 10.244.0.2, 10.244.0.4 } return"},
		},
		{
			"all of one namespace", `{ingress: [{from: [{namespaceSelector: {matchLabels: {name: other}}}]}]}`,
			ingressChain, []string{"ip saddr { 10.244.0.4 } return"},
		},
		{
			"a label that no pod has", `{ingress: [{from: [{podSelector: {matchLabels: {component: none}}}]}]}`,
			ingressChain, []string{},
		},
		{
			"nobody", `{ingress: []}`, ingressChain, []string{},
		},
		{
			"everybody", `{ingress: [{}]}`, ingressChain, []string{"return"},
		},
		{
			"a named port of the pod itself", `{ingress: [{ports: [{port: http}]}]}`,
			ingressChain, []string{"tcp dport 8888 return"},
		},
		{
			"a name that is no port's", `{ingress: [{ports: [{port: ssh}]}]}`, ingressChain, []string{},
		},
		{
			"a name of a port of another protocol", `{ingress: [{ports: [{port: http, protocol: UDP}]}]}`, ingressChain, []string{},
		},
		{
			"a named port of peers", `{egress: [{to: [{podSelector: {matchLabels: {component: hub}}}], ports: [{port: http}]}]}`,
			egressChain, []string{"ip daddr 10.244.0.2 tcp dport 8888 return"},
		},
		{
			"a named port of any pod", `{egress: [{ports: [{port: http}]}]}`,
			egressChain, []string{
				"ip daddr 10.244.0.2 tcp dport 8888 return", "ip daddr 10.244.0.3 tcp dport 8888 return",
				"ip daddr 10.244.0.4 tcp dport 8888 return",
			},
		},
		{
			"numbers, a range, a whole protocol",
			`{egress: [{ports: [{port: 53, protocol: UDP}, {port: 53}, {port: 8000, endPort: 8100}, {protocol: SCTP}]}]}`,
			egressChain, []string{
				"meta l4proto sctp return", "tcp dport 53 return", "tcp dport 8000-8100 return", "udp dport 53 return",
			},
		},
		{
			"the world without private ranges and the metadata address",
			`{egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.169.254/32]}}]}]}`,
			egressChain, []string{
				"ip daddr 0.0.0.0/0 ip daddr != 10.0.0.0/8 ip daddr != 172.16.0.0/12 ip daddr != 192.168.0.0/16 " +
					"ip daddr != 169.254.169.254/32 return",
			},
		},
		{
			"a block with bits of a host, and one port", `{ingress: [{from: [{ipBlock: {cidr: 10.1.2.3/8}}], ports: [{port: 80}]}]}`,
			ingressChain, []string{"ip saddr 10.0.0.0/8 tcp dport 80 return"},
		},
		{
			"IPv6, which is not supported", `{egress: [{to: [{ipBlock: {cidr: "::/0"}}]}]}`, egressChain, []string{},
		},
		{
			"several rules, each once",
			`{ingress: [{from: [{podSelector: {matchLabels: {component: hub}}}]}, {from: [{podSelector: {matchLabels: {component: hub}}}]}]}`,
			ingressChain, []string{"ip saddr { 10.244.0.2 } return"},
		},
		{
			"peers of different kinds with different ports",
			`{ingress: [{from: [{podSelector: {}}, {ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 1}, {port: 2}]}]}`,
			ingressChain, []string{
				"ip saddr 192.0.2.0/24 tcp dport 1 return", "ip saddr 192.0.2.0/24 tcp dport 2 return",
				"ip saddr { 10.244.0.2, 10.244.0.3 } tcp dport 1 return", "ip saddr { 10.244.0.2, 10.244.0.3 } tcp dport 2 return",
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := policy(t, c.spec)
			p.Spec.PodSelector.MatchLabels = map[string]string{"component": "server"}
			got := chain(Render(world(p), "here", podRange), c.chain)
			if want := append(c.want, "counter drop"); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestRestrictedDirections(t *testing.T) {
	cases := []struct {
		name, spec      string
		ingress, egress bool
	}{
		{"default", `{podSelector: {}}`, true, false},
		{"default with egress rules", `{podSelector: {}, egress: [{}]}`, true, true},
		{"ingress", `{podSelector: {}, policyTypes: [Ingress]}`, true, false},
		{"egress", `{podSelector: {}, policyTypes: [Egress]}`, false, true},
		{"both", `{podSelector: {}, policyTypes: [Ingress, Egress]}`, true, true},
		{"another pod", `{podSelector: {matchLabels: {component: none}}}`, false, false},
		{"a selector that cannot be read", `{podSelector: {matchExpressions: [{key: a, operator: Nonsense}]}}`, false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ruleset := Render(world(policy(t, c.spec)), "here", podRange)
			for address, inNamespace := range map[string]bool{"10_244_0_3": true, "10_244_0_4": false} {
				if got := chain(ruleset, "ingress_"+address) != nil; got != (c.ingress && inNamespace) {
					t.Errorf("ingress of %s is restricted: %v", address, got)
				}
				if got := chain(ruleset, "egress_"+address) != nil; got != (c.egress && inNamespace) {
					t.Errorf("egress of %s is restricted: %v", address, got)
				}
			}
		})
	}
}

// Two policies for a pod allow what either allows.
func TestPoliciesAddUp(t *testing.T) {
	first := policy(t, `{podSelector: {}, ingress: [{ports: [{port: 1}]}]}`)
	second := policy(t, `{podSelector: {}, ingress: [{ports: [{port: 2}]}]}`)
	got := chain(Render(world(first, second), "here", podRange), "ingress_10_244_0_3")
	if want := []string{"tcp dport 1 return", "tcp dport 2 return", "counter drop"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What a pod sends is judged by its own egress, then by the other pod's ingress; what it sends to its own node
// (where the API server and the kubelet are) comes in by the hook "input".
func TestHooks(t *testing.T) {
	ruleset := Render(world(policy(t, `{podSelector: {matchLabels: {component: server}}, policyTypes: [Ingress, Egress]}`)), "here", podRange)
	const established, egress = "ct state established,related accept", "ip saddr vmap { 10.244.0.3 : jump egress_10_244_0_3 }"
	const unknown = "ip saddr 10.244.0.0/24 ip saddr != { 10.244.0.2, 10.244.0.3, 10.244.0.4 } counter drop"
	want := map[string][]string{
		"forward": {"type filter hook forward priority filter - 5;", established, unknown, egress, "ip daddr vmap { 10.244.0.3 : jump ingress_10_244_0_3 }"},
		"input":   {"type filter hook input priority filter - 5;", established, unknown, egress},
	}
	for hook, lines := range want {
		if got := chain(ruleset, hook); !slices.Equal(got, lines) {
			t.Errorf("%s: got %q, want %q", hook, got, lines)
		}
	}
}

// Without an address there is nothing to match; an address of the pod range that no pod has may not send yet.
func TestPodsThatDoNotCount(t *testing.T) {
	starting, ended, host, elsewhere := pod("hub", "a", ""), pod("hub", "b", "10.244.0.5"), pod("hub", "c", "10.99.0.1"), pod("hub", "d", "10.0.0.7")
	ended.Status.Phase = corev1.PodSucceeded
	host.Spec.HostNetwork = true
	elsewhere.Spec.NodeName = "there"
	state := State{Pods: []*corev1.Pod{starting, ended, host, elsewhere}, Policies: []*networkingv1.NetworkPolicy{policy(t, `{podSelector: {}}`)}}
	ruleset := Render(state, "here", podRange)
	if strings.Contains(ruleset, "jump") || !strings.Contains(ruleset, "ip saddr 10.244.0.0/24 counter drop") {
		t.Errorf("got\n%s", ruleset)
	}
}

// A pod that is being deleted and a new one can have the same address for a moment.
func TestNewestPodOfAnAddress(t *testing.T) {
	old, young := pod("other", "hub", "10.244.0.3"), pod("hub", "server", "10.244.0.3")
	young.CreationTimestamp = metav1.NewTime(time.Now())
	state := State{Pods: []*corev1.Pod{young, old}, Policies: []*networkingv1.NetworkPolicy{policy(t, `{podSelector: {}}`)}}
	if chain(Render(state, "here", podRange), "ingress_10_244_0_3") == nil {
		t.Error("the policy of the newest pod is not applied")
	}
}

// The order in which the informers list does not matter: the ruleset is only written when it differs.
func TestOrderDoesNotMatter(t *testing.T) {
	first, second := policy(t, `{podSelector: {}, ingress: [{ports: [{port: 1}]}]}`), policy(t, `{podSelector: {}, egress: [{}]}`)
	state, reversed := world(first, second), world(second, first)
	slices.Reverse(reversed.Pods)
	if Render(state, "here", podRange) != Render(reversed, "here", podRange) {
		t.Error("the rulesets differ")
	}
}

// nft itself accepts what is written, twice: the second replaces the first.
func TestNftAcceptsTheRuleset(t *testing.T) {
	if _, err := exec.LookPath("nft"); err != nil || os.Geteuid() != 0 {
		t.Skip("needs nft and root")
	}
	spec := `{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}}], ports: [{port: http}]}],
	  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 10.1.0.0/16]}}], ports: [{port: 1, endPort: 9}, {protocol: UDP}]}]}`
	ruleset := Render(world(policy(t, spec)), "here", podRange)
	nft := exec.Command("unshare", "--net", "nft", "-f", "-")
	nft.Stdin = strings.NewReader(ruleset + ruleset)
	if output, err := nft.CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s", err, output, ruleset)
	}
}
