# The gateway in a small image. Tests/Deployment carries out the steps of the last stage without a container engine.
#
#   docker build --build-arg COMMIT=$(git rev-parse --short=12 HEAD) --tag atalaya:0.1.0 .

FROM docker.io/library/swift:6.2-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --quiet --no-install-recommends \
        libcurl4-openssl-dev libhiredis-dev libssl-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# The dependencies first: this layer is kept while only sources change.
COPY Package.swift ./
RUN swift package resolve
COPY Sources ./Sources
# SwiftPM wants every target of Package.swift to be there, also those of the tests, which it does not build here.
COPY Tests ./Tests
ARG COMMIT=unknown
ENV ATALAYA_COMMIT=$COMMIT
# Without the Swift runtime inside, the image would need it beside; without symbols the file is a third smaller.
RUN swift build -c release --product atalaya --static-swift-stdlib -Xlinker --strip-all \
    && install -D .build/release/atalaya /out/atalaya

FROM docker.io/library/debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --quiet --no-install-recommends \
        ca-certificates libcurl4 libhiredis0.14 libssl3 libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 atalaya \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin atalaya
COPY --from=build /out/atalaya /usr/local/bin/atalaya
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
# Clients, and the management listener.
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
# Alive, not ready: a draining gateway is unready for a while and must not be restarted for it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["atalaya", "health", "live"]
ENTRYPOINT ["atalaya"]
CMD ["serve"]
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="Atalaya" \
      org.opencontainers.image.description="A realtime gateway: rooms over WebSocket, on one instance or many" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$COMMIT"
