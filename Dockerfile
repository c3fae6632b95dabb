FROM node:26-slim
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY bin ./bin
COPY src ./src
USER node
ENTRYPOINT ["node", "src/main.ts"]
CMD ["--help"]
