# The service as an image. Every step is a target of the Makefile, so that the tests can take the same steps
# where there is no container engine.

FROM python:3.13-bookworm AS build
WORKDIR /src
COPY Makefile requirements.lock ./
RUN make docker-deps
COPY pyproject.toml README.md LICENSE ./
COPY app app
RUN make docker-install

FROM python:3.13-slim-bookworm
# make needs libc alone, and both images have the same one.
COPY --from=build /usr/bin/make /usr/bin/make
COPY --from=build /opt/silkrate /opt/silkrate
WORKDIR /srv
COPY Makefile ./
RUN make docker-data
ENV SILKRATE_HOST=0.0.0.0 SILKRATE_DATABASE_URL=sqlite:////data/silkrate.db
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s CMD ["make", "docker-health"]
CMD ["make", "docker-serve"]
