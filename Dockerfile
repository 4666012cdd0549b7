# midband as a service: the binary, ONNX Runtime and the embedding model, without a judge (compose.yaml puts Ollama next to it).
#
#     docker build --tag midband --build-arg COMMIT="$(git rev-parse --short=12 HEAD)" .
#     docker run --publish 127.0.0.1:8620:8620 --env MIDBAND_API_KEY=… --volume midband:/var/lib/midband midband

ARG RUST_IMAGE=rust:1.92-slim-bookworm
ARG PYTHON_IMAGE=python:3.12-slim-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${RUST_IMAGE} AS build
WORKDIR /midband
COPY . .
ARG COMMIT
ENV MIDBAND_COMMIT=${COMMIT}
# Without the simulator: no figure of this binary can be one of its.
RUN cargo build --profile dist --locked --package midband-cli --no-default-features --features parquet

# Runtime library and model come from the Python package registry, every digest checked; Python itself stays behind.
FROM ${PYTHON_IMAGE} AS model
COPY python/midband/_setup /setup
RUN MIDBAND_DATA_DIR=/data python3 /setup/set_up.py

FROM ${BASE_IMAGE}
COPY --from=build /midband/target/dist/midband /usr/local/bin/midband
COPY --from=model /data /usr/local/share/midband
RUN useradd --system --home-dir /var/lib/midband --create-home midband && chmod 700 /var/lib/midband
USER midband
ENV ORT_DISABLE_TELEMETRY=1 MIDBAND_DATA_DIR=/usr/local/share/midband MIDBAND_OFFLINE=1 MIDBAND_STATE=/var/lib/midband MIDBAND_LISTEN=0.0.0.0:8620
VOLUME /var/lib/midband
EXPOSE 8620
# The health check needs no curl: bash speaks TCP.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD \
  bash -c 'exec 3<>/dev/tcp/127.0.0.1/8620 && printf "GET /ready HTTP/1.0\r\n\r\n" >&3 && head -1 <&3 | grep -q " 200 "'
ENTRYPOINT ["midband"]
CMD ["serve"]
