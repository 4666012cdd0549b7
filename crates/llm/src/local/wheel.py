"""llama.cpp's server out of the Python package xllamacpp, with the flags of its own program that midband sets."""

import argparse
import os
import sys
import threading

parser = argparse.ArgumentParser()
for text in ("libraries", "model", "alias"):
    parser.add_argument(f"--{text}", required=True)
for number in ("port", "ctx-size", "parallel", "threads"):
    parser.add_argument(f"--{number}", type=int, required=True)
given = parser.parse_args()

sys.dont_write_bytecode = True
sys.path.insert(0, given.libraries)
import xllamacpp  # noqa: E402

parameters = xllamacpp.CommonParams()
parameters.model.path = given.model
parameters.model_alias = {given.alias}
parameters.hostnames = ["127.0.0.1"]
parameters.port = given.port
parameters.api_keys = [os.environ["LLAMA_API_KEY"]]
parameters.n_ctx = given.ctx_size
parameters.n_parallel = given.parallel
parameters.cpuparams.n_threads = given.threads
# Gemma 3 attends to a sliding window: without the whole of it in memory no beginning can be reused.
parameters.swa_full = True
server = xllamacpp.Server(parameters)
threading.Event().wait()
