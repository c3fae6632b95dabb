# One image for every role: the command's name is the argument ("worker", "api", "webhook", "sandbox").

# Dependencies get a stage of their own, so that npm's cache does not end up in the image. Perch runs on this image's
# Node: the one in devDependencies is for machines that have another.
FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

# Perch, compiled, so that no start has to, and the pages: the console, which "api" serves at / of port 3000, the
# sandbox's page and the page of connect links. What builds them stays out of the image.
FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
RUN npm ci --ignore-scripts
COPY src ./src
RUN npm run build -- --declaration false
COPY console ./console
COPY connect ./connect
RUN node console/build.js && node connect/build.js

# Debian's slim variant rather than Alpine: Node's own builds are for glibc, those for musl are experimental.
FROM node:26-slim
LABEL org.opencontainers.image.title="perch" \
  org.opencontainers.image.description="Installs WhatsApp phone numbers into Bird CRM at scale" \
  org.opencontainers.image.licenses="MIT"
# What runs has no use for package managers. The link lets a person in the container say just "perch".
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /opt/yarn* \
  && ln -s /app/bin/perch.js /usr/local/bin/perch
ENV NODE_ENV=production
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY bin ./bin
COPY examples ./examples
COPY --from=build /app/dist ./dist
# A number, because Kubernetes can tell only from a number that it is not root; and one that is nobody else's. Files
# belong to root: nothing in here can change itself. No role writes a file, so the root file system may be read-only.
USER 65532:65532
STOPSIGNAL SIGTERM
# No init: a running role handles SIGTERM and starts no processes. Only while it starts, process 1 ignores the signal.
# No HEALTHCHECK: every role has a port of its own, so whoever runs it asks (docker-compose.yml, deploy/kubernetes).
# Without an inspector that a signal opens; behind "--" every option is Perch's.
ENTRYPOINT ["node", "--disable-sigusr1", "--", "dist/main.js"]
CMD ["--help"]
