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

# No shell, no package manager, no compiler, and nothing that has to be writable: the sink `file` alone needs a volume.
FROM gcr.io/distroless/nodejs24-debian13:nonroot
WORKDIR /app
ENV NODE_ENV=production KAFKAJS_NO_PARTITIONER_WARNING=1
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY avro ./avro
COPY config ./config
USER 65532:65532
# Node is process 1, so that it gets SIGTERM itself.
ENTRYPOINT ["/nodejs/bin/node", "/app/dist/main.js"]
CMD ["run", "--config", "/app/config/example.yaml"]
