#!/usr/bin/env bash
# Installs PyTorch, Keras and TensorFlow for `npm run bench -- peers`, and vectorbt for `npm run bench -- sweep`, into bench/peers/.venv, on the CPU only (about 3 GB).
# Needs Python 3.11 with venv (or $PYTHON), and on Linux nm, readelf and a C compiler. Safe to run again.
set -euo pipefail
export PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "$0")"
"${PYTHON:-python3}" -m venv .venv
echo '*' >.venv/.gitignore
# The file lists all there is to install: without the dependencies that the packages name, which are for GPUs.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-trading.txt
if [[ $(uname -s) == Linux ]]; then .venv/bin/python cpu_only.py; fi
for peer in torch_epoch keras_epoch; do
  echo '{"kind": "describe"}' | TF_CPP_MIN_LOG_LEVEL=3 .venv/bin/python "$peer.py"
done
