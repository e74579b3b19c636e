#!/bin/sh
# `make up`: the cluster, the stack, the proof.
set -eu
cd "$(dirname "$0")/.."
cortex=.venv/bin/cortex
$cortex local up
eval "$($cortex local env)"
pulumi stack select --create local
pulumi up --stack local --yes --skip-preview
$cortex verify local
cat <<'NEXT'

Where to look next, in a shell that can see the cluster (eval "$(.venv/bin/cortex local env)"):
  kubectl get pods -A              what runs
  cortex verify local              what is as declared, again
  pulumi preview --stack local     what a change of Pulumi.local.yaml would do
  cortex local status              the node's components; `cortex local logs kubelet` for one's log
Stop it with: make down
NEXT
