# consentfeed without PostgreSQL: `serve` unless another command is given. docker-compose.yml uses it.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /src
RUN python3 -m venv /opt/consentfeed
COPY pyproject.toml README.md LICENSE ./
COPY sql sql
COPY consentfeed consentfeed
RUN /opt/consentfeed/bin/python -m pip install --no-cache-dir .

FROM ${BASE}
COPY --from=build /opt/consentfeed /opt/consentfeed
ENV PATH=/opt/consentfeed/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CONSENTFEED_HOST=0.0.0.0
USER 10001:10001
WORKDIR /
EXPOSE 3001
ENTRYPOINT ["consentfeed"]
CMD ["serve"]
