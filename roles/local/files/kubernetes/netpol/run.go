// Copyright: (c) 2026, the openhubs.fleet authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package netpol

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	networkinglisters "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

const (
	// settle is how long changes are collected before the rules are written.
	settle = 50 * time.Millisecond
	// retry is how long a failed write of the rules waits for the next.
	retry = time.Second
)

// NewCommand returns the program: it keeps the node's rules equal to the policies until its context ends.
func NewCommand() *cobra.Command {
	var kubeconfig, node, podRange string
	command := &cobra.Command{
		Use:           "netpol",
		Short:         "Enforce NetworkPolicy objects on this node (test-grade, IPv4 only)",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return err
			}
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return err
			}
			return run(command.Context(), client, node, podRange)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "kubeconfig file")
	command.Flags().StringVar(&node, "node", "", "name of this node")
	command.Flags().StringVar(&podRange, "pod-range", "", "range of the addresses of this node's pods")
	return command
}

// run watches pods, namespaces and policies and writes the rules when they change.
func run(ctx context.Context, client kubernetes.Interface, node, podRange string) error {
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods()
	namespaces := factory.Core().V1().Namespaces()
	policies := factory.Networking().V1().NetworkPolicies()

	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default: // a change that was not looked at yet covers this one
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notify() },
		UpdateFunc: func(any, any) { notify() },
		DeleteFunc: func(any) { notify() },
	}
	for _, informer := range []cache.SharedIndexInformer{pods.Informer(), namespaces.Informer(), policies.Informer()} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	notify()

	written := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
		time.Sleep(settle)
		state, err := read(pods.Lister(), namespaces.Lister(), policies.Lister())
		if err != nil {
			return err
		}
		ruleset := Render(state, node, podRange)
		if ruleset == written {
			continue
		}
		if err := write(ctx, ruleset); err != nil {
			klog.ErrorS(err, "The rules were not written", "ruleset", ruleset)
			time.AfterFunc(retry, notify)
			continue
		}
		written = ruleset
		klog.InfoS("Wrote the rules", "bytes", len(ruleset), "pods", len(state.Pods), "policies", len(state.Policies))
	}
}

// read returns what the informers know now.
func read(
	pods corelisters.PodLister, namespaces corelisters.NamespaceLister, policies networkinglisters.NetworkPolicyLister,
) (state State, err error) {
	if state.Pods, err = pods.List(labels.Everything()); err != nil {
		return state, err
	}
	if state.Policies, err = policies.List(labels.Everything()); err != nil {
		return state, err
	}
	all, err := namespaces.List(labels.Everything())
	state.Namespaces = map[string]labels.Set{}
	for _, namespace := range all {
		state.Namespaces[namespace.Name] = namespace.Labels
	}
	return state, err
}

// write hands the script to nft, which applies all of it or nothing.
func write(ctx context.Context, ruleset string) error {
	nft := exec.CommandContext(ctx, "nft", "-f", "-")
	nft.Stdin = strings.NewReader(ruleset)
	if output, err := nft.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, output)
	}
	return nil
}
