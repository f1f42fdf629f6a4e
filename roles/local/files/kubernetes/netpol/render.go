// Copyright: (c) 2026, the openhubs.fleet authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Package netpol enforces NetworkPolicy objects on one node with nftables. It is test-grade: it makes the
// policies of a local cluster real, and is no replacement for a network plugin on a cluster that matters.
//
// IPv4 only: blocks of IPv6 addresses match nothing. A connection that was allowed when it began stays
// allowed until it ends.
package netpol

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// State is what the ruleset follows from.
type State struct {
	Pods       []*corev1.Pod
	Namespaces map[string]labels.Set
	Policies   []*networkingv1.NetworkPolicy
}

// direction of the traffic that a rule is about, seen from the pod that the policy selects.
type direction struct {
	policyType networkingv1.PolicyType
	chain      string // prefix of the names of the pods' chains
	own, peer  string // nftables' names of the pod's own address and of the other side's
}

var (
	ingress = direction{networkingv1.PolicyTypeIngress, "ingress_", "ip daddr", "ip saddr"}
	egress  = direction{networkingv1.PolicyTypeEgress, "egress_", "ip saddr", "ip daddr"}
)

// rule is an ingress or egress rule of a policy: with whom the pods may talk, on which ports.
type rule struct {
	namespace string
	peers     []networkingv1.NetworkPolicyPeer
	ports     []networkingv1.NetworkPolicyPort
}

// Render returns the nftables script that replaces the table "netpol" in one transaction.
//
// Each pod of the node has a chain for each direction that a policy restricts. What the chain allows
// returns to the hook, so that the chain of the pod on the other side is asked too; the rest is dropped.
//
// A pod's address reaches the API about a second after its container started. Until then no policy is in
// force for it, so an address of podRange that no pod has may not send.
func Render(state State, node, podRange string) string {
	state.Pods = withAddress(state.Pods)
	var chains strings.Builder
	var known []string
	jumps := map[direction][]string{}
	for _, pod := range state.Pods {
		if pod.Spec.NodeName != node {
			continue
		}
		address := pod.Status.PodIP
		known = append(known, address)
		for _, way := range []direction{ingress, egress} {
			rules, restricted := state.rules(pod, way)
			if !restricted {
				continue
			}
			name := way.chain + strings.ReplaceAll(address, ".", "_")
			jumps[way] = append(jumps[way], address+" : jump "+name)
			fmt.Fprintf(&chains, "  chain %s {\n", name)
			for _, match := range state.matches(pod, way, rules) {
				fmt.Fprintf(&chains, "    %s\n", join(match, "return"))
			}
			chains.WriteString("    counter drop\n  }\n")
		}
	}
	unknown := "ip saddr " + podRange
	if len(known) > 0 {
		unknown = join(unknown, "ip saddr !=", set(known))
	}
	return "add table inet netpol\ndelete table inet netpol\ntable inet netpol {\n" + chains.String() +
		hook("forward", unknown, jumps, egress, ingress) + hook("input", unknown, jumps, egress) + "}\n"
}

// hook returns the chain that leads a hook's traffic to the pods' chains. What a pod sends to its own node
// passes "input", not "forward". What a node sends to its pods (probes) passes neither: it is not restricted.
func hook(name, unknown string, jumps map[direction][]string, ways ...direction) string {
	lines := []string{
		"type filter hook " + name + " priority filter - 5;",
		"ct state established,related accept",
		unknown + " counter drop",
	}
	for _, way := range ways {
		if len(jumps[way]) > 0 {
			lines = append(lines, join(way.own, "vmap", set(jumps[way])))
		}
	}
	return "  chain " + name + " {\n    " + strings.Join(lines, "\n    ") + "\n  }\n"
}

// withAddress returns the pods that have an address of their own, ordered by it. When a pod that ended and
// a new one have the same address, the new one counts.
func withAddress(pods []*corev1.Pod) []*corev1.Pod {
	newest := map[string]*corev1.Pod{}
	for _, pod := range pods {
		ended := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
		if ended || pod.Spec.HostNetwork || !isIPv4(pod.Status.PodIP) {
			continue
		}
		other := newest[pod.Status.PodIP]
		if other == nil || other.CreationTimestamp.Before(&pod.CreationTimestamp) {
			newest[pod.Status.PodIP] = pod
		}
	}
	var result []*corev1.Pod
	for _, pod := range newest {
		result = append(result, pod)
	}
	slices.SortFunc(result, func(a, b *corev1.Pod) int { return strings.Compare(a.Status.PodIP, b.Status.PodIP) })
	return result
}

// rules returns the rules of all policies that select the pod, and whether any policy restricts it.
func (state State) rules(pod *corev1.Pod, way direction) (rules []rule, restricted bool) {
	for _, policy := range state.Policies {
		selected := policy.Namespace == pod.Namespace && selects(&policy.Spec.PodSelector, pod.Labels)
		if !selected || !slices.Contains(policyTypes(policy), way.policyType) {
			continue
		}
		restricted = true
		if way == ingress {
			for _, r := range policy.Spec.Ingress {
				rules = append(rules, rule{policy.Namespace, r.From, r.Ports})
			}
			continue
		}
		for _, r := range policy.Spec.Egress {
			rules = append(rules, rule{policy.Namespace, r.To, r.Ports})
		}
	}
	return rules, restricted
}

// policyTypes applies the API's default: Ingress always, Egress when the policy has egress rules.
func policyTypes(policy *networkingv1.NetworkPolicy) []networkingv1.PolicyType {
	switch {
	case len(policy.Spec.PolicyTypes) > 0:
		return policy.Spec.PolicyTypes
	case len(policy.Spec.Egress) > 0:
		return []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
	default:
		return []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	}
}

// matches returns the nftables expressions of what the rules allow, sorted, each once. A named port is
// looked up on the pod that receives: the selected one for ingress, each peer for egress. (A block of
// addresses has no names.)
func (state State) matches(pod *corev1.Pod, way direction, rules []rule) []string {
	var found []string
	for _, r := range rules {
		pods, peers := state.peers(way, r)
		ports := numberedPorts(r.ports)
		if way == ingress {
			ports = append(ports, namedPorts(r.ports, pod)...)
		} else {
			for _, receiver := range pods {
				for _, port := range namedPorts(r.ports, receiver) {
					found = append(found, join(way.peer, receiver.Status.PodIP, port))
				}
			}
		}
		for _, peer := range peers {
			for _, port := range ports {
				found = append(found, join(peer, port))
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// peers returns the pods that a rule names, and an expression for them and for each block of addresses.
// A rule without peers is about every address.
func (state State) peers(way direction, r rule) (pods []*corev1.Pod, expressions []string) {
	if len(r.peers) == 0 {
		return state.Pods, []string{""}
	}
	for _, peer := range r.peers {
		if peer.IPBlock != nil {
			expressions = append(expressions, block(way, peer.IPBlock)...)
		}
	}
	var addresses []string
	for _, pod := range state.Pods {
		matches := func(peer networkingv1.NetworkPolicyPeer) bool { return state.isPeer(peer, r.namespace, pod) }
		if slices.ContainsFunc(r.peers, matches) {
			pods = append(pods, pod)
			addresses = append(addresses, pod.Status.PodIP)
		}
	}
	if len(pods) > 0 {
		expressions = append(expressions, join(way.peer, set(addresses)))
	}
	return pods, expressions
}

// isPeer says whether a pod is selected. Without a namespace selector the policy's own namespace is meant.
func (state State) isPeer(peer networkingv1.NetworkPolicyPeer, namespace string, pod *corev1.Pod) bool {
	switch {
	case peer.IPBlock != nil:
		return false
	case peer.NamespaceSelector == nil && pod.Namespace != namespace:
		return false
	case peer.NamespaceSelector != nil && !selects(peer.NamespaceSelector, state.Namespaces[pod.Namespace]):
		return false
	default:
		return peer.PodSelector == nil || selects(peer.PodSelector, pod.Labels)
	}
}

// block returns the expression of a block of addresses, or none for IPv6.
func block(way direction, block *networkingv1.IPBlock) []string {
	prefix, err := netip.ParsePrefix(block.CIDR)
	if err != nil || !prefix.Addr().Is4() {
		return nil
	}
	expression := join(way.peer, prefix.Masked().String())
	for _, except := range block.Except {
		expression = join(expression, way.peer, "!=", except)
	}
	return []string{expression}
}

// numberedPorts returns the expressions of a rule's ports that need no name. No ports mean every port.
func numberedPorts(ports []networkingv1.NetworkPolicyPort) []string {
	if len(ports) == 0 {
		return []string{""}
	}
	var found []string
	for _, port := range ports {
		switch {
		case port.Port == nil:
			found = append(found, "meta l4proto "+protocol(port))
		case port.Port.Type == intstr.Int && port.EndPort != nil:
			found = append(found, fmt.Sprintf("%s dport %d-%d", protocol(port), port.Port.IntVal, *port.EndPort))
		case port.Port.Type == intstr.Int:
			found = append(found, fmt.Sprintf("%s dport %d", protocol(port), port.Port.IntVal))
		}
	}
	return found
}

// namedPorts returns the expressions of a rule's named ports, with the numbers that the receiver gives them.
func namedPorts(ports []networkingv1.NetworkPolicyPort, receiver *corev1.Pod) []string {
	var found []string
	for _, port := range ports {
		if port.Port == nil || port.Port.Type != intstr.String {
			continue
		}
		for _, container := range receiver.Spec.Containers {
			for _, offered := range container.Ports {
				if offered.Name == port.Port.StrVal && strings.EqualFold(string(offered.Protocol), protocol(port)) {
					found = append(found, fmt.Sprintf("%s dport %d", protocol(port), offered.ContainerPort))
				}
			}
		}
	}
	return found
}

// protocol returns the port's protocol as nftables spells it; the API's default is TCP.
func protocol(port networkingv1.NetworkPolicyPort) string {
	if port.Protocol == nil {
		return "tcp"
	}
	return strings.ToLower(string(*port.Protocol))
}

// selects says whether a selector matches; one that cannot be read selects nothing.
func selects(selector *metav1.LabelSelector, set map[string]string) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(set))
}

func isIPv4(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Is4()
}

// set returns an anonymous nftables set.
func set(elements []string) string {
	return "{ " + strings.Join(elements, ", ") + " }"
}

// join puts spaces between the expressions that are not empty.
func join(expressions ...string) string {
	return strings.Join(slices.DeleteFunc(expressions, func(s string) bool { return s == "" }), " ")
}
