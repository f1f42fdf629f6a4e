// Copyright: (c) 2026, the openhubs.fleet authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Package kwok simulates kubelets for nodes that do not exist. It runs the controllers of sigs.k8s.io/kwok
// with its own "fast" stages. Its server (logs, exec and metrics of fake pods) is left out: nothing here
// needs it, and it does not compile with the version of Kubernetes that the other programs use.
package kwok

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	nodefast "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/client/clientset/versioned"
	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/kwok/controllers"
	"sigs.k8s.io/kwok/pkg/utils/client"
)

// fakeNodes selects the nodes that are ours; it is the annotation of kwok's documentation.
const fakeNodes = "kwok.x-k8s.io/node=fake"

// stageFiles say what happens to a fake node and a fake pod: at once ready, complete or deleted.
var stageFiles = []string{
	nodefast.DefaultNodeInit,
	podfast.DefaultPodReady,
	podfast.DefaultPodComplete,
	podfast.DefaultPodDelete,
}

// NewCommand returns the program: it runs until its context ends.
func NewCommand() *cobra.Command {
	var kubeconfig, podRange string
	command := &cobra.Command{
		Use:           "kwok",
		Short:         "Simulate kubelets for the nodes annotated " + fakeNodes,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error {
			return run(command.Context(), kubeconfig, podRange)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "kubeconfig file")
	command.Flags().StringVar(&podRange, "cidr", "10.0.0.1/24", "range of the fake pods' addresses")
	return command
}

// run starts the controllers and waits for the end of the context. The parallelism is kwok's default.
func run(ctx context.Context, kubeconfig, podRange string) error {
	conf, err := clients(kubeconfig)
	if err != nil {
		return err
	}
	if conf.LocalStages, err = stages(); err != nil {
		return err
	}
	if conf.ID, err = controllers.Identity(); err != nil {
		return err
	}
	conf.Clock = clock.RealClock{}
	conf.ManageNodesWithAnnotationSelector = fakeNodes
	conf.CIDR = podRange
	conf.NodeIP = "10.0.0.1"
	conf.NodeLeaseDurationSeconds = 40
	conf.PodPlayStageParallelism = 4
	conf.NodePlayStageParallelism = 4
	conf.NodeLeaseParallelism = 4
	conf.PodsOnNodeSyncParallelism = 4
	controller, err := controllers.NewController(conf)
	if err != nil {
		return err
	}
	if err := controller.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// clients returns a configuration that holds the clients the controllers need.
func clients(kubeconfig string) (conf controllers.Config, err error) {
	clientset, err := client.NewClientset("", kubeconfig)
	if err != nil {
		return conf, err
	}
	conf.ImpersonatingDynamicClient = clientset.ToImpersonatingDynamicClient()
	conf.ImpersonatingTypedClient = clientset.ToImpersonatingTypedClient()
	if conf.DynamicClient, err = clientset.ToDynamicClient(); err != nil {
		return conf, err
	}
	if conf.RESTMapper, err = clientset.ToRESTMapper(); err != nil {
		return conf, err
	}
	restConfig, err := clientset.ToRESTConfig()
	if err != nil {
		return conf, err
	}
	if conf.RESTClient, err = rest.RESTClientFor(restConfig); err != nil {
		return conf, err
	}
	if conf.TypedClient, err = kubernetes.NewForConfig(restConfig); err != nil {
		return conf, err
	}
	conf.TypedKwokClient, err = versioned.NewForConfig(restConfig)
	return conf, err
}

// stages parses the stage files and groups them by what they apply to.
func stages() (map[internalversion.StageResourceRef][]*internalversion.Stage, error) {
	grouped := map[internalversion.StageResourceRef][]*internalversion.Stage{}
	for _, file := range stageFiles {
		stage, err := config.UnmarshalWithType[*internalversion.Stage](file)
		if err != nil {
			return nil, fmt.Errorf("a stage of the kwok module cannot be read: %w", err)
		}
		grouped[stage.Spec.ResourceRef] = append(grouped[stage.Spec.ResourceRef], stage)
	}
	return grouped, nil
}
