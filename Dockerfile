# The command msk-backup as an image. Targets: `runtime` (default), `lambda` (for AWS Lambda).
# docs/aws.md says how to build and push. Paths in RUN are relative and sources in COPY are plain words: the tests carry
# these steps out without Docker, and the package's build copies what they name.

# Compiles, on the machine that builds.
FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json tsconfig.base.json ./
COPY runtime/package.json runtime/tsconfig.json runtime/
RUN npm ci --workspace runtime --ignore-scripts --no-audit --no-fund
COPY runtime/src runtime/src
RUN npm run build --workspace runtime

# What the command needs at run time, with the native parts of the machine that it is for: no emulation is needed.
FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS modules
ARG TARGETARCH
WORKDIR /src
COPY package.json package-lock.json ./
COPY runtime/package.json runtime/
RUN case "$TARGETARCH" in amd64) cpu=x64 ;; arm64) cpu=arm64 ;; *) echo "no image for $TARGETARCH" >&2; exit 1 ;; esac; \
    npm ci --workspace runtime --omit=dev --ignore-scripts --no-audit --no-fund --os=linux --libc=glibc --cpu=$cpu
# Dependencies of the components too, which is why npm does not take them for what only development needs.
RUN rm -rf node_modules/typescript node_modules/@types node_modules/undici-types node_modules/.bin

# Lambda's runtime interface client has a native part, which is compiled on the machine that it is for.
FROM node:24-bookworm AS lambda-client
RUN apt-get update && apt-get install -y --no-install-recommends cmake
# Node's headers are in the image: none are fetched.
ENV npm_config_nodedir=/usr/local
WORKDIR /src
COPY package.json package-lock.json ./
COPY runtime/package.json runtime/
RUN npm ci --workspace runtime --ignore-scripts --no-audit --no-fund
RUN cd node_modules/aws-lambda-ric && sh scripts/preinstall.sh && sh scripts/postinstall.sh

FROM node:24-bookworm-slim AS node

# Debian without npm or anything else that Node's own image brings for building.
FROM debian:bookworm-slim AS base
LABEL org.opencontainers.image.title="msk-backup" \
      org.opencontainers.image.description="Backs up Kafka topics on Amazon MSK to S3 and restores them" \
      org.opencontainers.image.version="0.1.0"
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=modules /src/node_modules /app/node_modules
COPY runtime/package.json /app/runtime/package.json
COPY runtime/bin /app/runtime/bin
COPY --from=build /src/runtime/dist /app/runtime/dist
ENV NODE_ENV=production
WORKDIR /app
USER 1000:1000

FROM base AS lambda
COPY --from=lambda-client /src/node_modules/aws-lambda-ric/index.mjs /src/node_modules/aws-lambda-ric/rapid-client.node /src/node_modules/aws-lambda-ric/LICENSE /app/aws-lambda-ric/
ENV LAMBDA_TASK_ROOT=/app
ENTRYPOINT ["/usr/local/bin/node", "/app/aws-lambda-ric/index.mjs"]
CMD ["runtime/dist/lambda/backup.handler"]

FROM base AS runtime
HEALTHCHECK --interval=60s --timeout=20s --start-period=30s CMD ["/usr/local/bin/node", "/app/runtime/bin/msk-backup.js", "--version"]
ENTRYPOINT ["/usr/local/bin/node", "/app/runtime/bin/msk-backup.js"]
CMD ["--help"]
