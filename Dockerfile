# Two images of Bosun:
#   docker build --target bosun -t bosun .    Bosun alone, in /opt/bosun: for FROM bosun, or COPY --from=bosun /opt/bosun /opt/bosun
#   docker build -t bosun-stack .             the default stack of services.d: consul, consul-template, caddy, nomad, gunicorn
# Every image that this one is made of is a build argument. docs/explanation/image.md says why things are as they are.

ARG NODE_IMAGE=node:26-bookworm-slim
ARG DEBIAN_IMAGE=debian:bookworm-slim
ARG CONSUL_IMAGE=hashicorp/consul:1.22
ARG CONSUL_TEMPLATE_IMAGE=hashicorp/consul-template:0.42
ARG CADDY_IMAGE=caddy:2.11
ARG NOMAD_IMAGE=hashicorp/nomad:1.11

FROM ${CONSUL_IMAGE} AS consul
FROM ${CONSUL_TEMPLATE_IMAGE} AS consul-template
FROM ${CADDY_IMAGE} AS caddy
FROM ${NOMAD_IMAGE} AS nomad

# Its own Node: stripped, and with the libraries that a slim image may be without found beside it.
FROM ${NODE_IMAGE} AS runtime
RUN apt-get update -qq \
  && apt-get install -y -qq --no-install-recommends binutils patchelf libatomic1 \
  && mkdir /runtime \
  && strip -o /runtime/node "$(command -v node)" \
  && patchelf --set-rpath '$ORIGIN' /runtime/node \
  && for library in libatomic.so.1 libgcc_s.so.1 libstdc++.so.6; do \
       cp -L "/usr/lib/$(uname -m)-linux-gnu/$library" /runtime/ || cp -L "/lib/$(uname -m)-linux-gnu/$library" /runtime/ || exit 1; \
     done

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY bin bin
COPY scripts scripts
COPY supervisor supervisor
COPY --from=runtime /runtime /runtime
RUN node scripts/build.mjs --out /opt/bosun --runtime /runtime

FROM ${DEBIAN_IMAGE} AS bosun
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Bosun" \
      org.opencontainers.image.description="PID 1 for containers that run more than one process" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/bosun /opt/bosun
# Any user may run Bosun, and its socket is made here.
RUN mkdir -p -m 1777 /run/bosun
ENV PATH=/opt/bosun/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 CMD ["/opt/bosun/bin/bosunctl", "health"]
ENTRYPOINT ["/opt/bosun/bin/bosun", "run"]

FROM bosun AS stack
RUN apt-get update -qq \
  && apt-get install -y -qq --no-install-recommends gunicorn python3-fastapi python3-uvicorn \
  && rm -rf /var/lib/apt/lists/*
COPY --from=consul /bin/consul /usr/local/bin/
COPY --from=consul-template /bin/consul-template /usr/local/bin/
COPY --from=caddy /usr/bin/caddy /usr/local/bin/
COPY --from=nomad /bin/nomad /usr/local/bin/
COPY healthchecks /opt/bosun/healthchecks
COPY stack /opt/bosun/stack
COPY bosun.yaml /etc/bosun/bosun.yaml
COPY services.d /etc/bosun/services.d
LABEL org.opencontainers.image.title="Bosun with its default stack"
# From outside of the container the proxy is reached by its address.
ENV BOSUN_PROXY_ADDRESS=0.0.0.0
EXPOSE 8080
