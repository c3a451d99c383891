# syntax=docker/dockerfile:1

# Compiles the sources, then keeps only what runs.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npx --no-install tsc --project tsconfig.build.json \
    && npm prune --omit=dev --ignore-scripts --no-audit --no-fund
COPY LICENSE ./
COPY avro ./avro
COPY config ./config
# Whoever runs it may read it, whatever the modes on the machine that builds it.
RUN chmod -R a+rX package.json LICENSE avro config

# No shell, no package manager, no compiler, and nothing that has to be writable, for any user: the sinks `file` and
# `stdout` alone need a volume, at file.directory.
FROM gcr.io/distroless/nodejs24-debian13:nonroot
WORKDIR /app
ENV NODE_ENV=production KAFKAJS_NO_PARTITIONER_WARNING=1
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/avro ./avro
COPY --from=build /app/config ./config
USER 65532:65532
# Node is process 1, so that it gets SIGTERM itself.
ENTRYPOINT ["/nodejs/bin/node", "/app/dist/main.js"]
CMD ["run", "--config", "/app/config/example.yaml"]
