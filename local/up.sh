#!/bin/sh
# `make up`: starts the cluster, deploys the stack `local` and verifies it.
set -eu
cd "$(dirname "$0")/.."
cortex=.venv/bin/cortex
$cortex local up
eval "$($cortex local env)"
pulumi stack select --create local
pulumi up --stack local --yes --skip-preview
$cortex verify local
cat <<'NEXT'

What to try next, in a shell with the environment of the cluster (eval "$(.venv/bin/cortex local env)"):
  kubectl get pods -A              all pods
  cortex verify local              verify the stack again
  cortex events local --follow     what occurs in the cluster, as the agent logs it
  pulumi preview --stack local     the effect of a change of Pulumi.local.yaml
  cortex local status              the node's components; `cortex local logs kubelet` shows a log
Stop it with: make down
NEXT
